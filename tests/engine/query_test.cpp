#include <arrow/json/from_string.h>

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "query/filter.hpp"
#include "stored_topic.hpp"

namespace mosaico::engine {
namespace {

// Two recordings beside the one of StoredTopic, which has the topic drive/imu.
class EngineQuery : public testing::Test {
 protected:
  EngineQuery() {
    auto& catalog = *stored_.context()->catalog;
    for (const char* sequence : {"apron", "empty"}) {
      EXPECT_THAT(catalog.create_sequence(sequence, {{"site", "airport"}}, 5), IsOk());
    }
    EXPECT_THAT(catalog.create_session("apron", "01BX5ZZKBKACTAV9WEVGEMMVRZ", "apron", 6), IsOk());
    for (const auto& [name, tag] :
         {std::pair("sensors/imu", "IMU"), std::pair("camera", "Image")}) {
      catalog::Topic topic;
      topic.name = name;
      topic.uuid = name;
      topic.ontology_tag = tag;
      topic.serialization_format = "default";
      EXPECT_THAT(catalog.create_topic("apron", "apron", topic), IsOk());
    }
  }

  Result<protocol::QueryAnswer> ask(const char* body, const std::stop_token& left = {}) {
    ARROW_ASSIGN_OR_RAISE(const auto query, query::parse_query(nlohmann::json::parse(body)));
    return stored_.engine().query(query, left);
  }

  // "sequence: topic topic", one for each item.
  std::vector<std::string> items(const char* body) {
    auto answer = ask(body);
    EXPECT_THAT(answer, IsOk());
    std::vector<std::string> lines;
    for (const auto& item : answer->items) {
      std::string line = item.sequence + ":";
      for (const auto& topic : item.topics) {
        EXPECT_EQ(topic.locator.sequence, item.sequence);
        line += " " + topic.locator.topic + "=" + topic.ontology_tag;
      }
      lines.push_back(line);
    }
    return lines;
  }

  // Makes `number` of a topic without rows a column of lists, and adds rows that are in no chunk.
  void add_lists(const std::string& sequence, const std::string& topic, const std::string& lists) {
    auto schema = arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                                 arrow::field("number", arrow::list(arrow::int64()))});
    const auto begun = core::value_or_throw(stored_.context()->catalog->begin_upload(
        sequence, topic, topic, core::value_or_throw(serialize_schema(*schema)), false));
    const auto numbers =
        arrow::json::ArrayFromJSONString(schema->field(1)->type(), lists).ValueOrDie();
    arrow::Int64Builder times;
    for (int64_t row = 0; row < numbers->length(); ++row) EXPECT_THAT(times.Append(row), IsOk());
    TailBatch tail;
    tail.batch = arrow::RecordBatch::Make(schema, numbers->length(),
                                          {core::value_or_throw(times.Finish()), numbers});
    tail.bytes = 100;
    tail.timestamp_ns_max = numbers->length() - 1;
    live_ = stored_.context()->live.find_or_make(begun.id);
    live_->add(std::move(tail));
  }

  StoredTopic stored_;
  std::shared_ptr<LiveTopic> live_;  // Rows are live as long as somebody holds them.
};

using Lines = std::vector<std::string>;

TEST_F(EngineQuery, WithoutConditionsFindsNothing) { EXPECT_EQ(items("{}"), Lines{}); }

TEST_F(EngineQuery, ByTopicListsTheTopicsThatMatch) {
  EXPECT_EQ(items(R"({"topic": {"ontology_tag": {"$eq": "IMU"}}})"),
            (Lines{"apron: sensors/imu=IMU", "drive: imu=IMU"}));
}

TEST_F(EngineQuery, BySequenceListsAllItsTopicsInCreationOrder) {
  EXPECT_EQ(items(R"({"sequence": {"name": {"$eq": "apron"}}})"),
            (Lines{"apron: sensors/imu=IMU camera=Image"}));
}

TEST_F(EngineQuery, ASequenceWithoutTopicsIsNeverFound) {
  EXPECT_EQ(items(R"({"sequence": {"user_metadata": {"site": {"$eq": "airport"}}}})"),
            (Lines{"apron: sensors/imu=IMU camera=Image"}));
}

TEST_F(EngineQuery, NothingSelectedIsAnEmptyAnswerWhateverTheDataConditions) {
  EXPECT_EQ(items(R"({"sequence": {"name": {"$eq": "none"}},
                      "ontology": {"IMU.acceleration.x": {"$gt": 5}}})"),
            Lines{});
}

// A chunk without its file: whoever looks into it finds it missing.
TEST_F(EngineQuery, ChunksThatStatisticsRuleOutAreNotOpened) {
  catalog::Chunk chunk;
  chunk.topic = stored_.id();
  chunk.path = "data/drive/imu/absent.parquet";
  chunk.rows = 10;
  chunk.timestamp_ns_max = 9;
  chunk.columns = {{.path = "number", .min = 0, .max = 9, .nulls = 0},
                   {.path = "text", .min = nullptr, .max = nullptr, .nulls = 10}};
  ASSERT_THAT(stored_.context()->catalog->publish_chunk(chunk), IsOk());
  EXPECT_EQ(items(R"({"ontology": {"IMU.number": {"$gt": 9}}})"), Lines{});
  EXPECT_EQ(items(R"({"ontology": {"IMU.text": {"$neq": "a"}}})"), Lines{});
  EXPECT_THAT(ask(R"({"ontology": {"IMU.number": {"$gt": 8}}})"), FailsAs(ErrorKind::Corrupt));
}

// More than are planned at once, of two schemas, each with a chunk without its file.
TEST_F(EngineQuery, EachOfManyTopicsIsJudgedByItsOwnStatistics) {
  constexpr int kTopics = 140;
  auto& catalog = *stored_.context()->catalog;
  for (int i = 0; i < kTopics; ++i) {
    catalog::Topic topic;
    topic.name = "many/" + std::to_string(i);
    topic.uuid = topic.name;
    topic.ontology_tag = "Many";
    topic.serialization_format = "default";
    ASSERT_THAT(catalog.create_topic("apron", "apron", topic), IsOk());
    const auto type = i % 2 == 0 ? arrow::int64() : arrow::int32();
    const auto schema = arrow::schema(
        {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("number", type)});
    const auto text = core::value_or_throw(serialize_schema(*schema));
    ASSERT_OK_AND_ASSIGN(topic, catalog.begin_upload("apron", topic.name, topic.uuid, text, false));
    catalog::Chunk chunk;
    chunk.topic = topic.id;
    chunk.path = "data/apron/" + topic.name + "/absent.parquet";
    chunk.rows = 10;
    chunk.timestamp_ns_max = 9;
    chunk.columns = {{.path = "number", .min = i, .max = i, .nulls = 0}};
    ASSERT_THAT(catalog.publish_chunk(chunk), IsOk());
  }
  EXPECT_EQ(items(R"({"ontology": {"Many.number": {"$gt": 139}}})"), Lines{});
  for (const int one : {0, 1, 127, 128, 139}) {
    const std::string number = std::to_string(one);
    const std::string asked = R"("ontology": {"Many.number": {"$eq": )" + number + "}}}";
    EXPECT_THAT(ask(("{" + asked).c_str()), FailsAs(ErrorKind::Corrupt));
    const std::string others = R"({"topic": {"name": {"$neq": "many/)" + number + R"("}}, )";
    EXPECT_EQ(items((others + asked).c_str()), Lines{});
  }
}

// A chunk without its file behind one that answers: whoever looked into it would find it missing.
TEST(EngineQueryChunks, OneChunkThatAnswersIsEnough) {
  EngineOptions options;
  options.query_threads = 0;  // So they are searched one after the other.
  StoredTopic stored(options);
  stored.publish(numbered({1, 2, 3}), 1);
  catalog::Chunk absent;
  absent.topic = stored.id();
  absent.path = "data/drive/imu/absent.parquet";
  absent.first_row = 3;
  absent.rows = 10;
  absent.bytes = 100;
  absent.timestamp_ns_min = 10;
  absent.timestamp_ns_max = 19;
  ASSERT_THAT(stored.context()->catalog->publish_chunk(absent), IsOk());
  const auto ask = [&](const char* body) {
    return stored.engine().query(query::parse_query(nlohmann::json::parse(body)).ValueOrDie());
  };
  ASSERT_OK_AND_ASSIGN(
      const auto answer,
      ask(R"({"ontology": {"IMU.number": {"$eq": 1}, "IMU.text": {"$match": "1"}}})"));
  ASSERT_EQ(answer.items.size(), 1U);
  EXPECT_EQ(answer.items[0].topics.size(), 1U);
  EXPECT_THAT(ask(R"({"ontology": {"IMU.number": {"$eq": 7}}})"), FailsAs(ErrorKind::Corrupt));
}

TEST_F(EngineQuery, RowsThatAreInNoChunkYetAreSearched) {
  stored_.publish(numbered({1, 2, 3}));
  stored_.add_live(numbered({7}, 3));
  EXPECT_EQ(items(R"({"ontology": {"IMU.timestamp_ns": {"$eq": 7}}})"), (Lines{"drive: imu=IMU"}));
  EXPECT_EQ(items(R"({"ontology": {"IMU.timestamp_ns": {"$eq": 8}}})"), Lines{});
}

// Somebody's odd recording must not make a question unanswerable for all the others.
TEST_F(EngineQuery, ATopicWhoseColumnIsNoListIsNoMatchWhereAnotherIsAsked) {
  stored_.publish(numbered({1, 2, 3}));
  const char* any_five = R"({"ontology": {"IMU.number[?]": {"$eq": 5}}})";
  const auto refused = ask(any_five);
  EXPECT_THAT(refused, FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(refused.status().message(), testing::HasSubstr("is no list"));

  add_lists("apron", "sensors/imu", "[[4, 5], []]");
  EXPECT_EQ(items(any_five), (Lines{"apron: sensors/imu=IMU"}));
  EXPECT_EQ(items(R"({"ontology": {"IMU.number[?]": {"$eq": 7}}})"), Lines{});
  EXPECT_EQ(items(R"({"ontology": {"IMU.number": {"$geq": 0}}})"), (Lines{"drive: imu=IMU"}));
  // Asked alone, it is the question that does not fit.
  EXPECT_THAT(ask(R"({"sequence": {"name": {"$eq": "drive"}},
                      "ontology": {"IMU.number[?]": {"$eq": 5}}})"),
              FailsAs(ErrorKind::Invalid));
}

TEST_F(EngineQuery, GivesItsMemoryBack) {
  stored_.publish(numbered({1, 2, 3}));
  EXPECT_EQ(items(R"({"ontology": {"IMU.number": {"$lt": 9}}})"), (Lines{"drive: imu=IMU"}));
  EXPECT_GT(stored_.context()->query_memory.peak(), 0);
  EXPECT_EQ(stored_.context()->query_memory.used(), 0);
}

TEST_F(EngineQuery, EndsWhenItsCallerLeaves) {
  stored_.publish(numbered({1, 2, 3}));
  // Without memory it cannot go on, and only leaving ends it.
  auto& memory = stored_.context()->query_memory;
  const auto all = core::value_or_throw(memory.reserve(memory.bytes_max()));
  std::stop_source left;
  std::thread caller([&] {
    EXPECT_THAT(ask(R"({"ontology": {"IMU.number": {"$lt": 9}}})", left.get_token()),
                FailsAs(ErrorKind::Cancelled));
  });
  left.request_stop();
  caller.join();
}

TEST_F(EngineQuery, EndsWhenTheEngineCloses) {
  stored_.publish(numbered({1, 2, 3}));
  stored_.context()->closing.request_stop();
  EXPECT_THAT(ask(R"({"ontology": {"IMU.number": {"$lt": 9}}})"), FailsAs(ErrorKind::Unavailable));
}

}  // namespace
}  // namespace mosaico::engine
