// Each member of the public classes once, over both transports, in the order in which a user meets
// them. What a member does in its corners is the matter of the other suites.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "client/places.hpp"

namespace mosaico {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const nlohmann::json kRobot = {{"robot", "rover"}, {"plan", {{"name", "plan-4.2"}}}};
const nlohmann::json kVendor = {{"vendor", "inertix-dynamics"}};

class Api : public ConformanceTest {
 protected:
  // Three IMU rows from 10 on, and a GPS row at 11.
  void record_drive(const std::string& name = "drive") {
    client_.record(name, kRobot, [](SequenceWriter& sequence) {
      auto imu = sequence.topic_create<IMU>("sensors/imu", kVendor);
      auto gps = sequence.topic_create<GPS>("gps");
      for (int i = 0; i < 3; ++i) imu.push(imu_number(i), 10 + i);
      gps.push(GPS{.position = {.x = 44.7, .y = 10.3, .z = 0}}, 11);
    });
  }
};

TEST_P(Api, MosaicoClient) {
  // connect() and open() made client_.
  EXPECT_EQ(client_.info().server, "mosaico-cpp");
  EXPECT_GT(client_.info().max_message_bytes, 0);

  auto made = client_.sequence_create("made", kRobot);
  made.topic_create<IMU>("imu").push(imu_number(1), 1);
  made.close();
  record_drive();
  const SequenceList first = client_.list_sequences({.limit = 1});
  ASSERT_THAT(first.sequences, SizeIs(1));
  EXPECT_EQ(first.sequences.front().name, "drive");
  EXPECT_EQ(first.sequences.front().rows, 4);
  const SequenceList second = client_.list_sequences({.limit = 1, .cursor = first.cursor});
  ASSERT_THAT(second.sequences, SizeIs(1));
  EXPECT_EQ(second.sequences.front().name, "made");

  EXPECT_TRUE(client_.sequence_handler("drive").has_value());
  EXPECT_FALSE(client_.sequence_handler("nowhere").has_value());
  EXPECT_TRUE(client_.topic_handler("drive", "gps").has_value());
  EXPECT_FALSE(client_.topic_handler("drive", "nowhere").has_value());
  EXPECT_THAT(client_.query(QuerySequence(Sequence::Q.name.eq("drive"))).items, SizeIs(1));

  auto failed = client_.sequence_create("failed", {}, {.on_error = OnErrorPolicy::Report});
  failed.topic_create<IMU>("imu").push(imu_number(1), 1);
  failed.fail("the battery is empty");
  const auto notifications = client_.sequence_notifications("failed");
  ASSERT_THAT(notifications, SizeIs(1));
  EXPECT_THAT(notifications.front().message, HasSubstr("the battery is empty"));
  client_.clear_sequence_notifications("failed");
  EXPECT_THAT(client_.sequence_notifications("failed"), IsEmpty());
  EXPECT_THAT(client_.topic_notifications("failed", "imu"), IsEmpty());
  client_.clear_topic_notifications("failed", "imu");

  auto resumed = client_.sequence_resume("failed");
  auto imu = resumed.topic_create<IMU>("more");
  imu.push(imu_number(2), 2);
  resumed.close();
  EXPECT_EQ(client_.topic_handler("failed", "more")->topic_info().total_rows, 1);

  auto dropped = client_.sequence_create("dropped");
  client_.sequence_delete("dropped");
  EXPECT_FALSE(client_.sequence_handler("dropped").has_value());
  dropped.abort();

  client_.close();
  EXPECT_EQ(thrown_kind([&] { client_.info(); }), ErrorKind::Unavailable);
}

TEST_P(Api, SequenceWriter) {
  auto sequence = client_.sequence_create("run", kRobot);
  EXPECT_EQ(sequence.name(), "run");
  EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Pending);
  auto imu = sequence.topic_create<IMU>("sensors/imu", kVendor);
  auto speed = sequence.topic_create(
      "speed", {},
      Schema{.ontology_tag = "Speed",
             .fields = {{.name = "value", .type = {.kind = TypeKind::Float64}}}});
  imu.push(imu_number(1), 1);
  speed.push({{"value", 2.5}}, 2);
  EXPECT_TRUE(sequence.topic_exists("/sensors/imu"));
  EXPECT_FALSE(sequence.topic_exists("nowhere"));
  EXPECT_EQ(sequence.get_topic("sensors/imu")->name(), "/sensors/imu");
  EXPECT_FALSE(sequence.get_topic("nowhere").has_value());
  EXPECT_THAT(sequence.list_topics(), ElementsAre("/sensors/imu", "/speed"));
  sequence.close();
  EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Finalized);
  EXPECT_EQ(client_.topic_handler("run", "speed")->get_data_streamer().next()->field("value"), 2.5);

  auto aborted = client_.sequence_create("aborted");
  aborted.abort();
  EXPECT_EQ(aborted.sequence_status(), SequenceStatus::Error);
  EXPECT_FALSE(client_.sequence_handler("aborted").has_value());

  auto failed = client_.sequence_create("failed", {}, {.on_error = OnErrorPolicy::Report});
  failed.fail(std::runtime_error("the wheel is lost"));
  EXPECT_EQ(client_.sequence_handler("failed")->sequence_info().state, SequenceState::Unlocked);

  const SequenceWriter moved = std::move(sequence);
  EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Null);  // NOLINT(bugprone-use-after-move)
}

TEST_P(Api, TopicWriter) {
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  EXPECT_EQ(imu.name(), "/imu");
  EXPECT_EQ(imu.ontology_type(), ontology_type<IMU>());
  imu.push(imu_number(0), 0, Header{.frame_id = "base"});
  imu.push(Message{1, imu_number(1)});
  imu.push(imu_number(2), std::chrono::sys_time<nanoseconds>(nanoseconds(2)));
  EXPECT_EQ(imu.try_push(imu_number(3), 3), PushResult::Pushed);
  EXPECT_EQ(imu.try_push(Message{4, imu_number(4)}), PushResult::Pushed);
  EXPECT_EQ(imu.try_push(imu_number(5), std::chrono::sys_time<nanoseconds>(nanoseconds(5))),
            PushResult::Pushed);
  imu.flush();
  EXPECT_EQ(imu.stats().pushed_rows, 6);
  EXPECT_EQ(imu.stats().acknowledged_rows, 6);
  EXPECT_EQ(imu.stats().dropped_rows, 0);
  EXPECT_GT(imu.stats().sent_bytes, 0);
  EXPECT_EQ(imu.stats().queued_batches, 0);
  EXPECT_FALSE(imu.finalized());
  imu.finalize();
  EXPECT_TRUE(imu.finalized());

  auto columns = client_.topic_handler("run", "imu")->get_data_streamer().next_batch();
  auto copy = sequence.topic_create<IMU>("copy");
  copy.push_columns(*std::move(columns));
  copy.flush();
  EXPECT_EQ(copy.stats().acknowledged_rows, 6);

  auto texts = sequence.topic_create(
      "texts", {},
      Schema{.ontology_tag = "Text",
             .fields = {{.name = "text", .type = {.kind = TypeKind::String}}}});
  texts.push({{"text", "one"}}, 1);
  EXPECT_EQ(texts.try_push({{"text", "two"}}, 2), PushResult::Pushed);
  sequence.close();
  EXPECT_EQ(client_.topic_handler("run", "texts")->topic_info().total_rows, 2);
}

TEST_P(Api, SequenceHandler) {
  record_drive();
  auto drive = *client_.sequence_handler("drive");
  EXPECT_EQ(drive.name(), "drive");
  EXPECT_THAT(drive.topics(), ElementsAre("/sensors/imu", "/gps"));
  EXPECT_EQ(drive.user_metadata(), kRobot);
  const SequenceInfo& info = drive.sequence_info();
  EXPECT_THAT(info.created_datetime, HasSubstr("UTC"));
  EXPECT_GT(info.created_at_ns, 0);
  EXPECT_GT(info.total_size_bytes, 0);
  ASSERT_THAT(info.sessions, SizeIs(1));
  EXPECT_THAT(info.sessions.front().topics, ElementsAre("/sensors/imu", "/gps"));
  EXPECT_TRUE(info.is_locked);
  EXPECT_EQ(info.state, SequenceState::Finalized);
  EXPECT_EQ(drive.timestamp_ns_min(), 10);
  EXPECT_EQ(drive.timestamp_ns_max(), 12);
  EXPECT_EQ(drive.get_topic_handler("gps")->name(), "/gps");
  EXPECT_FALSE(drive.get_topic_handler("nowhere").has_value());
  EXPECT_THAT(drive.intersect({{"gps", QueryOntologyCatalog(Q<GPS>.position.x.gt(0))},
                               {"sensors/imu", QueryOntologyCatalog(Q<IMU>.acceleration.x.geq(0))}},
                              {.intersect_dt_ns = 10}),
              SizeIs(1));
  auto stream = drive.get_data_streamer(
      {.topics = {"/sensors/imu", "/gps"}, .start_timestamp_ns = 11, .end_timestamp_ns = 12});
  drive.close();
  EXPECT_TRUE(stream.next().has_value());  // It outlives its handler.
  EXPECT_EQ(thrown_kind([&] { drive.get_data_streamer(); }), ErrorKind::Unavailable);
}

TEST_P(Api, TopicHandler) {
  record_drive();
  auto imu = *client_.topic_handler("drive", "sensors/imu");
  EXPECT_EQ(imu.name(), "/sensors/imu");
  EXPECT_EQ(imu.sequence_name(), "drive");
  EXPECT_EQ(imu.user_metadata(), kVendor);
  EXPECT_EQ(imu.ontology_type(), ontology_type<IMU>());
  const TopicInfo& info = imu.topic_info();
  EXPECT_EQ(info.ontology_tag, "IMU");
  EXPECT_EQ(info.serialization_format, "default");
  EXPECT_THAT(info.created_datetime, HasSubstr("UTC"));
  EXPECT_GT(info.created_at_ns, 0);
  EXPECT_GT(info.total_size_bytes, 0);
  EXPECT_EQ(info.total_rows, 3);
  EXPECT_EQ(info.chunks_number, 1);
  EXPECT_TRUE(info.is_locked);
  EXPECT_EQ(imu.timestamp_ns_min(), 10);
  EXPECT_EQ(imu.timestamp_ns_max(), 12);
  EXPECT_THAT(imu.clusterize(QueryOntologyCatalog(Q<IMU>.acceleration.x.geq(1))),
              ElementsAre(TimeWindow{.start_timestamp_ns = 11, .end_timestamp_ns = 13}));
  auto stream = imu.get_data_streamer({.start_timestamp_ns = 12});
  imu.close();
  EXPECT_EQ(stream.next()->timestamp_ns(), 12);
}

TEST_P(Api, SequenceDataStreamer) {
  record_drive();
  auto stream = client_.sequence_handler("drive")->get_data_streamer();
  EXPECT_THAT(stream.topics(), ElementsAre("/sensors/imu", "/gps"));
  EXPECT_EQ(stream.next_timestamp(), 10);
  EXPECT_EQ(stream.next()->first, "/sensors/imu");
  EXPECT_EQ(stream.next_view()->message.timestamp_ns(), 11);
  std::vector<std::string> rest;
  for (const auto& [topic, message] : stream) rest.emplace_back(topic);
  EXPECT_THAT(rest, ElementsAre("/gps", "/sensors/imu"));
  EXPECT_FALSE(stream.next().has_value());

  auto live = client_.sequence_handler("drive")->get_data_streamer({.follow = true});
  live.close();
  EXPECT_FALSE(live.next_view().has_value());
}

TEST_P(Api, TopicDataStreamer) {
  record_drive();
  auto stream = client_.topic_handler("drive", "sensors/imu")->get_data_streamer();
  EXPECT_EQ(stream.name(), "/sensors/imu");
  EXPECT_EQ(stream.ontology_type(), ontology_type<IMU>());
  EXPECT_EQ(stream.next_timestamp(), 10);
  EXPECT_EQ(stream.next()->timestamp_ns(), 10);
  EXPECT_EQ(stream.next_view()->timestamp_ns(), 11);
  EXPECT_EQ(stream.next_batch()->rows(), 1);
  EXPECT_FALSE(stream.next_batch().has_value());

  auto again = client_.topic_handler("drive", "sensors/imu")->get_data_streamer();
  int rows = 0;
  for ([[maybe_unused]] const MessageView& message : again) ++rows;
  EXPECT_EQ(rows, 3);
  again.close();
}

TEST_P(Api, MessageAndMessageView) {
  client_.record("run", {}, [](SequenceWriter& sequence) {
    auto imu = sequence.topic_create<IMU>("imu");
    imu.push(imu_number(7), 5, Header{.frame_id = "base"});
    auto picture = sequence.topic_create<CompressedImage>("picture");
    picture.push(
        CompressedImage{.data = Bytes(std::vector<std::uint8_t>{1, 2, 3}), .format = "jpeg"}, 6);
  });
  auto stream = client_.topic_handler("run", "imu")->get_data_streamer();
  const auto view = stream.next_view();
  const Message kept(*view);
  const Message own{5, imu_number(7), Header{.frame_id = "base"}};
  const auto expect_members = [](const auto& message) {
    EXPECT_EQ(message.timestamp_ns(), 5);
    EXPECT_EQ(message.header()->frame_id, "base");
    EXPECT_EQ(message.ontology_type(), ontology_type<IMU>());
    EXPECT_EQ(message.ontology_tag(), "IMU");
    EXPECT_EQ(message.template get_data<IMU>()->acceleration.x, 7);
    EXPECT_FALSE(message.template get_data<GPS>().has_value());
    EXPECT_EQ(message.field("acceleration.x"), 7);
    EXPECT_FALSE(message.field("no.such").has_value());
    EXPECT_EQ(message.to_json().at("acceleration").at("x"), 7);
  };
  expect_members(*view);
  expect_members(kept);
  expect_members(own);
  EXPECT_EQ(std::hash<OntologyType>()(kept.ontology_type()),
            std::hash<OntologyType>()(ontology_type<IMU>()));

  const auto picture = client_.topic_handler("run", "picture")->get_data_streamer().next();
  const Bytes first = picture->get_data<CompressedImage>()->data;
  const Bytes second = picture->get_data<CompressedImage>()->data;
  EXPECT_THAT(first.span(), ElementsAre(1, 2, 3));
  EXPECT_EQ(first.span().data(), second.span().data());  // Shared, not copied.
}

TEST_P(Api, Dispatcher) {
  record_drive();
  int64_t imus = 0;
  int64_t others = 0;
  Dispatcher dispatcher;
  dispatcher.on<IMU>([&](std::string_view, std::int64_t, const IMU&) { ++imus; })
      .otherwise([&](const StreamEntry&) { ++others; });
  EXPECT_EQ(dispatcher.run(client_.sequence_handler("drive")->get_data_streamer()), 4);
  EXPECT_EQ(imus, 3);
  EXPECT_EQ(others, 1);
}

TEST_P(Api, Queries) {
  record_drive();
  record_drive("other");
  const auto found = [&](const Query& query) {
    std::vector<std::string> names;
    for (const auto& item : client_.query(query).items) names.push_back(item.sequence);
    return names;
  };
  const auto plan = Sequence::Q.user_metadata["plan.name"];
  EXPECT_THAT(found(QuerySequence(plan.match("plan-4."))), ElementsAre("drive", "other"));
  EXPECT_THAT(found(QuerySequence(plan.match("plan-4."), Sequence::Q.name.eq("drive"))),
              ElementsAre("drive"));
  EXPECT_THAT(found(QueryTopic(Topic::Q.user_metadata["vendor"].eq("inertix-dynamics"))),
              ElementsAre("drive", "other"));
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(1.5))),
              ElementsAre("drive", "other"));
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(5))), IsEmpty());

  const QueryResult drive = client_.query(QuerySequence(Sequence::Q.name.eq("drive")));
  EXPECT_THAT(found(drive.to_query_sequence().with(QueryTopic(Topic::Q.ontology_tag.eq("GPS")))),
              ElementsAre("drive"));
  EXPECT_THAT(found(drive.to_query_topic().with(QueryTopic(Topic::Q.ontology_tag.eq("GPS")))),
              ElementsAre("drive", "other"));
}

MOSAICO_EVERY_PLACE(Api);

}  // namespace
}  // namespace mosaico
