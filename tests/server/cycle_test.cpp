// The service over the real engine, driven by the very bytes that the published clients send.
#include <memory>
#include <string>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <arrow/ipc/dictionary.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "flight_fixture.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

using testing::ElementsAre;

class Cycle : public FlightFixture {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(engine_, engine::open_directory(directory_.path() / "store", {}));
    start(engine_);
  }

  void TearDown() override {
    FlightFixture::TearDown();
    if (engine_ == nullptr) return;
    EXPECT_THAT(engine_->close(), IsOk());
  }

  // Makes the sequence and gives back the session's UUID.
  std::string create_sequence(const std::string& name) {
    EXPECT_THAT(act("sequence_create",
                    R"({"locator": ")" + name + R"(", "user_metadata": {"driver": "Ada"}})"),
                IsOk());
    return create_session(name);
  }

  std::string create_session(const std::string& name) {
    const json session =
        core::value_or_throw(act("session_create", R"({"locator": ")" + name + R"("})"));
    EXPECT_EQ(session.size(), 2U);
    session_locator_ = session.at("locator");
    return session.at("uuid");
  }

  // The command of the topic's DoPut.
  std::string create_topic(const std::string& session_uuid, const std::string& locator) {
    const json topic = core::value_or_throw(
        act("topic_create", R"({"session_uuid": ")" + session_uuid + R"(", "locator": ")" +
                                locator + R"(", "serialization_format": "default", )" +
                                R"("ontology_tag": "IMU", "user_metadata": {"vendor": "x"}})"));
    EXPECT_EQ(topic.size(), 1U);
    return R"({"resource_locator": ")" + locator + R"(", "topic_uuid": ")" +
           topic.at("uuid").get<std::string>() + R"("})";
  }

  Status finalize(const std::string& session_uuid) {
    return act("session_finalize", R"({"session_uuid": ")" + session_uuid + R"("})").status();
  }

  // A finalized recording with one topic.
  void record(const std::string& name, const std::vector<int64_t>& timestamps_ns) {
    const std::string session = create_sequence(name);
    const std::string command = create_topic(session, name + "/imu");
    EXPECT_THAT(upload(command, small_schema(), {rows_of(timestamps_ns)}), IsOk());
    EXPECT_THAT(finalize(session), IsOk());
  }

  Result<std::unique_ptr<flight::FlightInfo>> find(const std::string& command) {
    auto info = client_->GetFlightInfo(flight::FlightDescriptor::Command(command));
    if (!info.ok()) return protocol::from_flight(info.status());
    return info;
  }

  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> read(const std::string& ticket) {
    auto reader = client_->DoGet({ticket});
    if (!reader.ok()) return protocol::from_flight(reader.status());
    auto batches = (*reader)->ToRecordBatches();
    if (!batches.ok()) return protocol::from_flight(batches.status());
    return batches;
  }

  static json topic_of(const flight::FlightInfo& info, size_t endpoint = 0) {
    return core::value_or_throw(core::parse_json(info.endpoints().at(endpoint).app_metadata));
  }

  static std::shared_ptr<arrow::Schema> schema_of(const flight::FlightInfo& info) {
    arrow::ipc::DictionaryMemo memo;
    return core::value_or_throw(info.GetSchema(&memo));
  }

  const TemporaryDirectory directory_;
  std::shared_ptr<engine::Engine> engine_;
  std::string session_locator_;
};

TEST_F(Cycle, WritesFindsAndReadsARecording) {
  const std::string session = create_sequence("run1");
  const std::string command = create_topic(session, "run1/sensors/imu");
  // Out of order, with a repeated time and with a batch without rows.
  EXPECT_THAT(
      upload(command, small_schema(), {rows_of({1020, 1000}), rows_of({}), rows_of({1010})}),
      IsOk());
  EXPECT_THAT(finalize(session), IsOk());

  ASSERT_OK_AND_ASSIGN(const auto info, find(R"({"resource_locator": "run1"})"));
  const json sequence = core::value_or_throw(core::parse_json(info->app_metadata()));
  EXPECT_EQ(sequence.at("resource_locator"), "run1");
  EXPECT_EQ(sequence.at("user_metadata"), json({{"driver", "Ada"}}));
  ASSERT_EQ(sequence.at("sessions").size(), 1U);
  const json& of_session = sequence.at("sessions")[0];
  EXPECT_EQ(of_session.at("locator"), session_locator_);
  EXPECT_EQ(of_session.at("locked"), true);
  EXPECT_TRUE(of_session.at("completed_at_ns").is_number_integer());
  EXPECT_EQ(of_session.at("topics"), json::array({"run1/sensors/imu"}));
  EXPECT_EQ(schema_of(*info)->num_fields(), 0);
  EXPECT_EQ(schema_of(*info)->metadata()->Get("mosaico:context").ValueOrDie(), "sequence");

  ASSERT_EQ(info->endpoints().size(), 1U);
  const json topic = topic_of(*info);
  EXPECT_EQ(topic.at("locked"), true);
  EXPECT_EQ(topic.at("ontology_tag"), "IMU");
  EXPECT_EQ(topic.at("user_metadata"), json({{"vendor", "x"}}));
  EXPECT_EQ(topic.at("data_info").at("total_row_count"), 3);
  EXPECT_EQ(topic.at("data_info").at("interval"), json({{"start_ns", 1000}, {"end_ns", 1020}}));
  EXPECT_GE(topic.at("info").at("chunks_number"), 1);
  EXPECT_GT(topic.at("info").at("total_bytes"), 0);
  EXPECT_TRUE(topic.at("time_window_info").is_null());

  ASSERT_OK_AND_ASSIGN(const auto batches, read(info->endpoints()[0].ticket.ticket));
  ASSERT_OK_AND_ASSIGN(const auto table, arrow::Table::FromRecordBatches(batches));
  ASSERT_OK_AND_ASSIGN(const auto rows, table->CombineChunksToBatch());
  EXPECT_TRUE(rows->Equals(*rows_of({1000, 1010, 1020}))) << rows->ToString();
}

TEST_F(Cycle, TellsTheTopicAndItsWindow) {
  record("run1", {1000, 1010, 1020});
  ASSERT_OK_AND_ASSIGN(const auto whole, find(R"({"resource_locator": "run1/imu"})"));
  EXPECT_TRUE(schema_of(*whole)->Equals(*small_schema(), false));
  EXPECT_EQ(schema_of(*whole)->metadata()->Get("mosaico:context").ValueOrDie(), "topic");
  EXPECT_EQ(schema_of(*whole)->metadata()->Get("mosaico:user_metadata").ValueOrDie(),
            R"({"vendor":"x"})");

  ASSERT_OK_AND_ASSIGN(
      const auto window,
      find(
          R"({"resource_locator": "run1/imu", "timestamp_ns_start": 1010, "timestamp_ns_end": 1020})"));
  EXPECT_EQ(topic_of(*window).at("time_window_info"),
            json({{"row_count", 1}, {"interval", {{"start_ns", 1010}, {"end_ns", 1010}}}}));
  EXPECT_EQ(topic_of(*window).at("data_info").at("total_row_count"), 3);
  ASSERT_OK_AND_ASSIGN(const auto batches, read(window->endpoints()[0].ticket.ticket));
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_TRUE(batches[0]->Equals(*rows_of({1010})));

  // An object as soon as a bound was asked, also when nothing matches; and an empty stream.
  ASSERT_OK_AND_ASSIGN(
      const auto nothing,
      find(
          R"({"resource_locator": "run1/imu", "timestamp_ns_start": 5000, "timestamp_ns_end": null})"));
  EXPECT_EQ(topic_of(*nothing).at("time_window_info"),
            json({{"row_count", 0}, {"interval", nullptr}}));
  ASSERT_OK_AND_ASSIGN(const auto empty, read(nothing->endpoints()[0].ticket.ticket));
  EXPECT_TRUE(empty.empty());

  // The ticket of the whole topic is as good as before.
  ASSERT_OK_AND_ASSIGN(const auto all, read(whole->endpoints()[0].ticket.ticket));
  EXPECT_EQ(all.size(), 1U);
}

TEST_F(Cycle, StreamsTellTheirProperties) {
  record("run1", {1000, 1010, 1020});
  ASSERT_OK_AND_ASSIGN(const auto info,
                       find(R"({"resource_locator": "run1", "timestamp_ns_start": 1010})"));
  ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet(info->endpoints().at(0).ticket));
  ASSERT_OK_AND_ASSIGN(const auto schema, reader->GetSchema());
  const json properties = core::value_or_throw(
      core::parse_json(schema->metadata()->Get("mosaico:properties").ValueOrDie()));
  EXPECT_EQ(properties, json({{"ontology_tag", "IMU"},
                              {"serialization_format", "default"},
                              {"message_count", 2},
                              {"timestamp_ns_min", 1010},
                              {"timestamp_ns_max", 1020}}));
}

TEST_F(Cycle, CountsNothingForThoseWhoSaySo) {
  record("run1", {1000, 1010, 1020});
  ASSERT_OK_AND_ASSIGN(
      const auto info,
      find(R"({"resource_locator": "run1/imu", "timestamp_ns_start": 1010, "uncounted": true})"));
  EXPECT_TRUE(topic_of(*info).at("time_window_info").is_null());
  EXPECT_EQ(topic_of(*info).at("window_empty"), false);
  ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet(info->endpoints().at(0).ticket));
  ASSERT_OK_AND_ASSIGN(const auto schema, reader->GetSchema());
  for (const auto& told : {schema, schema_of(*info)}) {
    const json properties = core::value_or_throw(
        core::parse_json(told->metadata()->Get("mosaico:properties").ValueOrDie()));
    EXPECT_EQ(properties, json({{"ontology_tag", "IMU"}, {"serialization_format", "default"}}));
  }
}

TEST_F(Cycle, GivesTheSchemaBackExactly) {
  const auto item =
      arrow::field("item", arrow::float32(), false, arrow::key_value_metadata({"unit"}, {"m"}));
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false),
       arrow::field("ranges", arrow::list(item)),
       arrow::field("pose", arrow::struct_({arrow::field("x", arrow::float64(), false)}), true,
                    arrow::key_value_metadata({"frame"}, {"map"})),
       arrow::field("blob", arrow::large_binary())});
  const std::string session = create_sequence("run1");
  const std::string command = create_topic(session, "run1/scan");
  const auto get_schema = [&]() -> Result<std::shared_ptr<arrow::Schema>> {
    ARROW_ASSIGN_OR_RAISE(const auto result, client_->GetSchema(flight::FlightDescriptor::Command(
                                                 R"({"resource_locator": "run1/scan"})")));
    arrow::ipc::DictionaryMemo memo;
    return result->GetSchema(&memo);
  };
  ASSERT_OK_AND_ASSIGN(const auto before, get_schema());
  EXPECT_EQ(before->num_fields(), 0);
  EXPECT_THAT(upload(command, schema, {}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto after, get_schema());
  EXPECT_TRUE(after->Equals(*schema, /*check_metadata=*/true)) << after->ToString(true);

  const auto of_sequence =
      client_->GetSchema(flight::FlightDescriptor::Command(R"({"resource_locator": "run1"})"));
  EXPECT_THAT(protocol::from_flight(of_sequence.status()), FailsAs(ErrorKind::Invalid));
}

TEST_F(Cycle, ListsSequencesByPath) {
  create_sequence("run2");
  record("run1", {1});
  ASSERT_OK_AND_ASSIGN(const auto listing, client_->ListFlights());
  std::vector<std::string> names;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const auto info, listing->Next());
    if (info == nullptr) break;
    names.push_back(info->descriptor().path.at(0));
  }
  EXPECT_THAT(names, ElementsAre("run1", "run2"));

  ASSERT_OK_AND_ASSIGN(const json page, act("sequence_list", R"({"limit": 1})"));
  EXPECT_EQ(page.at("sequences").at(0).at("state"), "finalized");
  ASSERT_OK_AND_ASSIGN(const json rest,
                       act("sequence_list", core::dump({{"cursor", page.at("cursor")}})));
  EXPECT_EQ(rest.at("sequences").at(0).at("name"), "run2");
  EXPECT_TRUE(rest.at("cursor").is_null());
}

TEST_F(Cycle, KeepsNotificationsAsTheyWereSent) {
  record("run1", {1});
  ASSERT_THAT(act("topic_notification_create",
                  R"({"locator": "run1/imu", "notification_type": "error", "msg": "a \"b\"\n"})"),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const json list,
                       act("topic_notification_list", R"({"locator": "run1/imu"})"));
  ASSERT_EQ(list.at("notifications").size(), 1U);
  const json& entry = list.at("notifications")[0];
  EXPECT_EQ(entry.at("name"), "run1/imu");
  EXPECT_EQ(entry.at("notification_type"), "error");
  EXPECT_EQ(entry.at("msg"), "a \"b\"\n");
  EXPECT_THAT(entry.at("created_datetime").get<std::string>(), testing::EndsWith(" UTC"));
  EXPECT_THAT(act("topic_notification_purge", R"({"locator": "run1/imu"})"), IsOk());
  ASSERT_OK_AND_ASSIGN(const json none,
                       act("topic_notification_list", R"({"locator": "run1/imu"})"));
  EXPECT_EQ(none.at("notifications"), json::array());
}

TEST_F(Cycle, AnswersQueries) {
  record("run1", {1});
  ASSERT_OK_AND_ASSIGN(const json found,
                       act("query", R"({"sequence": {"name": {"$eq": "run1"}}})"));
  EXPECT_EQ(found, json::parse(R"({"items": [{"sequence": "run1",
                "topics": [{"locator": "run1/imu", "ontology_tag": "IMU"}]}]})"));
  ASSERT_OK_AND_ASSIGN(const json none, act("query", "{}"));
  EXPECT_EQ(none, json({{"items", json::array()}}));
}

TEST_F(Cycle, SaysWhatIsTaken) {
  const std::string session = create_sequence("run1");
  create_topic(session, "run1/imu");
  EXPECT_THAT(act_fails("sequence_create", R"({"locator": "run1", "user_metadata": {}})"),
              FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(act_fails("topic_create",
                        R"({"session_uuid": ")" + session +
                            R"(", "locator": "run1/imu", "serialization_format": "default", )" +
                            R"("ontology_tag": "IMU", "user_metadata": {}})"),
              FailsAs(ErrorKind::AlreadyExists));
}

TEST_F(Cycle, SaysWhatIsNotThere) {
  create_sequence("run1");
  EXPECT_THAT(find(R"({"resource_locator": "run9"})"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(find(R"({"resource_locator": "run1/imu"})"), FailsAs(ErrorKind::NotFound));
  for (const char* action : {"sequence_delete", "session_create", "sequence_notification_list"}) {
    EXPECT_THAT(act_fails(action, R"({"locator": "run9"})"), FailsAs(ErrorKind::NotFound))
        << action;
  }
  EXPECT_THAT(act_fails("topic_delete", R"({"locator": "run1/imu"})"),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(finalize(kUuid), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(read(R"({"v":1,"topic":"run9/imu","id":1})"), FailsAs(ErrorKind::NotFound));
}

TEST_F(Cycle, SaysWhatIsMalformed) {
  const std::string session = create_sequence("run1");
  for (const char* command :
       {R"({"resource_locator": "run1", "timestamp_ns_start": 5, "timestamp_ns_end": 5})",
        R"({"resource_locator": "run1:01ARZ3NDEKTSV4RRFFQ69G5FAV"})", "nonsense"}) {
    EXPECT_THAT(find(command), FailsAs(ErrorKind::Invalid)) << command;
  }
  const auto by_path = client_->GetFlightInfo(flight::FlightDescriptor::Path({"run1"}));
  EXPECT_THAT(protocol::from_flight(by_path.status()), FailsAs(ErrorKind::Invalid));

  const auto no_time = arrow::schema({arrow::field("value", arrow::float64())});
  EXPECT_THAT(upload(create_topic(session, "run1/a"), no_time, {}), FailsAs(ErrorKind::Invalid));

  arrow::Int64Builder times;
  ASSERT_THAT(times.AppendNull(), IsOk());
  arrow::DoubleBuilder values;
  ASSERT_THAT(values.Append(1), IsOk());
  const auto with_null = arrow::RecordBatch::Make(
      small_schema(), 1, {times.Finish().ValueOrDie(), values.Finish().ValueOrDie()});
  EXPECT_THAT(upload(create_topic(session, "run1/b"), small_schema(), {with_null}),
              FailsAs(ErrorKind::Invalid));
}

TEST_F(Cycle, SaysWhatItsStateForbids) {
  const std::string session = create_sequence("run1");
  EXPECT_THAT(finalize(session), FailsAs(ErrorKind::Locked));  // No topic.
  const std::string command = create_topic(session, "run1/imu");
  EXPECT_THAT(finalize(session), FailsAs(ErrorKind::Locked));  // Never saw a DoPut.
  EXPECT_THAT(upload(command, small_schema(), {rows_of({1})}), IsOk());
  EXPECT_THAT(upload(command, small_schema(), {}), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(finalize(session), IsOk());
  EXPECT_THAT(finalize(session), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(act_fails("sequence_delete", R"({"locator": "run1"})"), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(
      act_fails("sequence_abort", R"({"locator": "run1", "session_uuid": ")" + session + R"("})"),
      FailsAs(ErrorKind::Locked));
}

TEST_F(Cycle, RefusesAnUploadWithAnotherUuid) {
  const std::string session = create_sequence("run1");
  create_topic(session, "run1/imu");
  EXPECT_THAT(upload(kPutCommand, small_schema(), {}), FailsAs(ErrorKind::NotFound));
}

TEST_F(Cycle, DeletesAPendingRecordingAtOnce) {
  const std::string session = create_sequence("run1");
  EXPECT_THAT(upload(create_topic(session, "run1/imu"), small_schema(), {rows_of({1})}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, find(R"({"resource_locator": "run1/imu"})"));
  EXPECT_THAT(act("sequence_delete", R"({"locator": "run1"})"), IsOk());
  EXPECT_THAT(find(R"({"resource_locator": "run1"})"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(read(info->endpoints()[0].ticket.ticket), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(act_fails("sequence_delete", R"({"locator": "run1"})"), FailsAs(ErrorKind::NotFound));
}

TEST_F(Cycle, AcknowledgesResumesAndClaims) {
  const std::string session = create_sequence("run1");
  std::string command = create_topic(session, "run1/imu");
  command.insert(command.size() - 1, R"(, "ack": true)");
  const auto next_ack = [](flight::FlightMetadataReader& reader) -> int64_t {
    std::shared_ptr<arrow::Buffer> buffer;
    if (!reader.ReadMetadata(&buffer).ok() || buffer == nullptr) return -1;
    return core::value_or_throw(protocol::PutAck::parse(buffer->ToString())).durable_rows;
  };

  // The call breaks after its rows were acknowledged.
  flight::FlightCallOptions options;
  options.timeout = flight::TimeoutDuration(1.0);
  ASSERT_OK_AND_ASSIGN(
      auto broken,
      client_->DoPut(options, flight::FlightDescriptor::Command(command), small_schema()));
  ASSERT_THAT(broken.writer->WriteRecordBatch(*rows_of({1, 2, 3})), IsOk());
  int64_t durable = 0;
  while (durable < 3) {
    durable = next_ack(*broken.reader);
    ASSERT_NE(durable, -1);
  }
  EXPECT_EQ(next_ack(*broken.reader), -1);  // Waits for the deadline.
  EXPECT_FALSE(broken.writer->Close().ok());

  // The server notices by itself; until then a resume is refused.
  Result<json> claimed = Status::UnknownError("not asked yet");
  do {
    claimed = act("session_claim", R"({"locator": ")" + session_locator_ + R"("})");
  } while (core::is_kind(claimed.status(), ErrorKind::Locked));
  ASSERT_THAT(claimed, IsOk());
  EXPECT_EQ(claimed->at("topics").at(0).at("durable_rows"), 3);
  EXPECT_THAT(finalize(session), FailsAs(ErrorKind::NotFound));  // The former owner is out.

  const std::string resume = core::dump({{"resource_locator", "run1/imu"},
                                         {"topic_uuid", claimed->at("topics").at(0).at("uuid")},
                                         {"resume", true}});
  ASSERT_OK_AND_ASSIGN(auto resumed, put(resume, small_schema()));
  EXPECT_EQ(next_ack(*resumed.reader), 3);
  ASSERT_THAT(resumed.writer->WriteRecordBatch(*rows_of({4})), IsOk());
  ASSERT_THAT(resumed.writer->DoneWriting(), IsOk());
  EXPECT_EQ(next_ack(*resumed.reader), -1);
  EXPECT_THAT(resumed.writer->Close(), IsOk());
  EXPECT_THAT(finalize(claimed->at("uuid")), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, find(R"({"resource_locator": "run1/imu"})"));
  EXPECT_EQ(topic_of(*info).at("data_info").at("total_row_count"), 4);
}

TEST_F(Cycle, FollowsATopicThatIsBeingWritten) {
  const std::string session = create_sequence("run1");
  const std::string command = create_topic(session, "run1/imu");
  ASSERT_OK_AND_ASSIGN(auto writer, put(command, small_schema()));
  ASSERT_THAT(writer.writer->WriteRecordBatch(*rows_of({1})), IsOk());
  // The topic has a schema as soon as its upload is open.
  Result<std::unique_ptr<flight::FlightInfo>> info = Status::UnknownError("not asked yet");
  do {
    info = find(R"({"resource_locator": "run1/imu", "follow": true})");
    ASSERT_THAT(info, IsOk());
  } while (schema_of(**info)->num_fields() == 0);
  ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet((*info)->endpoints().at(0).ticket));
  ASSERT_OK_AND_ASSIGN(const auto first, reader->Next());
  EXPECT_TRUE(first.data->Equals(*rows_of({1})));
  ASSERT_THAT(writer.writer->WriteRecordBatch(*rows_of({2})), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto second, reader->Next());
  EXPECT_TRUE(second.data->Equals(*rows_of({2})));
  EXPECT_THAT(writer.writer->Close(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto end, reader->Next());
  EXPECT_EQ(end.data, nullptr);
}

}  // namespace
}  // namespace mosaico::server
