#include "core/json.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

using nlohmann::json;
using testing::HasSubstr;

ErrorKind kind_of_text(const std::string& text) { return kind_of(parse_json(text).status()); }

std::string nested(int levels) {
  return std::string(static_cast<size_t>(levels), '[') +
         std::string(static_cast<size_t>(levels), ']');
}

TEST(ParseJson, ReadsEveryKindOfValue) {
  const json value = value_or_throw(parse_json(
      R"({"a":[1,-2,2.5,true,false,null,"é😀"],"b":{"c":{}},"d":[],"e":[[1],{"f":2}]})"));
  EXPECT_EQ(value["a"].size(), 7U);
  EXPECT_EQ(value["a"][6], "é😀");
  EXPECT_EQ(value["b"]["c"], json::object());
  EXPECT_EQ(value["d"], json::array());
  EXPECT_EQ(value["e"][1]["f"], 2);
  EXPECT_EQ(value_or_throw(parse_json("7")), 7);
}

TEST(ParseJson, KeepsSixtyFourBitIntegersExact) {
  EXPECT_EQ(value_or_throw(parse_json("-9223372036854775808")).get<int64_t>(),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value_or_throw(parse_json("18446744073709551615")).get<uint64_t>(),
            std::numeric_limits<uint64_t>::max());
}

TEST(ParseJson, RefusesNumbersItCannotHold) {
  EXPECT_EQ(kind_of_text("18446744073709551616"), ErrorKind::Invalid);
  EXPECT_EQ(kind_of_text("-9223372036854775809"), ErrorKind::Invalid);
  EXPECT_EQ(kind_of_text("1e400"), ErrorKind::Invalid);
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", " ", "{", "}", "{\"a\":}", "[1,]", "{} {}", "nul", "'a'", "{a:1}",
                           "NaN", "01", "\"\x01\"", "\"\\ud800\"", "// x\n1"}) {
    EXPECT_EQ(kind_of_text(text), ErrorKind::Invalid) << text;
  }
}

TEST(ParseJson, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(kind_of_text("\"\xff\""), ErrorKind::Invalid);
  EXPECT_EQ(kind_of_text("\"\xc0\xaf\""), ErrorKind::Invalid);
  EXPECT_EQ(kind_of_text("\"\xed\xa0\x80\""), ErrorKind::Invalid);
}

TEST(ParseJson, RefusesAKeyThatStandsTwice) {
  const Status status = parse_json(R"({"a":{"b":1,"b":1}})").status();
  EXPECT_EQ(status.message(), "key \"b\" stands twice in one object");
  EXPECT_TRUE(parse_json(R"([{"b":1},{"b":1}])").ok());
}

TEST(ParseJson, SaysThePosition) {
  EXPECT_THAT(parse_json(R"({"a":1,,})").status().message(), HasSubstr("at byte 8"));
}

TEST(ParseJson, KeepsANulInsideText) {
  EXPECT_EQ(value_or_throw(parse_json(R"("a\u0000b")")).get<std::string>(), std::string("a\0b", 3));
}

TEST(ParseJson, HoldsItsLimits) {
  const JsonLimits limits{.bytes_max = 10, .depth_max = 3};
  EXPECT_TRUE(parse_json(nested(3), limits).ok());
  EXPECT_TRUE(is_kind(parse_json(nested(4), limits).status(), ErrorKind::LimitExceeded));
  EXPECT_TRUE(is_kind(parse_json("           1", limits).status(), ErrorKind::LimitExceeded));
  EXPECT_TRUE(parse_json(nested(64)).ok());
  EXPECT_EQ(kind_of_text(nested(65)), ErrorKind::LimitExceeded);
}

TEST(ParseJson, SurvivesAMegabyteOfBrackets) {
  EXPECT_EQ(kind_of_text(std::string(1 << 20, '[')), ErrorKind::LimitExceeded);
  EXPECT_EQ(kind_of(parse_json(std::string(1 << 20, '['), {.depth_max = 2'000'000}).status()),
            ErrorKind::Invalid);
}

TEST(DumpJson, IsCompactAndExact) {
  const std::string text = R"({"a":[1,-2,0.1,1e+300,"é"],"b":9223372036854775807})";
  EXPECT_EQ(dump(value_or_throw(parse_json(text))), text);
}

TEST(DumpJson, NeverThrows) { EXPECT_EQ(dump(json("a\xff")), "\"a\xef\xbf\xbd\""); }

TEST(UserMetadata, NullCountsAsEmpty) {
  EXPECT_EQ(value_or_throw(validate_user_metadata(nullptr)), json::object());
  EXPECT_EQ(value_or_throw(validate_user_metadata(json::object())), json::object());
}

TEST(UserMetadata, ComesBackUnchanged) {
  const json value = {{"driver v1", {{"a_b-c", {1, 2.5, true, nullptr}}}}, {"x", "\n"}};
  EXPECT_EQ(value_or_throw(validate_user_metadata(value)), value);
}

TEST(UserMetadata, AnArrayIsRefusedWithAHintAtBraces) {
  const Status status = validate_user_metadata(json::array({"vendor", 1})).status();
  EXPECT_TRUE(is_kind(status, ErrorKind::Invalid));
  EXPECT_THAT(status.message(), HasSubstr("braces"));
  EXPECT_TRUE(is_kind(validate_user_metadata("text").status(), ErrorKind::Invalid));
}

TEST(UserMetadata, RefusesForbiddenKeysAtEveryLevel) {
  for (const char* key : {"", "a.b", "a:b", "a--b", "--", "a'b", "a\"b", "é", "a\nb", "a$"}) {
    const json flat = {{key, 1}};
    const json deep = {{"ok", json::array({{{key, 1}}})}};
    EXPECT_TRUE(is_kind(validate_user_metadata(flat).status(), ErrorKind::Invalid)) << key;
    EXPECT_TRUE(is_kind(validate_user_metadata(deep).status(), ErrorKind::Invalid)) << key;
  }
}

TEST(UserMetadata, RefusesWhatJsonCannotExpress) {
  for (const json& value :
       {json(std::nan("")), json(INFINITY), json("\xff"), json::binary({1, 2})}) {
    EXPECT_TRUE(is_kind(validate_user_metadata({{"a", value}}).status(), ErrorKind::Invalid));
  }
}

TEST(UserMetadata, HoldsItsLimits) {
  const json fits = {{"a", std::string(kUserMetadataBytesMax - 8, 'x')}};
  const json too_long = {{"a", std::string(kUserMetadataBytesMax - 7, 'x')}};
  EXPECT_TRUE(check_user_metadata_size(fits, kUserMetadataBytesMax).ok());
  EXPECT_TRUE(
      is_kind(check_user_metadata_size(too_long, kUserMetadataBytesMax), ErrorKind::LimitExceeded));

  json deep = json::object();
  for (int i = 0; i < 64; ++i) deep = json{{"a", std::move(deep)}};
  EXPECT_TRUE(is_kind(validate_user_metadata(deep).status(), ErrorKind::Invalid));
}

TEST(JsonMember, IsReadByType) {
  const json object = {{"s", "x"}, {"i", -5}, {"b", true}, {"o", {{"k", 1}}}, {"a", {1, 2}}};
  EXPECT_EQ(value_or_throw(string_member(object, "s")), "x");
  EXPECT_EQ(value_or_throw(int_member(object, "i")), -5);
  EXPECT_EQ(value_or_throw(bool_member(object, "b")), true);
  EXPECT_EQ(*value_or_throw(object_member(object, "o")), object["o"]);
  EXPECT_EQ(*value_or_throw(array_member(object, "a")), object["a"]);
}

TEST(JsonMember, ErrorNamesTheMissingOrWrongKey) {
  const json object = {
      {"s", 1}, {"i", 2.5}, {"u", std::numeric_limits<uint64_t>::max()}, {"n", nullptr}};
  EXPECT_EQ(string_member(object, "x").status().message(), "key \"x\" is missing");
  EXPECT_EQ(string_member(object, "n").status().message(), "key \"n\" is missing");
  EXPECT_EQ(string_member(object, "s").status().message(),
            "key \"s\" must be a string, not number");
  EXPECT_TRUE(is_kind(int_member(object, "i").status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(int_member(object, "u").status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(bool_member(object, "s").status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(object_member(object, "s").status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(array_member(object, "s").status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(string_member(json::array(), "s").status(), ErrorKind::Invalid));
}

TEST(JsonMember, OptionalOnesMayBeMissingOrNull) {
  const json object = {{"n", nullptr}, {"s", "x"}, {"i", 1}, {"b", false}, {"o", {{"k", 1}}}};
  EXPECT_EQ(value_or_throw(optional_string_member(object, "x")), std::nullopt);
  EXPECT_EQ(value_or_throw(optional_int_member(object, "n")), std::nullopt);
  EXPECT_EQ(value_or_throw(optional_object_member(object, "n")), nullptr);
  EXPECT_EQ(value_or_throw(optional_string_member(object, "s")), "x");
  EXPECT_EQ(value_or_throw(optional_int_member(object, "i")), 1);
  EXPECT_EQ(value_or_throw(optional_bool_member(object, "b")), false);
  EXPECT_EQ(*value_or_throw(optional_object_member(object, "o")), object["o"]);
  EXPECT_TRUE(is_kind(optional_int_member(object, "s").status(), ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::core
