#include "protocol/temporal_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "golden.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::protocol {
namespace {

using testing::HasSubstr;

json filter_json() {
  return json::parse(R"({"locator": "run1/sensors/imu", "clustering_dt_ns": 5,
      "ontology": {"IMU.acceleration.x": {"$gt": 5}},
      "timestamp_range": {"start_ns": 1, "end_ns": 9}})");
}

template <typename Message>
void expect_golden_message(const std::string& file, const json& body) {
  ASSERT_OK_AND_ASSIGN(const Message message, Message::from_json(body));
  expect_golden(file, core::dump(message.to_json()));
  EXPECT_EQ(message.to_json(), body);
}

template <typename Message>
std::string refusal(const json& body) {
  const auto message = Message::from_json(body);
  EXPECT_THAT(message, FailsAs(ErrorKind::Invalid)) << body;
  return message.status().message();
}

TEST(TemporalFilters, AreGolden) {
  expect_golden_message<TopicFilter>("topic_filter_clusterize.json", filter_json());
  json other = filter_json();
  other["locator"] = "run1/gps";
  expect_golden_message<TopicIntersection>(
      "topic_filter_intersect.json", {{"topics", {filter_json(), other}}, {"intersect_dt_ns", 7}});
  expect_golden_message<TimeCluster>("time_cluster.json",
                                     {{"ts", {{"start_ns", 100}, {"end_ns", 120}}}, {"id", 0}});
}

TEST(TopicFilter, NeedsLittle) {
  json body = filter_json();
  body.erase("clustering_dt_ns");
  body["timestamp_range"] = nullptr;
  ASSERT_OK_AND_ASSIGN(const auto filter, TopicFilter::from_json(body));
  EXPECT_EQ(filter.clustering_dt_ns, 0);
  EXPECT_FALSE(filter.window.bounded());
}

TEST(TopicFilter, RefusesWhatMakesNoSense) {
  const auto with = [](const char* key, const json& value) {
    json body = filter_json();
    body[key] = value;
    return refusal<TopicFilter>(body);
  };
  EXPECT_THAT(with("locator", "run1"), HasSubstr("locator"));
  EXPECT_THAT(with("clustering_dt_ns", -1), HasSubstr("clustering_dt_ns"));
  EXPECT_THAT(with("clustering_dt_ns", "1s"), HasSubstr("clustering_dt_ns"));
  EXPECT_THAT(with("ontology", json::object()), HasSubstr("ontology"));
  EXPECT_THAT(with("ontology", {{"IMU.x", {{"$above", 1}}}}),
              HasSubstr("ontology.\"IMU.x\": unknown operator"));
  EXPECT_THAT(with("timestamp_range", {{"start_ns", 9}, {"end_ns", 9}}),
              HasSubstr("timestamp_range"));
}

TEST(TopicIntersection, IsOfTwoTopicsOfOneSequence) {
  json body = {{"topics", {filter_json()}}, {"intersect_dt_ns", 0}};
  EXPECT_THAT(refusal<TopicIntersection>(body), HasSubstr("at least two"));
  body["topics"].push_back(filter_json());
  EXPECT_THAT(TopicIntersection::from_json(body), IsOk());
  body["topics"][1]["locator"] = "run2/imu";
  EXPECT_THAT(refusal<TopicIntersection>(body), HasSubstr("not of one sequence"));
  body["topics"][1] = 5;
  EXPECT_THAT(refusal<TopicIntersection>(body), HasSubstr("topics"));
}

}  // namespace
}  // namespace mosaico::protocol
