#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>

#include <gmock/gmock.h>

#include "client/places.hpp"

namespace mosaico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A user's own type, in the user's own namespace.
struct MotorTemperature {
  double value = kUnset;
  std::optional<double> variance = {};
};
MOSAICO_ONTOLOGY(MotorTemperature, "MotorTemperature", value, variance)

class Reading : public ConformanceTest {
 protected:
  using Row = std::pair<std::string, int64_t>;

  static Integer64 number(int64_t i) { return Integer64{.data = i}; }

  void record_numbers(const std::string& sequence, const std::string& topic,
                      const std::vector<int64_t>& times) {
    client_.record(sequence, {}, [&](SequenceWriter& writer) {
      auto lane = writer.topic_create<Integer64>(topic);
      for (size_t i = 0; i < times.size(); ++i) {
        lane.push(number(static_cast<int64_t>(i)), times[i]);
      }
    });
  }

  static std::vector<Row> rows_of(SequenceDataStreamer stream) {
    std::vector<Row> rows;
    for (const auto& [topic, message] : stream) rows.emplace_back(topic, message.timestamp_ns());
    return rows;
  }

  static std::vector<int64_t> times_of(TopicDataStreamer stream) {
    std::vector<int64_t> times;
    for (const MessageView& message : stream) times.push_back(message.timestamp_ns());
    return times;
  }
};

TEST_P(Reading, ATopicComesBackInTimeOrderHoweverItWasPushed) {
  std::vector<int64_t> times;
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) times.push_back(static_cast<int64_t>(random() % 2000) - 1000);
  record_numbers("run", "numbers", times);

  std::vector<std::pair<int64_t, int64_t>> expected;
  for (size_t i = 0; i < times.size(); ++i) expected.emplace_back(times[i], i);
  std::sort(expected.begin(), expected.end());

  auto stream = client_.topic_handler("run", "numbers")->get_data_streamer();
  for (const auto& [time, value] : expected) {
    const auto message = stream.next();
    ASSERT_TRUE(message.has_value());
    ASSERT_EQ(message->timestamp_ns(), time);
    // Equal times keep the order in which they were pushed.
    ASSERT_EQ(message->get_data<Integer64>()->data, value);
  }
  EXPECT_FALSE(stream.next().has_value());
}

TEST_P(Reading, ExtremeTimesAreOrdinary) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  record_numbers("run", "numbers", {0, kMax, kMin, -1, 1});
  const auto handler = client_.topic_handler("run", "numbers");
  EXPECT_THAT(times_of(handler->get_data_streamer()), ElementsAre(kMin, -1, 0, 1, kMax));
  EXPECT_THAT(
      times_of(handler->get_data_streamer({.start_timestamp_ns = 0, .end_timestamp_ns = kMax})),
      ElementsAre(0, 1));
  EXPECT_EQ(handler->timestamp_ns_min(), kMin);
  EXPECT_EQ(handler->timestamp_ns_max(), kMax);
}

TEST_P(Reading, TopicsAreMergedAndTiesFollowTheOrderOfCreation) {
  client_.record("run", {}, [](SequenceWriter& writer) {
    auto b = writer.topic_create<Integer64>("b");
    auto a = writer.topic_create<Integer64>("a");
    for (const int64_t t : {5, 1, 3}) a.push(number(t), t);
    for (const int64_t t : {3, 2, 3}) b.push(number(t), t);
  });
  EXPECT_THAT(rows_of(client_.sequence_handler("run")->get_data_streamer()),
              ElementsAre(Row("/a", 1), Row("/b", 2), Row("/b", 3), Row("/b", 3), Row("/a", 3),
                          Row("/a", 5)));
}

TEST_P(Reading, WindowsHoldTheirStartAndNotTheirEnd) {
  record_numbers("run", "numbers", {10, 20, 30, 40});
  const auto sequence = client_.sequence_handler("run");
  const auto window = [&](std::optional<int64_t> start, std::optional<int64_t> end) {
    std::vector<int64_t> times;
    for (const auto& [topic, time] : rows_of(
             sequence->get_data_streamer({.start_timestamp_ns = start, .end_timestamp_ns = end}))) {
      times.push_back(time);
    }
    return times;
  };
  EXPECT_THAT(window(20, 40), ElementsAre(20, 30));
  EXPECT_THAT(window({}, 20), ElementsAre(10));
  EXPECT_THAT(window(40, {}), ElementsAre(40));
  EXPECT_THAT(window(11, 20), IsEmpty());
  EXPECT_THAT(window(100, 200), IsEmpty());
  EXPECT_EQ(thrown_kind([&] { window(20, 20); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { window(21, 20); }), ErrorKind::Invalid);
}

// Bytes that come over a network begin anywhere; where depends on the length of the message.
TEST_P(Reading, ColumnsLieWhereTheirNumbersMayLie) {
  std::vector<int64_t> times(300);
  std::iota(times.begin(), times.end(), 0);
  record_numbers("run", "numbers", times);
  const auto topic = client_.topic_handler("run", "numbers");
  for (int64_t rows = 1; rows < 300; rows += 7) {
    auto columns = topic->get_data_streamer({.end_timestamp_ns = rows}).next_batch();
    ASSERT_TRUE(columns.has_value());
    ASSERT_EQ(columns->rows(), rows);
    for (int64_t i = 0; i < columns->array().n_children; ++i) {
      const void* numbers = columns->array().children[i]->buffers[1];
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers) % alignof(int64_t), 0U) << rows;
    }
  }
}

TEST_P(Reading, PeekingConsumesNothing) {
  record_numbers("run", "numbers", {1, 2});
  auto stream = client_.sequence_handler("run")->get_data_streamer();
  EXPECT_EQ(stream.next_timestamp(), 1);
  EXPECT_EQ(stream.next_timestamp(), 1);
  EXPECT_EQ(stream.next()->second.timestamp_ns(), 1);
  EXPECT_EQ(stream.next_timestamp(), 2);
  EXPECT_EQ(stream.next()->second.timestamp_ns(), 2);
  EXPECT_FALSE(stream.next_timestamp().has_value());
  EXPECT_FALSE(stream.next().has_value());
  EXPECT_FALSE(stream.next().has_value());
}

TEST_P(Reading, AFilterTakesTopicsWithAndWithoutSlash) {
  client_.record("run", {}, [](SequenceWriter& writer) {
    for (const char* topic : {"a", "b", "c"}) {
      writer.topic_create<Integer64>(topic).push(number(0), 0);
    }
  });
  const auto sequence = client_.sequence_handler("run");
  EXPECT_THAT(rows_of(sequence->get_data_streamer({.topics = {"/c", "a"}})),
              ElementsAre(Row("/a", 0), Row("/c", 0)));
  try {
    sequence->get_data_streamer({.topics = {"a", "lidar"}});
    FAIL() << "an unknown topic passed";
  } catch (const NotFoundError& error) {
    EXPECT_THAT(error.what(), HasSubstr("lidar"));
    EXPECT_THAT(error.what(), HasSubstr("/a"));
    EXPECT_THAT(error.what(), HasSubstr("/c"));
  }
}

TEST_P(Reading, TopicsWithoutRowsAreEmptyStreams) {
  client_.record("run", {}, [](SequenceWriter& writer) {
    writer.topic_create<Integer64>("empty");
    writer.topic_create<IMU>("also_empty");
  });
  const auto sequence = client_.sequence_handler("run");
  ASSERT_TRUE(sequence.has_value());
  EXPECT_FALSE(sequence->timestamp_ns_min().has_value());
  EXPECT_THAT(rows_of(sequence->get_data_streamer()), IsEmpty());
  EXPECT_THAT(times_of(sequence->get_topic_handler("empty")->get_data_streamer()), IsEmpty());
}

TEST_P(Reading, AStreamMayBeClosedEarlyAndOutlivesItsHandler) {
  record_numbers("run", "numbers", std::vector<int64_t>(50'000, 1));
  auto stream = [&] {
    auto handler = client_.sequence_handler("run");
    auto made = handler->get_data_streamer();
    handler->close();
    return made;
  }();
  ASSERT_TRUE(stream.next().has_value());
  stream.close();
  stream.close();
  EXPECT_FALSE(stream.next().has_value());
}

TEST_P(Reading, HundredsOfTopicsMergeAtOnce) {
  constexpr int kTopics = 300;
  client_.record("run", {}, [](SequenceWriter& writer) {
    for (int t = 0; t < kTopics; ++t) {
      auto lane = writer.topic_create<Integer64>("t" + std::to_string(t));
      for (int i = 0; i < 5; ++i) lane.push(number(i), i * kTopics + t);
    }
  });
  int64_t expected = 0;
  auto stream = client_.sequence_handler("run")->get_data_streamer();
  for (const auto& [topic, message] : stream) ASSERT_EQ(message.timestamp_ns(), expected++);
  EXPECT_EQ(expected, kTopics * 5);
}

TEST_P(Reading, HandlersTellWhatIsThere) {
  client_.record("run", {{"vehicle", {{"plan", "plan-4.1.7"}}}}, [](SequenceWriter& writer) {
    auto imu = writer.topic_create<IMU>("sensors/imu", {{"vendor", "inertix-dynamics"}});
    imu.push(imu_number(0), 100);
    imu.push(imu_number(1), 50);
    writer.topic_create<GPS>("gps");
  });
  const auto sequence = client_.sequence_handler("run");
  ASSERT_TRUE(sequence.has_value());
  EXPECT_EQ(sequence->name(), "run");
  EXPECT_THAT(sequence->topics(), ElementsAre("/sensors/imu", "/gps"));
  EXPECT_EQ(sequence->user_metadata()["vehicle"]["plan"], "plan-4.1.7");
  EXPECT_EQ(sequence->timestamp_ns_min(), 50);
  EXPECT_EQ(sequence->timestamp_ns_max(), 100);
  const SequenceInfo& info = sequence->sequence_info();
  EXPECT_GT(info.created_at_ns, 0);
  EXPECT_THAT(info.created_datetime, HasSubstr(" UTC"));
  EXPECT_GT(info.total_size_bytes, 0);
  ASSERT_EQ(info.sessions.size(), 1U);
  EXPECT_TRUE(info.sessions[0].is_locked);
  EXPECT_THAT(info.sessions[0].topics, ElementsAre("/sensors/imu", "/gps"));

  const auto topic = sequence->get_topic_handler("sensors/imu");
  ASSERT_TRUE(topic.has_value());
  EXPECT_EQ(topic->name(), "/sensors/imu");
  EXPECT_EQ(topic->sequence_name(), "run");
  EXPECT_EQ(topic->user_metadata()["vendor"], "inertix-dynamics");
  EXPECT_EQ(topic->timestamp_ns_min(), 50);
  EXPECT_EQ(topic->timestamp_ns_max(), 100);
  EXPECT_EQ(topic->ontology_type(), ontology_type<IMU>());
  EXPECT_EQ(topic->topic_info().ontology_tag, "IMU");
  EXPECT_EQ(topic->topic_info().serialization_format, "default");
  EXPECT_EQ(topic->topic_info().total_rows, 2);
  EXPECT_GE(topic->topic_info().chunks_number, 1);
  EXPECT_GT(topic->topic_info().total_size_bytes, 0);
  EXPECT_TRUE(topic->topic_info().is_locked);
}

TEST_P(Reading, WhatDoesNotExistIsEmpty) {
  record_numbers("run", "numbers", {1});
  EXPECT_FALSE(client_.sequence_handler("other").has_value());
  EXPECT_FALSE(client_.topic_handler("run", "other").has_value());
  EXPECT_FALSE(client_.topic_handler("other", "numbers").has_value());
  EXPECT_FALSE(client_.sequence_handler("run")->get_topic_handler("other").has_value());
  EXPECT_EQ(thrown_kind([&] { client_.sequence_delete("other"); }), ErrorKind::NotFound);
}

TEST_P(Reading, AUsersOwnTypeComesBackAndTheDispatcherFindsIt) {
  client_.record("run", {}, [](SequenceWriter& writer) {
    auto motor = writer.topic_create<MotorTemperature>("motor");
    auto imu = writer.topic_create<IMU>("imu");
    auto gps = writer.topic_create<GPS>("gps");
    motor.push(MotorTemperature{.value = 341.5, .variance = 0.25}, 1);
    motor.push(MotorTemperature{.value = 342.5}, 3);
    imu.push(imu_number(1), 2);
    gps.push(GPS{}, 4);
  });
  std::vector<std::string> calls;
  Dispatcher dispatcher;
  dispatcher
      .on<MotorTemperature>([&](std::string_view topic, int64_t t, const MotorTemperature& motor) {
        calls.push_back(std::string(topic) + " " + std::to_string(t) + " " +
                        (motor.variance ? "varies" : "exact"));
      })
      .on<IMU>([&](const MessageView& message, const IMU& imu) {
        calls.push_back(message.ontology_tag() + " " + std::to_string(imu.acceleration.x));
      })
      .otherwise([&](const StreamEntry& entry) { calls.emplace_back(entry.topic); });
  EXPECT_EQ(dispatcher.run(client_.sequence_handler("run")->get_data_streamer()), 4);
  EXPECT_THAT(calls, ElementsAre("/motor 1 varies", "IMU 1.000000", "/motor 3 exact", "/gps"));
}

TEST_P(Reading, AnyTopicIsReadWithoutItsClass) {
  client_.record("run", {}, [](SequenceWriter& writer) {
    auto imu = writer.topic_create<IMU>("imu");
    imu.push(imu_number(4), 1, Header{.frame_id = "imu_link"});
  });
  auto stream = client_.topic_handler("run", "imu")->get_data_streamer();
  const auto message = stream.next();
  ASSERT_TRUE(message.has_value());
  EXPECT_FALSE(message->get_data<GPS>().has_value());
  EXPECT_EQ(message->field("acceleration.x"), 4.0);
  EXPECT_EQ(message->field("header.frame_id"), "imu_link");
  EXPECT_EQ(message->field("acceleration.covariance"), nlohmann::json(nullptr));
  EXPECT_FALSE(message->field("acceleration.w").has_value());
  EXPECT_EQ(message->to_json()["angular_velocity"]["z"], 2.0);
  EXPECT_EQ(message->header()->frame_id, "imu_link");
}

TEST_P(Reading, BlobsAreSharedNotCopiedAndOutliveTheStream) {
  client_.record("run", {}, [](SequenceWriter& writer) {
    auto camera = writer.topic_create<CompressedImage>("camera");
    camera.push(CompressedImage{.data = Bytes::copy_of("pixels"), .format = "png"}, 1);
  });
  Bytes data;
  {
    auto stream = client_.topic_handler("run", "camera")->get_data_streamer();
    auto view = stream.next_view();
    data = view->get_data<CompressedImage>()->data;
    EXPECT_EQ(view->get_data<CompressedImage>()->data.data(), data.data());
  }
  EXPECT_EQ(data.text(), "pixels");
}

TEST_P(Reading, ListingsArePaged) {
  for (const char* name : {"b1", "a1", "a3", "a2"}) record_numbers(name, "numbers", {1, 2});
  const auto names = [](const SequenceList& list) {
    std::vector<std::string> result;
    for (const auto& entry : list.sequences) result.push_back(entry.name);
    return result;
  };
  EXPECT_THAT(names(client_.list_sequences()), ElementsAre("a1", "a2", "a3", "b1"));
  const auto first = client_.list_sequences({.prefix = "a", .limit = 2});
  EXPECT_THAT(names(first), ElementsAre("a1", "a2"));
  ASSERT_FALSE(first.cursor.empty());
  const auto second = client_.list_sequences({.prefix = "a", .limit = 2, .cursor = first.cursor});
  EXPECT_THAT(names(second), ElementsAre("a3"));
  EXPECT_TRUE(second.cursor.empty());
  EXPECT_EQ(first.sequences[0].rows, 2);
  EXPECT_EQ(first.sequences[0].topics, 1);
  EXPECT_EQ(first.sequences[0].state, SequenceState::Finalized);
  EXPECT_EQ(first.sequences[0].timestamp_ns_max, 2);
}

TEST_P(Reading, QueriesOnMetadataFindSequencesAndTopics) {
  const auto record = [&](const std::string& name, const std::string& plan) {
    client_.record(name, {{"vehicle", {{"software_stack", {{"planning", plan}}}}}},
                   [](SequenceWriter& writer) {
                     writer.topic_create<IMU>("imu", {{"interface", {{"type", "UART"}}}});
                     writer.topic_create<GPS>("gps", {{"interface", {{"type", "CAN"}}}});
                   });
  };
  record("old", "plan-3.9");
  record("new", "plan-4.1.7");
  const auto found = client_.query(
      QuerySequence(Sequence::Q.user_metadata["vehicle.software_stack.planning"].match("plan-4.")));
  ASSERT_EQ(found.items.size(), 1U);
  EXPECT_EQ(found.items[0].sequence, "new");
  EXPECT_EQ(found.items[0].topics.size(), 2U);
  const auto narrowed = client_.query(found.to_query_sequence().with(
      QueryTopic(Topic::Q.user_metadata["interface.type"].eq("UART"))));
  ASSERT_EQ(narrowed.items.size(), 1U);
  ASSERT_EQ(narrowed.items[0].topics.size(), 1U);
  EXPECT_EQ(narrowed.items[0].topics[0].name, "/imu");
  EXPECT_EQ(narrowed.items[0].topics[0].ontology_tag, "IMU");
  EXPECT_THAT(client_.query(Query()).items, IsEmpty());
}

TEST_P(Reading, InfoTellsTheServer) {
  EXPECT_EQ(client_.info().server, "mosaico-cpp");
  EXPECT_FALSE(client_.info().version.empty());
  EXPECT_GT(client_.info().max_message_bytes, 0);
}

TEST_P(Reading, AClosedClientIsUnavailable) {
  client_.close();
  EXPECT_EQ(thrown_kind([&] { client_.info(); }), ErrorKind::Unavailable);
}

TEST_P(Reading, NotificationsOfATopicAreReadAndCleared) {
  WriterConfig config;
  config.when_full = WhenFull::DropNewest;
  record_numbers("run", "numbers", {1});
  EXPECT_THAT(client_.topic_notifications("run", "numbers"), IsEmpty());
  client_.clear_topic_notifications("run", "numbers");
  EXPECT_EQ(thrown_kind([&] { client_.topic_notifications("run", "other"); }), ErrorKind::NotFound);
}

TEST_P(Reading, AStreamFollowsARecordingToItsEnd) {
  auto writer = client_.sequence_create("run");
  auto lane = writer.topic_create<Integer64>("numbers");
  lane.push(number(0), 0);
  lane.flush();
  auto stream = client_.topic_handler("run", "numbers")->get_data_streamer({.follow = true});
  EXPECT_EQ(stream.next()->timestamp_ns(), 0);
  lane.push(number(1), 1);
  lane.flush();
  EXPECT_EQ(stream.next()->timestamp_ns(), 1);
  writer.close();
  EXPECT_FALSE(stream.next().has_value());
}

MOSAICO_EVERY_PLACE(Reading);

}  // namespace
}  // namespace mosaico
