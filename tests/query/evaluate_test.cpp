#include "query/evaluate.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::query {
namespace {

using nlohmann::json;

// Written as on the wire: holds("{\"$gt\":5}", stored value as JSON).
Condition condition(const std::string& field, const std::string& text) {
  json body;
  body["topic"]["user_metadata"][field] = json::parse(text);
  return core::value_or_throw(parse_query(body)).metadata.topic.user_metadata.at(0);
}

bool holds(const std::string& text, const std::string& stored) {
  return matches_value(condition("key", text), json::parse(stored));
}

bool finds(const std::string& path, const std::string& text, const std::string& metadata) {
  return matches_metadata(condition(path, text), json::parse(metadata));
}

TEST(MatchesValue, ComparesNumbersOfEveryType) {
  EXPECT_TRUE(holds(R"({"$eq":1})", "1.0"));
  EXPECT_TRUE(holds(R"({"$eq":1.5})", "1.5"));
  EXPECT_FALSE(holds(R"({"$eq":1})", "1.5"));
  EXPECT_TRUE(holds(R"({"$neq":1})", "2"));
  EXPECT_TRUE(holds(R"({"$lt":2.5})", "2"));
  EXPECT_FALSE(holds(R"({"$lt":2})", "2"));
  EXPECT_TRUE(holds(R"({"$leq":2})", "2"));
  EXPECT_TRUE(holds(R"({"$gt":-1})", "-0.5"));
  EXPECT_TRUE(holds(R"({"$geq":-1})", "-1"));
}

TEST(MatchesValue, KeepsSixtyFourBitIntegersExact) {
  EXPECT_FALSE(holds(R"({"$eq":9007199254740992})", "9007199254740993"));
  EXPECT_TRUE(holds(R"({"$gt":9007199254740992.0})", "9007199254740993"));
  EXPECT_TRUE(holds(R"({"$lt":9223372036854775808})", "9223372036854775807"));
  EXPECT_TRUE(holds(R"({"$lt":9223372036854775808.0})", "9223372036854775807"));
  EXPECT_FALSE(holds(R"({"$eq":9223372036854775808.0})", "9223372036854775807"));
  EXPECT_TRUE(holds(R"({"$gt":-1})", "18446744073709551615"));
}

TEST(MatchesValue, IncludesTheBoundsInBetweenAndExcludesThemInOutside) {
  for (const char* stored : {"1", "1.5", "2"}) {
    EXPECT_TRUE(holds(R"({"$between":[1,2]})", stored)) << stored;
    EXPECT_FALSE(holds(R"({"$outside":[1,2]})", stored)) << stored;
  }
  for (const char* stored : {"0.9", "2.1"}) {
    EXPECT_FALSE(holds(R"({"$between":[1,2]})", stored)) << stored;
    EXPECT_TRUE(holds(R"({"$outside":[1,2]})", stored)) << stored;
  }
}

TEST(MatchesValue, FindsOneOfSeveral) {
  EXPECT_TRUE(holds(R"({"$in":["a","b"]})", "\"b\""));
  EXPECT_FALSE(holds(R"({"$in":["a","b"]})", "\"c\""));
  EXPECT_TRUE(holds(R"({"$in":[1,2.5]})", "2.5"));
  EXPECT_TRUE(holds(R"({"$in":[true]})", "true"));
}

TEST(MatchesValue, OrdersTextByCodePoint) {
  EXPECT_TRUE(holds(R"({"$lt":"b"})", "\"a\""));
  EXPECT_TRUE(holds(R"({"$lt":"a"})", "\"B\""));
  EXPECT_TRUE(holds(R"({"$gt":"z"})", "\"é\""));
  EXPECT_TRUE(holds(R"({"$gt":"\uffff"})", "\"😀\"")) << "not by UTF-16 unit";
  EXPECT_TRUE(holds(R"({"$between":["a","c"]})", "\"b\""));
}

TEST(MatchesValue, ReadsStoredTextAsNumberWhenANumberIsAsked) {
  EXPECT_TRUE(holds(R"({"$eq":42})", "\"42\""));
  EXPECT_TRUE(holds(R"({"$gt":1.4})", "\"1.5e0\""));
  EXPECT_TRUE(holds(R"({"$eq":-7})", "\"-7\""));
  EXPECT_TRUE(holds(R"({"$eq":7})", "\"+7\""));
  EXPECT_FALSE(holds(R"({"$eq":9007199254740992})", "\"9007199254740993\""));
  for (const char* stored : {"\"\"", "\"4x\"", "\"inf\"", "\"nan\"", "\"0x2a\"", "\" 42\"",
                             "\"+-7\"", "\"-\"", "\"e\"", "\"1e999\""}) {
    EXPECT_FALSE(holds(R"({"$neq":0})", stored)) << stored;
  }
}

TEST(MatchesValue, ReadsAStoredScalarAsTextWhenTextIsAsked) {
  EXPECT_TRUE(holds(R"({"$eq":"42"})", "42"));
  EXPECT_TRUE(holds(R"({"$eq":"true"})", "true"));
  EXPECT_TRUE(holds(R"({"$match":"4*"})", "42"));
  EXPECT_TRUE(holds(R"({"$neq":"42"})", "43"));
}

TEST(MatchesValue, ComparesBoolWithBoolOnly) {
  EXPECT_TRUE(holds(R"({"$eq":true})", "true"));
  EXPECT_TRUE(holds(R"({"$neq":true})", "false"));
  for (const char* stored : {"1", "\"true\"", "0"}) {
    EXPECT_FALSE(holds(R"({"$eq":true})", stored)) << stored;
    EXPECT_FALSE(holds(R"({"$neq":true})", stored)) << stored;
  }
  EXPECT_FALSE(holds(R"({"$eq":1})", "true"));
}

TEST(MatchesValue, ObjectsArraysAndNullMatchNothingButExistence) {
  for (const char* stored : {"{}", "[]", "null", "[1]", "{\"a\":1}"}) {
    EXPECT_FALSE(holds(R"({"$neq":5})", stored)) << stored;
    EXPECT_FALSE(holds(R"({"$neq":"5"})", stored)) << stored;
    EXPECT_FALSE(holds(R"({"$match":"*"})", stored)) << stored;
    EXPECT_TRUE(holds(R"({"$ex":null})", stored)) << stored;
    EXPECT_FALSE(holds(R"({"$nex":null})", stored)) << stored;
  }
}

constexpr const char* kMetadata = R"({
    "interface":{"type":"UART","port":{"baudrate":9600},"baudrate":115200},
    "logs":[{"id":1},{"id":2},{"id":"x"}],
    "grid":[[1,2],[3,4]],
    "two words":true, "nothing":null, "empty":{}})";

TEST(MatchesMetadata, FollowsDotPaths) {
  EXPECT_TRUE(finds("interface.type", R"({"$eq":"UART"})", kMetadata));
  EXPECT_TRUE(finds("interface.port.baudrate", R"({"$eq":9600})", kMetadata));
  EXPECT_TRUE(finds("two words", R"({"$eq":true})", kMetadata));
  EXPECT_FALSE(finds("type", R"({"$eq":"UART"})", kMetadata));
}

TEST(MatchesMetadata, StarIsOneLevel) {
  EXPECT_TRUE(finds("interface.*.baudrate", R"({"$eq":9600})", kMetadata));
  EXPECT_FALSE(finds("interface.*.baudrate", R"({"$eq":115200})", kMetadata));
  EXPECT_TRUE(finds("*.type", R"({"$eq":"UART"})", kMetadata));
  EXPECT_FALSE(finds("*.*.type", R"({"$eq":"UART"})", kMetadata));
}

TEST(MatchesMetadata, TwoStarsAreAnyNumberOfLevelsNoneIncluded) {
  EXPECT_TRUE(finds("interface.**.baudrate", R"({"$eq":115200})", kMetadata));
  EXPECT_TRUE(finds("interface.**.baudrate", R"({"$eq":9600})", kMetadata));
  EXPECT_TRUE(finds("**.baudrate", R"({"$eq":9600})", kMetadata));
  EXPECT_TRUE(finds("**.id", R"({"$eq":2})", kMetadata)) << "also through arrays";
  EXPECT_TRUE(finds("interface.**", R"({"$eq":9600})", kMetadata)) << "everything beneath";
  EXPECT_FALSE(finds("interface.**", R"({"$eq":2})", kMetadata));
  EXPECT_TRUE(finds("**.**.baudrate", R"({"$eq":9600})", kMetadata));
}

TEST(MatchesMetadata, BracketsAreArrayElements) {
  EXPECT_TRUE(finds("logs[1].id", R"({"$eq":2})", kMetadata));
  EXPECT_FALSE(finds("logs[0].id", R"({"$eq":2})", kMetadata));
  EXPECT_FALSE(finds("logs[9].id", R"({"$ex":null})", kMetadata));
  EXPECT_TRUE(finds("logs[*].id", R"({"$eq":2})", kMetadata));
  EXPECT_TRUE(finds("grid[1][0]", R"({"$eq":3})", kMetadata));
  EXPECT_TRUE(finds("grid[*][*]", R"({"$eq":4})", kMetadata));
  EXPECT_FALSE(finds("interface[0]", R"({"$ex":null})", kMetadata));
  EXPECT_FALSE(finds("logs.id", R"({"$ex":null})", kMetadata)) << "arrays need brackets";
}

TEST(MatchesMetadata, HoldsWhenAnyReachedValueFulfilsIt) {
  EXPECT_TRUE(finds("logs[*].id", R"({"$neq":1})", kMetadata));
  EXPECT_TRUE(finds("logs[*].id", R"({"$gt":1})", kMetadata));
  EXPECT_FALSE(finds("logs[*].id", R"({"$gt":2})", kMetadata));
}

TEST(MatchesMetadata, AMissingKeyMatchesOnlyNotExists) {
  for (const char* text : {R"({"$eq":1})", R"({"$neq":1})", R"({"$neq":"x"})", R"({"$lt":1})",
                           R"({"$outside":[1,2]})", R"({"$match":"*"})", R"({"$ex":null})"}) {
    EXPECT_FALSE(finds("interface.speed", text, kMetadata)) << text;
  }
  EXPECT_TRUE(finds("interface.speed", R"({"$nex":null})", kMetadata));
  EXPECT_FALSE(finds("interface.type", R"({"$nex":null})", kMetadata));
  EXPECT_TRUE(finds("nothing", R"({"$ex":null})", kMetadata));
  EXPECT_TRUE(finds("empty", R"({"$ex":null})", kMetadata));
  EXPECT_TRUE(finds("empty.*", R"({"$nex":null})", kMetadata));
}

TEST(MatchesMetadata, EndsSoonWithManyWildcards) {
  json deep = 1;
  for (int i = 0; i < 60; ++i) deep = json{{"a", std::move(deep)}};
  std::string path = "**";
  for (int i = 0; i < 30; ++i) path += ".a.**";
  EXPECT_FALSE(matches_metadata(condition(path, R"({"$eq":2})"), deep));
  EXPECT_TRUE(matches_metadata(condition(path, R"({"$eq":1})"), deep));
}

class MatchesFields : public testing::Test {
 protected:
  bool topic(const std::string& conditions) const {
    json body;
    body["topic"] = json::parse(conditions);
    return matches_topic(core::value_or_throw(parse_query(body)).metadata.topic,
                         {.name = "/sensors/imu",
                          .created_at_ns = 100,
                          .ontology_tag = "IMU",
                          .serialization_format = "default",
                          .user_metadata = &metadata_});
  }
  bool sequence(const std::string& conditions) const {
    json body;
    body["sequence"] = json::parse(conditions);
    return matches_sequence(core::value_or_throw(parse_query(body)).metadata.sequence,
                            {.name = "run1", .created_at_ns = 100, .user_metadata = &metadata_});
  }

  const json metadata_ = {{"a", 1}};
};

TEST_F(MatchesFields, TakesATopicNameWithAndWithoutSlash) {
  EXPECT_TRUE(topic(R"({"name":{"$eq":"/sensors/imu"}})"));
  EXPECT_TRUE(topic(R"({"name":{"$eq":"sensors/imu"}})"));
  EXPECT_FALSE(topic(R"({"name":{"$eq":"imu"}})"));
  EXPECT_FALSE(topic(R"({"name":{"$neq":"sensors/imu"}})"));
  EXPECT_TRUE(topic(R"({"name":{"$neq":"sensors/gps"}})"));
  EXPECT_TRUE(topic(R"({"name":{"$in":["gps","sensors/imu"]}})"));
}

TEST_F(MatchesFields, TakesATopicPatternAsItIs) {
  EXPECT_FALSE(topic(R"({"name":{"$match":"sensors/*"}})"));
  EXPECT_TRUE(topic(R"({"name":{"$match":"?sensors/*"}})"));
  EXPECT_TRUE(topic(R"({"name":{"$match":"*imu"}})"));
}

TEST_F(MatchesFields, JoinsAllConditionsByAnd) {
  EXPECT_TRUE(topic(R"({"ontology_tag":{"$eq":"IMU"},"serialization_format":{"$eq":"default"},
                        "created_at_ns":{"$between":[100,100]},"user_metadata":{"a":{"$eq":1}}})"));
  EXPECT_FALSE(topic(R"({"ontology_tag":{"$eq":"IMU"},"user_metadata":{"a":{"$eq":2}}})"));
  EXPECT_FALSE(topic(R"({"ontology_tag":{"$eq":"imu"},"user_metadata":{"a":{"$eq":1}}})"));
  EXPECT_TRUE(topic("{}"));
  EXPECT_TRUE(sequence(R"({"name":{"$match":"run#"},"user_metadata":{"a":{"$lt":2}}})"));
  EXPECT_FALSE(sequence(R"({"name":{"$match":"run#"},"created_at_ns":{"$gt":100}})"));
}

TEST_F(MatchesFields, AValueOfAnotherTypeIsNoMatch) {
  EXPECT_FALSE(topic(R"({"name":{"$eq":1}})"));
  EXPECT_FALSE(topic(R"({"name":{"$neq":1}})"));
  EXPECT_FALSE(topic(R"({"created_at_ns":{"$eq":"100"}})"));
  EXPECT_FALSE(sequence(R"({"created_at_ns":{"$match":"1*"}})"));
}

TEST_F(MatchesFields, AFieldAlwaysExists) {
  EXPECT_TRUE(topic(R"({"name":{"$ex":null}})"));
  EXPECT_FALSE(sequence(R"({"name":{"$nex":null}})"));
}

TEST_F(MatchesFields, ObjectsWithoutMetadataHaveNone) {
  const Condition missing = condition("a", R"({"$nex":null})");
  EXPECT_TRUE(matches_topic({.fields = {}, .user_metadata = {missing}}, {.name = "/imu"}));
}

}  // namespace
}  // namespace mosaico::query
