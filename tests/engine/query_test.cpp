#include <string>
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

  Result<protocol::QueryAnswer> ask(const char* body) {
    ARROW_ASSIGN_OR_RAISE(const auto query, query::parse_query(nlohmann::json::parse(body)));
    return stored_.engine().query(query);
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

  StoredTopic stored_;
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

TEST_F(EngineQuery, ConditionsOnDataAreRefusedNotIgnored) {
  EXPECT_THAT(ask(R"({"ontology": {"IMU.acceleration.x": {"$gt": 5}}})"),
              FailsAs(ErrorKind::Unsupported));
}

}  // namespace
}  // namespace mosaico::engine
