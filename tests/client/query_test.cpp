#include "mosaico/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaico/error.hpp"
#include "query/evaluate.hpp"
#include "query/filter.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Query, HasTheFormOfTheWire) {
  Query query = QuerySequence(Sequence::Q.name.eq("run1"), Sequence::Q.created_at_ns.geq(5),
                              Sequence::Q.user_metadata["env.visibility"].lt(50));
  query.with(QueryTopic(Topic::Q.ontology_tag.eq("IMU"), Topic::Q.user_metadata["a.**"].eq(1),
                        Topic::Q.user_metadata["b"].exists()));
  EXPECT_EQ(query.to_json(), json::parse(R"({
    "sequence": {"name": {"$eq": "run1"}, "created_at_ns": {"$geq": 5},
                 "user_metadata": {"env.visibility": {"$lt": 50}}},
    "topic": {"ontology_tag": {"$eq": "IMU"},
              "user_metadata": {"a.**": {"$eq": 1}, "b": {"$ex": null}}}})"));
}

TEST(Query, EveryOperatorIsUnderstoodByTheOtherSide) {
  const auto& q = Topic::Q;
  const Query query({q.name.match("imu"), q.created_at_ns.between(1, 2),
                     q.ontology_tag.in({"IMU", "GPS"}), q.serialization_format.neq("image"),
                     q.user_metadata["a"].outside(1, 2), q.user_metadata["b"].not_exists(),
                     q.user_metadata["c"].leq(1.5), q.user_metadata["d"].gt("x"),
                     Sequence::Q.user_metadata["e"].eq(true)});
  const auto parsed = query::parse_query(query.to_json());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(query::to_json(*parsed), query.to_json());
}

TEST(Query, WithoutConditionsIsAnEmptyObject) { EXPECT_EQ(Query().to_json(), json::object()); }

TEST(Query, NamesOfTopicsGetTheirSlash) {
  const auto value = [](const QueryCondition& condition) {
    return QueryTopic(condition).to_json()["topic"]["name"];
  };
  EXPECT_EQ(value(Topic::Q.name.eq("imu")), json({{"$eq", "/imu"}}));
  EXPECT_EQ(value(Topic::Q.name.eq("/imu")), json({{"$eq", "/imu"}}));
  EXPECT_EQ(value(Topic::Q.name.in({"a", "/b"})), json::parse(R"({"$in": ["/a", "/b"]})"));
  EXPECT_EQ(value(Topic::Q.name.match("imu")), json({{"$match", "*imu*"}}));
  const Query metadata = QueryTopic(Topic::Q.user_metadata["name"].eq("imu"));
  EXPECT_EQ(metadata.to_json()["topic"]["user_metadata"]["name"], json({{"$eq", "imu"}}));
}

TEST(Query, MatchMeansContainsWhateverTheText) {
  EXPECT_EQ(Sequence::Q.name.match("plan-4.").value, "*plan-4.*");
  EXPECT_EQ(Sequence::Q.name.match("a*b?c#d[e]").value, "*a[*]b[?]c[#]d[[]e]*");
  for (const std::string text : {"*", "?", "#", "[", "]", "[a]", "[a-z]*", "#1", "\\"}) {
    const QueryCondition condition = Sequence::Q.name.match(text);
    const auto pattern = condition.value.get<std::string>();
    ASSERT_THAT(query::validate_pattern(pattern), IsOk()) << pattern;
    EXPECT_TRUE(query::matches_pattern(pattern, text)) << pattern;
    EXPECT_TRUE(query::matches_pattern(pattern, "before" + text + "after")) << pattern;
    EXPECT_FALSE(query::matches_pattern(pattern, "something else")) << pattern;
  }
}

TEST(Query, TwoConditionsOnOneFieldAreRefusedByName) {
  const Query query =
      QuerySequence(Sequence::Q.user_metadata["a.b"].gt(1), Sequence::Q.user_metadata["a.b"].lt(5));
  try {
    query.to_json();
    FAIL() << "passed";
  } catch (const InvalidError& error) {
    EXPECT_THAT(error.what(), HasSubstr("sequence.user_metadata.a.b"));
  }
  const Query twice = QuerySequence(Sequence::Q.name.eq("a"), Sequence::Q.name.eq("a"));
  EXPECT_EQ(twice.to_json(), QuerySequence(Sequence::Q.name.eq("a")).to_json());
}

TEST(QueryResult, IsNarrowedByItsNames) {
  const QueryResult result{
      .items = {{"s2", {{"/imu", "IMU"}, {"/gps", "GPS"}}}, {"s1", {{"/imu", "IMU"}}}}};
  EXPECT_EQ(result.to_query_sequence().to_json(),
            json::parse(R"({"sequence": {"name": {"$in": ["s1", "s2"]}}})"));
  EXPECT_EQ(result.to_query_topic().to_json(),
            json::parse(R"({"topic": {"name": {"$in": ["/gps", "/imu"]}}})"));
}

// An empty choice is refused, and no condition at all would be no restriction.
TEST(QueryResult, OfNothingStaysNothing) {
  const QueryResult nothing;
  for (const Query& query : {nothing.to_query_sequence(), nothing.to_query_topic()}) {
    const auto parsed = query::parse_query(query.to_json());
    ASSERT_THAT(parsed, IsOk());
    EXPECT_FALSE(parsed->empty());
  }
}

}  // namespace
}  // namespace mosaico
