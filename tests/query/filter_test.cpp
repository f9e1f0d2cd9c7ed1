#include "query/filter.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::query {
namespace {

using nlohmann::json;

Result<Query> parse(const std::string& text) { return parse_query(json::parse(text)); }

std::string message(const std::string& text) { return parse(text).status().message(); }

TEST(ParseQuery, ReadsTheWholeShape) {
  ASSERT_OK_AND_ASSIGN(const Query query, parse(R"({
      "sequence":{"name":{"$eq":"run1"},"created_at_ns":{"$geq":5},
                  "user_metadata":{"env.visibility":{"$lt":50}}},
      "topic":{"name":{"$match":"/sensors/*"},"ontology_tag":{"$eq":"IMU"},
               "user_metadata":{"a.**":{"$eq":1},"b":{"$ex":null},"c":"$nex"}},
      "ontology":{"IMU.acceleration.x":{"$gt":-1},"LaserScan.ranges[?]":{"$between":[1,2]},
                  "IMU.timestamp_ns":{"$lt":9}}})"));
  EXPECT_EQ(query.metadata.sequence.fields.size(), 2U);
  ASSERT_EQ(query.metadata.sequence.user_metadata.size(), 1U);
  EXPECT_EQ(query.metadata.sequence.user_metadata[0].field, "env.visibility");
  EXPECT_EQ(query.metadata.sequence.user_metadata[0].op, Operator::Lt);
  EXPECT_EQ(query.metadata.sequence.user_metadata[0].value, 50);
  ASSERT_EQ(query.metadata.topic.user_metadata.size(), 3U);
  EXPECT_EQ(query.metadata.topic.user_metadata[1].op, Operator::Exists);
  EXPECT_EQ(query.metadata.topic.user_metadata[2].op, Operator::NotExists);
  ASSERT_EQ(query.data.size(), 2U);
  EXPECT_EQ(query.data[0].tag, "IMU");
  ASSERT_EQ(query.data[0].columns.size(), 2U);
  EXPECT_EQ(query.data[0].columns[0].field, "acceleration.x");
  EXPECT_EQ(query.data[1].columns[0].field, "ranges[?]");
}

TEST(ParseQuery, ComesBackFromItsJson) {
  const json body = json::parse(R"({
      "sequence":{"name":{"$in":["a","b"]},"user_metadata":{"x[*].y":{"$outside":[1,2.5]}}},
      "topic":{"serialization_format":{"$neq":"image"},"user_metadata":{"b":{"$ex":null}}},
      "ontology":{"IMU.a.b":{"$eq":true},"IMU.c":{"$eq":[1,2]}}})");
  ASSERT_OK_AND_ASSIGN(const Query query, parse_query(body));
  EXPECT_EQ(to_json(query), body);
  EXPECT_THAT(validate_query(query), IsOk());
}

TEST(ParseQuery, EveryPartIsOptional) {
  for (const char* text : {"{}", R"({"sequence":{},"topic":null,"ontology":{}})",
                           R"({"topic":{"user_metadata":{}}})"}) {
    ASSERT_OK_AND_ASSIGN(const Query query, parse(text));
    EXPECT_TRUE(query.empty()) << text;
  }
}

TEST(ParseQuery, SaysThePlaceOfAnError) {
  EXPECT_EQ(message(R"({"sequence":{"user_metadata":{"a.b":{"$foo":1}}}})"),
            "sequence.user_metadata.\"a.b\": unknown operator \"$foo\"; known are $eq, $neq, $lt, "
            "$leq, $gt, $geq, $between, $outside, $in, $match, $ex, $nex");
  EXPECT_EQ(message(R"({"topic":{"color":{"$eq":1}}})"), "topic: unknown field \"color\"");
  EXPECT_EQ(message(R"({"sequence":{"ontology_tag":{"$eq":"IMU"}}})"),
            "sequence: unknown field \"ontology_tag\"");
  EXPECT_EQ(message(R"({"topic":{"name":{"$between":[2,1]}}})"),
            "topic.name: $between: min is greater than max");
  EXPECT_EQ(message(R"({"ontology":{"IMU":{"$eq":1}}})"),
            "ontology.\"IMU\": expected <tag>.<column path>");
}

class ParseQueryRefuses : public testing::TestWithParam<const char*> {};

TEST_P(ParseQueryRefuses, WhatSectionNineDoesNotAllow) {
  EXPECT_THAT(parse(GetParam()), FailsAs(ErrorKind::Invalid)) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Shapes, ParseQueryRefuses,
                         testing::Values("[]", "1", R"({"sequence":[]})",
                                         R"({"sequence":{"name":"run1"}})",
                                         R"({"sequence":{"name":{}}})",
                                         R"({"sequence":{"name":null}})",
                                         R"({"sequence":{"name":{"$eq":"a","$neq":"b"}}})",
                                         R"({"sequence":{"user_metadata":[]}})",
                                         R"({"ontology":[]})", R"({"sequence":{"name":"$eq"}})"));

INSTANTIATE_TEST_SUITE_P(
    Values, ParseQueryRefuses,
    testing::Values(R"({"topic":{"name":{"$eq":null}}})", R"({"topic":{"name":{"$eq":[1]}}})",
                    R"({"topic":{"name":{"$neq":{}}}})", R"({"topic":{"name":{"$lt":true}}})",
                    R"({"topic":{"name":{"$between":[1]}}})",
                    R"({"topic":{"name":{"$between":[1,2,3]}}})",
                    R"({"topic":{"name":{"$between":[1,"a"]}}})",
                    R"({"topic":{"name":{"$between":[true,true]}}})",
                    R"({"topic":{"name":{"$outside":["b","a"]}}})",
                    R"({"topic":{"name":{"$in":[]}}})", R"({"topic":{"name":{"$in":"a"}}})",
                    R"({"topic":{"name":{"$in":[1,"a"]}}})", R"({"topic":{"name":{"$in":[null]}}})",
                    R"({"topic":{"name":{"$match":1}}})", R"({"topic":{"name":{"$match":""}}})",
                    R"({"topic":{"name":{"$match":"[a"}}})", R"({"topic":{"name":{"$ex":1}}})"));

INSTANTIATE_TEST_SUITE_P(MetadataPaths, ParseQueryRefuses,
                         testing::Values(R"({"topic":{"user_metadata":{"":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a..b":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a.":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"[0]":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a[":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a[x]":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a[-1]":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a[0]b":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a*":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"***":{"$eq":1}}}})",
                                         R"({"topic":{"user_metadata":{"a":{"$eq":[1]}}}})"));

INSTANTIATE_TEST_SUITE_P(
    Columns, ParseQueryRefuses,
    testing::Values(
        R"({"ontology":{".x":{"$eq":1}}})", R"({"ontology":{"IMU.":{"$eq":1}}})",
        R"({"ontology":{"IMU.a..b":{"$eq":1}}})", R"({"ontology":{"L.r[?].s[!]":{"$eq":1}}})",
        R"({"ontology":{"L.r[?][0]":{"$eq":1}}})", R"({"ontology":{"L.r[*]":{"$eq":1}}})",
        R"({"ontology":{"L.r[]":{"$eq":1}}})", R"({"ontology":{"L.r[-1]":{"$eq":1}}})",
        R"({"ontology":{"L.r[1":{"$eq":1}}})", R"({"ontology":{"L.[1]":{"$eq":1}}})",
        R"({"ontology":{"L.r[?]":{"$eq":[1,2]}}})", R"({"ontology":{"L.r":{"$eq":[1,"a"]}}})",
        R"({"ontology":{"L.r":{"$lt":[1,2]}}})"));

TEST(ParseQuery, ComparesAWholeListWithAtMost1024Elements) {
  json body;
  body["ontology"]["L.r"]["$eq"] = std::vector<int>(1024, 0);
  EXPECT_THAT(parse_query(body), IsOk());
  body["ontology"]["L.r"]["$eq"] = std::vector<int>(1025, 0);
  EXPECT_THAT(parse_query(body), FailsAs(ErrorKind::Invalid));
  body["ontology"]["L.r"]["$eq"] = json::array();
  EXPECT_THAT(parse_query(body), IsOk());
}

TEST(ParseQuery, TakesIntegersAndFloatsAsOneType) {
  EXPECT_THAT(parse(R"({"topic":{"created_at_ns":{"$in":[1,2.5]}}})"), IsOk());
  EXPECT_THAT(parse(R"({"topic":{"created_at_ns":{"$between":[1,1]}}})"), IsOk());
}

TEST(ValidateQuery, RefusesTwoConditionsOnOneKey) {
  Query query;
  query.metadata.topic.fields = {{"name", Operator::Eq, "a"}, {"name", Operator::Neq, "b"}};
  EXPECT_THAT(validate_query(query), FailsAs(ErrorKind::Invalid));
  query.metadata.topic.fields.pop_back();
  EXPECT_THAT(validate_query(query), IsOk());
  query.data = {{"IMU", {{"x", Operator::Lt, 1}, {"x", Operator::Gt, 0}}}};
  EXPECT_THAT(validate_query(query), FailsAs(ErrorKind::Invalid));
  query.data = {{"IMU", {{"x", Operator::Lt, "["}}}, {"IMU", {{"y", Operator::Gt, 0}}}};
  EXPECT_THAT(validate_query(query), FailsAs(ErrorKind::Invalid));
}

TEST(ValidateQuery, RefusesWhatParsingRefuses) {
  Query query;
  query.metadata.topic.fields = {{"name", Operator::Match, ""}};
  EXPECT_THAT(validate_query(query), FailsAs(ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::query
