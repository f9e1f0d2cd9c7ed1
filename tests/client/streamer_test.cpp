#include "mosaico/streamer.hpp"

#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <thread>

#include "client/stream_fixture.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::client {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

class Streamer : public StreamTest {};

TEST_F(Streamer, RowsOfAllTopicsComeInOrderOfTime) {
  add("a", {{1, 4}, {4, 9}});
  add("b", {{2, 3, 5}});
  add("c", {{kFirst, -7}, {kLast}});
  EXPECT_THAT(rows_of(stream()), ElementsAre(Row("/c", kFirst), Row("/c", -7), Row("/a", 1),
                                             Row("/b", 2), Row("/b", 3), Row("/a", 4), Row("/a", 4),
                                             Row("/b", 5), Row("/a", 9), Row("/c", kLast)));
}

TEST_F(Streamer, EqualTimesKeepTheOrderOfPushThenOfTopics) {
  add("late", {{5, 5}, {5}});
  add("early", {{5}, {5, 5}});
  auto streamer = stream();
  std::vector<std::pair<std::string, int64_t>> values;
  for (const auto& [topic, message] : streamer) {
    values.emplace_back(topic, message.get_data<TestNumber>()->value);
  }
  EXPECT_THAT(values, ElementsAre(Row("/late", 0), Row("/late", 1), Row("/late", 2),
                                  Row("/early", 0), Row("/early", 1), Row("/early", 2)));
}

// Any topics, batches and times, against a stable sort.
TEST_F(Streamer, AMergeIsAStableSort) {
  std::mt19937 random(42);
  for (int round = 0; round < 30; ++round) {
    const std::string sequence = "run" + std::to_string(round);
    std::vector<std::tuple<int64_t, size_t, int64_t>> expected;  // Time, topic, value.
    const size_t topics = 1 + random() % 9;
    for (size_t topic = 0; topic < topics; ++topic) {
      std::vector<int64_t> times(random() % 60);
      for (int64_t& time : times) time = static_cast<int64_t>(random() % 40) - 20;
      if (!times.empty() && random() % 4 == 0) times.front() = kFirst;
      if (!times.empty() && random() % 4 == 0) times.back() = kLast;
      std::sort(times.begin(), times.end());
      std::vector<std::vector<int64_t>> batches;
      for (size_t i = 0; i < times.size(); ++i) {
        expected.emplace_back(times[i], topic, static_cast<int64_t>(i));
        if (batches.empty() || random() % 5 == 0) batches.emplace_back();
        batches.back().push_back(times[i]);
      }
      transport_->add_topic(sequence + "/t" + std::to_string(topic), number_topic(batches));
    }
    std::sort(expected.begin(), expected.end());

    auto merged = MergedStream::open(session_, {.locator = {.sequence = sequence}});
    ASSERT_THAT(merged, IsOk());
    SequenceDataStreamer streamer(*merged);
    for (const auto& [time, topic, value] : expected) {
      if (random() % 3 == 0) {
        ASSERT_EQ(streamer.next_timestamp(), time);
      }
      const auto entry = streamer.next_view();
      ASSERT_TRUE(entry.has_value());
      ASSERT_EQ(entry->topic, "/t" + std::to_string(topic));
      ASSERT_EQ(entry->message.timestamp_ns(), time);
      ASSERT_EQ(entry->message.get_data<TestNumber>()->value, value);
    }
    EXPECT_FALSE(streamer.next().has_value());
  }
}

TEST_F(Streamer, PeekingConsumesNothingAndLeavesTheLastViewValid) {
  add("a", {{1}, {2}, {3}});
  auto streamer = stream();
  EXPECT_EQ(streamer.next_timestamp(), 1);
  EXPECT_EQ(streamer.next_timestamp(), 1);
  const auto first = streamer.next_view();
  ASSERT_TRUE(first.has_value());
  // The peek takes the next batch; the first one stays with its view.
  EXPECT_EQ(streamer.next_timestamp(), 2);
  EXPECT_EQ(first->message.timestamp_ns(), 1);
  EXPECT_EQ(first->message.get_data<TestNumber>()->value, 0);
  const Message kept(first->message);
  EXPECT_EQ(streamer.next()->second.timestamp_ns(), 2);
  EXPECT_EQ(streamer.next()->second.timestamp_ns(), 3);
  EXPECT_FALSE(streamer.next_timestamp().has_value());
  EXPECT_FALSE(streamer.next_view().has_value());
  EXPECT_FALSE(streamer.next_timestamp().has_value());
  EXPECT_EQ(kept.timestamp_ns(), 1);
}

TEST_F(Streamer, AnOwnedMessageOutlivesItsStreamAndClient) {
  add("a", {{1, 2}});
  std::optional<Message> message;
  {
    auto streamer = stream();
    streamer.next();
    message = streamer.next()->second;
  }
  session_.reset();
  EXPECT_EQ(message->get_data<TestNumber>()->value, 1);
  EXPECT_EQ(message->to_json(), nlohmann::json({{"value", 1}}));
}

TEST_F(Streamer, CopiesStepTheSameStream) {
  add("a", {{1, 2, 3}});
  auto one = stream();
  auto other = one;
  EXPECT_EQ(one.next()->second.timestamp_ns(), 1);
  EXPECT_EQ(other.next()->second.timestamp_ns(), 2);
  EXPECT_EQ(one.next()->second.timestamp_ns(), 3);
}

// --- What is asked of the server ---

TEST_F(Streamer, TopicsWithoutRowsInTheWindowAreNotOpened) {
  add("a", {{1, 2}});
  add("b", {{10, 20}, {30}});
  add("empty", {});
  auto streamer = stream({.start_timestamp_ns = 5, .end_timestamp_ns = 30});
  EXPECT_THAT(streamer.topics(), ElementsAre("/b"));
  EXPECT_THAT(rows_of(streamer), ElementsAre(Row("/b", 10), Row("/b", 20)));
  EXPECT_EQ(transport_->downloads(), 1);
  EXPECT_THAT(stream().topics(), ElementsAre("/a", "/b"));
}

TEST_F(Streamer, TopicsWithoutRowsInTheWindowAreNotOpenedWhereTheServerCountsThem) {
  transport_->count_always();
  add("a", {{1, 50}});
  add("b", {{10, 20}, {30}});
  auto streamer = stream({.start_timestamp_ns = 5, .end_timestamp_ns = 30});
  EXPECT_THAT(streamer.topics(), ElementsAre("/b"));
  EXPECT_THAT(rows_of(streamer), ElementsAre(Row("/b", 10), Row("/b", 20)));
  EXPECT_EQ(transport_->downloads(), 1);
}

TEST_F(Streamer, NothingIsCountedForAStreamThatDoesNotFollow) {
  add("a", {{1, 50}});
  add("b", {{10}});
  auto streamer = stream({.start_timestamp_ns = 5, .end_timestamp_ns = 30});
  EXPECT_THAT(streamer.topics(), ElementsAre("/a", "/b")) << "both may hold some";
  EXPECT_EQ(streamer.next_timestamp(), 10);
  EXPECT_THAT(rows_of(streamer), ElementsAre(Row("/b", 10)));
  EXPECT_TRUE(transport_->discoveries().back().uncounted);
  stream({.follow = true}).close();
  EXPECT_FALSE(transport_->discoveries().back().uncounted)
      << "it tells what is live by the last row";
}

TEST_F(Streamer, NothingToStreamIsAnEmptyStream) {
  EXPECT_THAT(rows_of(stream()), IsEmpty());
  add("empty", {});
  EXPECT_THAT(rows_of(stream()), IsEmpty());
  EXPECT_FALSE(stream().next_timestamp().has_value());
  auto topic = topic_stream("empty");
  EXPECT_FALSE(topic.next().has_value());
  EXPECT_FALSE(topic.next_batch().has_value());
  EXPECT_EQ(topic.name(), "/empty");
  EXPECT_EQ(topic.ontology_type(), ontology_type<TestNumber>());
}

TEST_F(Streamer, AFilterKeepsTheOrderOfTopics) {
  add("a", {{1}});
  add("b", {{1}});
  add("c/d", {{1}});
  EXPECT_THAT(rows_of(stream({.topics = {"c/d", "/a", "a"}})),
              ElementsAre(Row("/a", 1), Row("/c/d", 1)));
}

TEST_F(Streamer, AFilterThatNamesAnotherTopicTellsWhichThereAre) {
  add("a", {{1}});
  add("b", {});
  const auto error = thrown_by([&] { stream({.topics = {"a", "lidar"}}); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->first, ErrorKind::NotFound);
  EXPECT_THAT(error->second, AllOf(HasSubstr("/lidar"), HasSubstr("/a, /b")));
  EXPECT_EQ(transport_->downloads(), 0);
}

TEST_F(Streamer, AWindowThatEndsBeforeItStartsIsRefused) {
  for (const int64_t end : {int64_t{9}, int64_t{10}}) {
    EXPECT_THAT(merge({.start_timestamp_ns = 10, .end_timestamp_ns = end}),
                FailsAs(ErrorKind::Invalid));
  }
}

TEST_F(Streamer, BatchesAreAskedForInSharesOfTheBudget) {
  const auto asked = [&](size_t budget_bytes) {
    rows_of(stream({.memory_budget_bytes = budget_bytes}));
    return *transport_->discoveries().back().batch_bytes;
  };
  add("a", {{1}});
  add("b", {{1}});
  add("empty", {});  // Has no share.
  EXPECT_EQ(asked(64U << 20), 4 << 20);
  EXPECT_EQ(asked(4U << 20), 1 << 20);
  EXPECT_EQ(asked(1), 16 << 10);
}

// --- Memory and threads ---

TEST_F(Streamer, HundredsOfTopicsAreOpenedAFewAtATime) {
  constexpr int64_t kTopics = 300;
  for (int64_t topic = 0; topic < kTopics; ++topic) {
    add("t" + std::to_string(topic), {{topic}, {topic + kTopics}});
  }
  auto merged = merge();
  ASSERT_THAT(merged, IsOk());
  SequenceDataStreamer streamer(*merged);
  int64_t expected = 0;
  for (const auto& [topic, message] : streamer) ASSERT_EQ(message.timestamp_ns(), expected++);
  EXPECT_EQ(expected, 2 * kTopics);
  EXPECT_EQ(transport_->downloads(), kTopics);
  EXPECT_LE(transport_->openings_at_once(), 16);
}

TEST_F(Streamer, ASingleThreadIsEnough) {
  session_ = std::make_shared<Session>(transport_, ClientConfig{.max_threads = 1});
  for (int topic = 0; topic < 40; ++topic) add("t" + std::to_string(topic), {{1}, {2}, {3}});
  EXPECT_EQ(rows_of(stream()).size(), 120U);
}

// Batches larger than they were asked for: each topic needs the one in hand, and beyond these
// nothing is loaded ahead.
TEST_F(Streamer, BatchesBeyondTheBudgetAreNotLoadedAhead) {
  std::vector<int64_t> times(10'000);
  std::iota(times.begin(), times.end(), 0);
  const auto batch_bytes = ontology::bytes_of(*numbers(times)).ValueOrDie();
  for (const char* name : {"a", "b", "c"}) add(name, {times, {10'000}, {10'001}, times});
  for (const char* name : {"a", "b", "c"}) {
    FakeTopic topic = number_topic({});
    for (int64_t i = 0; i < 5; ++i) {
      std::vector<int64_t> shifted = times;
      for (int64_t& time : shifted) time += i * 10'000;
      topic.batches.push_back(numbers(shifted));
    }
    transport_->add_topic(std::string("tight/") + name, std::move(topic));
  }
  auto merged = MergedStream::open(
      session_, {.locator = {.sequence = "tight"},
                 .options = {.memory_budget_bytes = static_cast<size_t>(3 * batch_bytes)},
                 .topics_expected = 3});
  ASSERT_THAT(merged, IsOk());
  SequenceDataStreamer streamer(*merged);
  int64_t rows = 0;
  while (streamer.next_view().has_value()) ++rows;
  EXPECT_EQ(rows, 3 * 5 * 10'000);
  EXPECT_LE(transport_->held_bytes_max(), 4 * batch_bytes);
  EXPECT_EQ((*merged)->loads().used_bytes(), 0);
}

TEST_F(Streamer, ABatchIsLoadedAheadWhileTheOneInHandIsRead) {
  add("a", {{1, 2}, {3}, {4}});
  auto streamer = stream();
  ASSERT_TRUE(streamer.next().has_value());
  // Without a further step the second batch arrives, and the third does not.
  transport_->reading.shut();
  EXPECT_EQ(streamer.next()->second.timestamp_ns(), 2);
  transport_->reading.open();
  EXPECT_EQ(streamer.next()->second.timestamp_ns(), 3);
}

TEST_F(Streamer, CloseFreesEverythingAndEndsTheStream) {
  add("a", {{1, 2}, {3}});
  add("b", {{1, 2}, {3}});
  auto merged = merge();
  ASSERT_THAT(merged, IsOk());
  SequenceDataStreamer streamer(*merged);
  ASSERT_TRUE(streamer.next().has_value());
  streamer.close();
  streamer.close();
  EXPECT_FALSE(streamer.next().has_value());
  EXPECT_FALSE(streamer.next_timestamp().has_value());
}

TEST_F(Streamer, MayBeClosedWhileItLoads) {
  add("a", {{1}, {2}});
  transport_->reading.shut();
  auto streamer = stream();
  transport_->reading.wait_for_waiters(1);
  streamer.close();
  EXPECT_FALSE(streamer.next().has_value());
}

TEST_F(Streamer, MayGoWhileItLoads) {
  for (int topic = 0; topic < 40; ++topic) add("t" + std::to_string(topic), {{1}, {2}});
  transport_->reading.shut();
  {
    auto streamer = stream();
  }
  {
    auto streamer = stream();
    transport_->reading.wait_for_waiters(16);
  }
  transport_->reading.open();
  // And with it the client.
  transport_->reading.shut();
  auto streamer = std::make_unique<SequenceDataStreamer>(stream());
  transport_->reading.wait_for_waiters(1);
  session_.reset();
  streamer.reset();
}

TEST_F(Streamer, MayGoWhileItIsOpened) {
  add("a", {{1}});
  transport_->opening.shut();
  {
    auto streamer = stream();
    transport_->opening.wait_for_waiters(1);
  }
  transport_->opening.open();
  EXPECT_EQ(rows_of(stream()).size(), 1U);
}

TEST_F(Streamer, AnotherThreadMayCloseAStreamThatWaits) {
  add("a", {{1}});
  transport_->reading.shut();
  auto streamer = stream();
  std::thread closer([&] {
    transport_->reading.wait_for_waiters(1);
    streamer.close();
  });
  EXPECT_FALSE(streamer.next().has_value());
  closer.join();
}

// --- Errors ---

TEST_F(Streamer, AnErrorNamesItsTopicAndStays) {
  add("a", {{1}, {2}});
  FakeTopic broken = number_topic({{1}, {3}, {5}});
  broken.download_fault = {.after = 1, .error = core::error(ErrorKind::Io, "the disk is gone")};
  transport_->add_topic("run/broken", std::move(broken));
  auto streamer = stream();
  EXPECT_EQ(streamer.next()->first, "/a");
  EXPECT_EQ(streamer.next()->first, "/broken");
  for (int i = 0; i < 2; ++i) {
    const auto error = thrown_by([&] { streamer.next(); });
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->first, ErrorKind::Io);
    EXPECT_THAT(error->second, AllOf(HasSubstr("/broken"), HasSubstr("the disk is gone")));
  }
  streamer.close();
  EXPECT_FALSE(streamer.next().has_value());
}

TEST_F(Streamer, RowsOutOfOrderAreCorrupt) {
  add("within", {{1, 3, 2}});
  EXPECT_EQ(thrown_by([&] { rows_of(stream()); })->first, ErrorKind::Corrupt);
  transport_->add_topic("other/between", number_topic({{1, 3}, {2}}));
  auto merged = MergedStream::open(session_, {.locator = {.sequence = "other"}});
  ASSERT_THAT(merged, IsOk());
  EXPECT_EQ(thrown_by([&] { rows_of(SequenceDataStreamer(*merged)); })->first, ErrorKind::Corrupt);
}

TEST_F(Streamer, ABatchThatIsMalformedIsCorrupt) {
  add("a", {});
  auto batch = numbers({1, 2, 3});
  const auto short_values = arrow::MakeArray(arrow::ArrayData::Make(
      arrow::int64(), 3, {nullptr, arrow::Buffer::FromString("too short")}, 0));
  transport_->append(
      "run/a", arrow::RecordBatch::Make(batch->schema(), 3, {batch->column(0), short_values}));
  EXPECT_EQ(thrown_by([&] { rows_of(stream()); })->first, ErrorKind::Corrupt);
}

TEST_F(Streamer, ASequenceThatWentIsNotFound) {
  EXPECT_THAT(MergedStream::open(session_, {.locator = {.sequence = "gone"}}),
              FailsAs(ErrorKind::NotFound));
}

// --- Whole columns ---

class TopicStreamer : public StreamTest {
 protected:
  static std::vector<int64_t> times_of(std::optional<Columns> columns) {
    if (!columns.has_value()) return {};
    const auto batch = arrow::ImportRecordBatch(&columns->array(), &columns->schema()).ValueOrDie();
    EXPECT_EQ(batch->column_name(0), "timestamp_ns");
    EXPECT_THAT(batch->ValidateFull(), IsOk());
    const auto& times = static_cast<const arrow::Int64Array&>(*batch->column(0));
    return {times.raw_values(), times.raw_values() + times.length()};
  }
};

TEST_F(TopicStreamer, GivesOutTheRestOfABatchAsColumns) {
  add("a", {{1, 2, 3}, {4, 5}, {6}, {7, 8}});
  auto streamer = topic_stream("a");
  EXPECT_EQ(streamer.next()->timestamp_ns(), 1);
  EXPECT_THAT(times_of(streamer.next_batch()), ElementsAre(2, 3));
  EXPECT_THAT(times_of(streamer.next_batch()), ElementsAre(4, 5));
  EXPECT_EQ(streamer.next_timestamp(), 6);
  EXPECT_THAT(times_of(streamer.next_batch()), ElementsAre(6));
  EXPECT_EQ(streamer.next()->timestamp_ns(), 7);
  EXPECT_EQ(streamer.next_timestamp(), 8);
  EXPECT_EQ(streamer.next()->timestamp_ns(), 8);
  EXPECT_FALSE(streamer.next_batch().has_value());
  EXPECT_FALSE(streamer.next().has_value());
}

TEST_F(TopicStreamer, ColumnsOutliveTheStream) {
  add("a", {{1, 2}});
  std::optional<Columns> columns;
  {
    auto streamer = topic_stream("a");
    columns = streamer.next_batch();
  }
  EXPECT_EQ(columns->rows(), 2);
  EXPECT_THAT(times_of(std::move(columns)), ElementsAre(1, 2));
}

// Servers may return texts at the top level as views or large ones.
TEST_F(TopicStreamer, TextsOfAnyKindAreReadAsPlainOnes) {
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view()}) {
    const std::string locator = "texts/" + std::string(type->name());
    auto plain = arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["x", null, "yz"])");
    auto data = arrow::compute::Cast(*plain.ValueOrDie(), type).ValueOrDie();
    const auto schema = arrow::schema(
        {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("data", type)});
    const auto batch = arrow::RecordBatch::Make(schema, 3, {numbers({1, 2, 3})->column(0), data});
    transport_->add_topic(locator, {.tag = "SomeText", .schema = schema, .batches = {batch}});

    const auto open = [&] {
      return TopicDataStreamer(core::value_or_throw(MergedStream::open(
          session_, {.locator = core::parse_topic_locator(locator).ValueOrDie()})));
    };
    auto streamer = open();
    EXPECT_EQ(streamer.next()->field("data"), "x");
    EXPECT_EQ(streamer.next()->field("data"), nlohmann::json());
    EXPECT_EQ(streamer.next()->field("data"), "yz");
    auto columns = open().next_batch();
    EXPECT_STREQ(columns->schema().children[1]->format, "u");
  }
}

// --- Follow ---

class Follow : public StreamTest {
 protected:
  // Times far beyond what a test takes.
  static constexpr FollowPatience kEndless{.stored = std::chrono::hours(1),
                                           .live = std::chrono::hours(1)};
  static constexpr FollowPatience kNone{.stored = std::chrono::hours(1),
                                        .live = std::chrono::milliseconds(0)};

  void add_open(const std::string& name, const std::vector<std::vector<int64_t>>& times) {
    FakeTopic topic = number_topic(times);
    topic.completed_at_ns.reset();
    transport_->add_topic("run/" + name, std::move(topic));
  }
  SequenceDataStreamer follow(const FollowPatience& patience) {
    return SequenceDataStreamer(core::value_or_throw(merge({.follow = true}, patience)));
  }
  static std::optional<Row> next(SequenceDataStreamer& streamer) {
    const auto entry = streamer.next_view();
    if (!entry.has_value()) return std::nullopt;
    return Row(entry->topic, entry->message.timestamp_ns());
  }
};

TEST_F(Follow, GoesOnUntilTheTopicsEnd) {
  add_open("a", {{1}});
  auto streamer = follow(kNone);
  EXPECT_EQ(next(streamer), Row("/a", 1));
  std::thread recorder([&] {
    transport_->append("run/a", numbers({2, 3}));
    transport_->complete("run/a");
  });
  EXPECT_EQ(next(streamer), Row("/a", 2));
  EXPECT_EQ(next(streamer), Row("/a", 3));
  EXPECT_EQ(next(streamer), std::nullopt);
  recorder.join();
}

TEST_F(Follow, RowsStoredBeforeComeInOrder) {
  add_open("a", {{1, 4}, {7}});
  add_open("b", {{2}, {3}, {9}});
  transport_->complete("run/a");
  transport_->complete("run/b");
  EXPECT_THAT(rows_of(follow(kEndless)), ElementsAre(Row("/a", 1), Row("/b", 2), Row("/b", 3),
                                                     Row("/a", 4), Row("/a", 7), Row("/b", 9)));
}

TEST_F(Follow, ATopicWithNothingToSayDoesNotHoldTheOthersUp) {
  add_open("quiet", {});
  add_open("busy", {});
  auto streamer = follow(kNone);
  for (int64_t time = 10; time < 20; ++time) {
    transport_->append("run/busy", numbers({time}));
    EXPECT_EQ(next(streamer), Row("/busy", time));
  }
  // What comes late is given out late.
  transport_->append("run/quiet", numbers({5}));
  EXPECT_EQ(next(streamer), Row("/quiet", 5));
}

TEST_F(Follow, ATopicThatNobodyHasWrittenToDoesNotHoldTheOthersUp) {
  add_open("busy", {{1}});
  transport_->add_topic("run/empty", FakeTopic{.completed_at_ns = std::nullopt});
  auto streamer = follow(kNone);
  EXPECT_EQ(next(streamer), Row("/busy", 1));
  for (int64_t time = 10; time < 15; ++time) {
    transport_->append("run/busy", numbers({time}));
    EXPECT_EQ(next(streamer), Row("/busy", time));
  }
  // Its first upload joins in.
  protocol::PutDescriptor descriptor;
  descriptor.topic = {.sequence = "run", .topic = "empty", .session = ""};
  ASSERT_OK_AND_ASSIGN(const auto upload, transport_->upload(descriptor, numbers({})->schema()));
  transport_->append("run/empty", numbers({20}));
  EXPECT_EQ(next(streamer), Row("/empty", 20));
}

TEST_F(Follow, ATopicThatGoesWithoutARowEndsQuietly) {
  add_open("busy", {{1}});
  transport_->add_topic("run/empty", FakeTopic{.completed_at_ns = std::nullopt});
  auto streamer = follow(kNone);
  EXPECT_EQ(next(streamer), Row("/busy", 1));
  transport_->remove_topic("run/empty");
  transport_->append("run/busy", numbers({2}));
  transport_->complete("run/busy");
  EXPECT_EQ(next(streamer), Row("/busy", 2));
  EXPECT_EQ(next(streamer), std::nullopt);
}

TEST_F(Follow, MayGoWhileItWaitsForAnUpload) {
  transport_->add_topic("run/empty", FakeTopic{.completed_at_ns = std::nullopt});
  auto streamer = follow(kNone);
  std::thread closer([&] { streamer.close(); });
  EXPECT_EQ(next(streamer), std::nullopt);
  closer.join();
}

TEST_F(Follow, WithPatienceTheOrderHolds) {
  add_open("a", {});
  add_open("b", {});
  auto streamer = follow(kEndless);
  std::thread recorder([&] {
    transport_->append("run/a", numbers({20}));
    transport_->append("run/b", numbers({10, 30}));
    transport_->complete("run/a");
    transport_->complete("run/b");
  });
  EXPECT_EQ(next(streamer), Row("/b", 10));
  EXPECT_EQ(next(streamer), Row("/a", 20));
  EXPECT_EQ(next(streamer), Row("/b", 30));
  EXPECT_EQ(next(streamer), std::nullopt);
  recorder.join();
}

TEST_F(Follow, APeekedRowIsTheNextOne) {
  add_open("a", {{5}});
  add_open("b", {});
  auto streamer = follow(kNone);
  EXPECT_EQ(streamer.next_timestamp(), 5);
  transport_->append("run/b", numbers({1}));
  EXPECT_EQ(next(streamer), Row("/a", 5));
  EXPECT_EQ(next(streamer), Row("/b", 1));
}

TEST_F(Follow, AnotherThreadMayCloseIt) {
  add_open("a", {});
  auto streamer = follow(kNone);
  std::thread closer([&] { streamer.close(); });
  EXPECT_EQ(next(streamer), std::nullopt);
  closer.join();
}

TEST_F(Follow, ADeletedTopicIsCancelled) {
  add_open("a", {{1}});
  auto streamer = follow(kNone);
  EXPECT_EQ(next(streamer), Row("/a", 1));
  transport_->remove_topic("run/a");
  EXPECT_EQ(thrown_by([&] { next(streamer); })->first, ErrorKind::Cancelled);
}

TEST_F(Follow, MoreTopicsThanThreadsAllowAreRefused) {
  session_ = std::make_shared<Session>(transport_, ClientConfig{.max_threads = 4});
  for (const char* name : {"a", "b", "c"}) add_open(name, {});
  const auto merged = merge({.follow = true});
  EXPECT_THAT(merged, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(merged.status().message(), HasSubstr("max_threads"));
  {
    const auto fitting = merge({.topics = {"a", "b"}, .follow = true});
    EXPECT_THAT(fitting, IsOk());
    // All live streams share that half.
    EXPECT_THAT(merge({.topics = {"c"}, .follow = true}), FailsAs(ErrorKind::LimitExceeded));
    EXPECT_THAT(merge({.topics = {"c"}}), IsOk());
  }
  EXPECT_THAT(merge({.topics = {"c"}, .follow = true}), IsOk());
}

}  // namespace
}  // namespace mosaico::client
