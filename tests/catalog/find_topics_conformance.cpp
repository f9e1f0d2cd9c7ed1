#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

void add_sequence(Catalog& catalog, const std::string& name, int64_t created_at_ns,
                  const json& metadata) {
  core::throw_if_error(catalog.create_sequence(name, metadata, created_at_ns).status());
  core::throw_if_error(catalog.create_session(name, "s", uuid_of(name), 20).status());
}

void add_topic(Catalog& catalog, const std::string& sequence, Topic topic, const json& metadata) {
  topic.user_metadata = metadata;
  core::throw_if_error(catalog.create_topic(sequence, uuid_of(sequence), topic).status());
}

void make_scene(Catalog& catalog) {
  add_sequence(catalog, "run2", 2, {{"site", "hall"}});
  add_topic(catalog, "run2", new_topic("imu", "IMU"), {{"rate", 100}});
  add_sequence(catalog, "run1", 1, {{"site", "yard"}, {"env", {{"visibility", 40}}}});
  add_topic(catalog, "run1", new_topic("sensors/imu", "IMU"), {{"rate", "200"}});
  add_topic(catalog, "run1", new_topic("gps", "GPS"), json::object());
  add_sequence(catalog, "run3", 3, {{"site", "yard"}});
}

Names find(Catalog& catalog, const std::string& text) {
  const auto query = core::value_or_throw(query::parse_query(json::parse(text)));
  Names names;
  for (const FoundTopic& topic : core::value_or_throw(catalog.find_topics(query.metadata))) {
    names.push_back(topic.sequence + "/" + topic.name);
  }
  return names;
}

const Names kAll = {"run1/sensors/imu", "run1/gps", "run2/imu"};

TEST_P(CatalogConformance, FindsAllTopicsWithoutACondition) {
  make_scene(*catalog_);
  EXPECT_EQ(find(*catalog_, "{}"), kAll) << "by sequence, then creation";
}

TEST_P(CatalogConformance, FindsTopicsByTheirSequence) {
  make_scene(*catalog_);
  const Names run1 = {"run1/sensors/imu", "run1/gps"};
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"name":{"$eq":"run1"}}})"), run1);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"name":{"$in":["run1","run3"]}}})"), run1);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"name":{"$match":"run[1-9]"}}})"), kAll);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"created_at_ns":{"$lt":2}}})"), run1);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"user_metadata":{"site":{"$eq":"yard"}}}})"), run1);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"user_metadata":{"env.**":{"$lt":50}}}})"), run1);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"user_metadata":{"env":"$nex"}}})"), Names{"run2/imu"});
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"name":{"$eq":"run3"}}})"), Names{})
      << "it has no topic";
}

TEST_P(CatalogConformance, FindsTopicsByTheirColumns) {
  make_scene(*catalog_);
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$eq":"sensors/imu"}}})"),
            Names{"run1/sensors/imu"});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$eq":"/sensors/imu"}}})"),
            Names{"run1/sensors/imu"});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$in":["/imu","gps"]}}})"),
            (Names{"run1/gps", "run2/imu"}));
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$match":"*/imu"}}})"),
            (Names{"run1/sensors/imu", "run2/imu"}));
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$neq":"imu"}}})"),
            (Names{"run1/sensors/imu", "run1/gps"}));
  EXPECT_EQ(find(*catalog_, R"({"topic":{"ontology_tag":{"$eq":"IMU"}}})"),
            (Names{"run1/sensors/imu", "run2/imu"}));
  EXPECT_EQ(find(*catalog_, R"({"topic":{"ontology_tag":{"$eq":"imu"}}})"), Names{});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"serialization_format":{"$eq":"default"}}})"), kAll);
  EXPECT_EQ(find(*catalog_, R"({"topic":{"created_at_ns":{"$gt":30}}})"), Names{});
}

TEST_P(CatalogConformance, FindsTopicsByTheirMetadata) {
  make_scene(*catalog_);
  EXPECT_EQ(find(*catalog_, R"({"topic":{"user_metadata":{"rate":{"$gt":150}}}})"),
            Names{"run1/sensors/imu"})
      << "a text that reads as a number";
  EXPECT_EQ(find(*catalog_, R"({"topic":{"user_metadata":{"rate":{"$neq":100}}}})"),
            Names{"run1/sensors/imu"})
      << "gps has no rate";
  EXPECT_EQ(find(*catalog_, R"({"topic":{"user_metadata":{"rate":"$nex"}}})"), Names{"run1/gps"});
}

TEST_P(CatalogConformance, FindsTopicsThatFulfilAllConditions) {
  make_scene(*catalog_);
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"user_metadata":{"site":{"$eq":"yard"}}},
                                "topic":{"ontology_tag":{"$eq":"IMU"},"name":{"$match":"*imu"}}})"),
            Names{"run1/sensors/imu"});
}

TEST_P(CatalogConformance, FindsNoTopicByAValueOfAnotherType) {
  make_scene(*catalog_);
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$eq":1}}})"), Names{});
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"name":{"$in":[true]}}})"), Names{});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"ontology_tag":{"$eq":"I\u0000MU"}}})"), Names{});
}

// A zero byte ends a text for some databases.
TEST_P(CatalogConformance, FindsNothingByTextUpToAZeroByte) {
  add_sequence(*catalog_, "run1", 1, {{"site", "yard"}});
  add_topic(*catalog_, "run1", new_topic("imu", "IMU"), {{"site", std::string("yard\0x", 6)}});
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"user_metadata":{"site":{"$eq":"yard\u0000x"}}}})"),
            Names{});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"user_metadata":{"site":{"$eq":"yard"}}}})"), Names{});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"user_metadata":{"site":{"$eq":"yard\u0000x"}}}})"),
            Names{"run1/imu"});
  EXPECT_EQ(find(*catalog_, R"({"sequence":{"name":{"$eq":"run1\u0000"}}})"), Names{});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"name":{"$in":["imu\u0000","/imu\u0000x"]}}})"), Names{});
  EXPECT_EQ(find(*catalog_, R"({"topic":{"ontology_tag":{"$eq":"IMU\u0000"}}})"), Names{});
}

// A key may stand in several places, with values of several types: only that at the path counts.
TEST_P(CatalogConformance, FindsAValueAtItsPlaceAndOfItsType) {
  const std::vector<std::pair<std::string, json>> values = {
      {"a_there", {{"v", 7}}},
      {"b_deeper", {{"a", {{"v", 7}}}}},
      {"c_other_above", {{"v", 8}, {"a", {{"v", 7}}}}},
      {"d_in_list", {{"v", {7, {{"v", 7}}}}}},
      {"e_text", {{"v", "7"}}},
      {"f_text_of_a_number", {{"v", "+7e0"}}},
      {"g_real", {{"v", 7.0}}},
      {"h_nearly", {{"v", 7.000000000000001}}},
      {"i_bool", {{"v", true}}},
      {"j_null", {{"v", nullptr}}},
      {"k_beyond", {{"v", INT64_C(9007199254740993)}}},
      {"l_no_number", {{"v", "7-7"}}},
      {"m_bool_text", {{"v", "true"}}},
  };
  for (const auto& [name, metadata] : values) {
    add_sequence(*catalog_, name, 1, metadata);
    add_topic(*catalog_, name, new_topic("imu", "IMU"), metadata);
  }
  const auto found = [&](const std::string& path, const std::string& condition) {
    std::vector<std::string> letters;
    for (const std::string part : {"sequence", "topic"}) {
      std::string& text = letters.emplace_back();
      for (const std::string& name : find(*catalog_, R"({")" + part + R"(":{"user_metadata":{")" +
                                                         path + R"(":)" + condition + "}}}")) {
        text += name.front();
      }
    }
    EXPECT_EQ(letters[0], letters[1]) << path << condition;
    return letters[0];
  };
  EXPECT_EQ(found("v", R"({"$eq":7})"), "aefg");
  EXPECT_EQ(found("v", R"({"$in":[7,8]})"), "acefg");
  EXPECT_EQ(found("v", R"({"$between":[6.5,7]})"), "aefg");
  EXPECT_EQ(found("v", R"({"$between":[6.5,7.5]})"), "aefgh");
  EXPECT_EQ(found("v", R"({"$gt":7})"), "chk");
  EXPECT_EQ(found("v", R"({"$gt":9007199254740992})"), "k");
  EXPECT_EQ(found("v", R"({"$outside":[7,9]})"), "k");
  EXPECT_EQ(found("v", R"({"$eq":"7"})"), "ae");
  EXPECT_EQ(found("v", R"({"$in":["true","8"]})"), "cim");
  EXPECT_EQ(found("v", R"({"$eq":"9007199254740993"})"), "k");
  EXPECT_EQ(found("v", R"({"$eq":true})"), "i");
  EXPECT_EQ(found("**.v", R"({"$eq":7})"), "abcdefg");
  EXPECT_EQ(found("a.v", R"({"$eq":7})"), "bc");
}

// Where an index of doubles cannot tell them apart.
TEST_P(CatalogConformance, FindsNumbersExactlyAtTheEdgesOfARange) {
  add_sequence(*catalog_, "run1", 1, json::object());
  const std::vector<std::pair<std::string, json>> values = {
      {"a_below", INT64_C(9007199254740992)},
      {"b_at", INT64_C(9007199254740993)},
      {"c_above", INT64_C(9007199254740994)},
      {"d_text", "9007199254740993"},
      {"e_double", 9007199254740992.0},
      {"f_max", INT64_MAX},
      {"g_beyond", UINT64_C(9223372036854775808)},
      {"h_largest", UINT64_MAX},
      {"i_min", INT64_MIN},
      {"j_tenth", 0.1},
      {"k_tiny", 5e-324},
      {"l_huge", 1.7976931348623157e308},
      {"m_exponent", "1e-1"},
      {"n_too_large", "1e999"},
      {"o_bool", true},
      {"p_list", {1, 2}},
      {"q_words", "12 m"},
      {"r_zero", -0.0}};
  for (const auto& [name, value] : values) {
    add_topic(*catalog_, "run1", new_topic(name), {{"a", {{"n", value}}}});
  }
  add_topic(*catalog_, "run1", new_topic("z_missing"), json::object());
  const auto found = [&](const std::string& condition) {
    std::string letters;
    const std::string text = R"({"topic":{"user_metadata":{"a.n":)" + condition + "}}}";
    for (const std::string& name : find(*catalog_, text)) letters += name[sizeof("run1/") - 1];
    return letters;
  };
  EXPECT_EQ(found(R"({"$eq":9007199254740993})"), "bd");
  EXPECT_EQ(found(R"({"$in":[9007199254740992,9007199254740994]})"), "ace");
  EXPECT_EQ(found(R"({"$between":[9007199254740993,9007199254740993]})"), "bd");
  EXPECT_EQ(found(R"({"$between":[9007199254740993,9007199254740994]})"), "bcd");
  EXPECT_EQ(found(R"({"$gt":9007199254740993})"), "cfghl");
  EXPECT_EQ(found(R"({"$geq":9223372036854775808})"), "ghl");
  EXPECT_EQ(found(R"({"$gt":9223372036854775807})"), "ghl");
  EXPECT_EQ(found(R"({"$gt":18446744073709551615})"), "l");
  EXPECT_EQ(found(R"({"$eq":9223372036854775808.0})"), "g");
  EXPECT_EQ(found(R"({"$lt":0})"), "i");
  EXPECT_EQ(found(R"({"$leq":-9223372036854775808})"), "i");
  EXPECT_EQ(found(R"({"$lt":-9223372036854775808})"), "");
  EXPECT_EQ(found(R"({"$eq":0})"), "r");
  EXPECT_EQ(found(R"({"$eq":0.1})"), "jm");
  EXPECT_EQ(found(R"({"$between":[0,1]})"), "jkmr");
  EXPECT_EQ(found(R"({"$gt":0.1})"), "abcdefghl");
  EXPECT_EQ(found(R"({"$eq":5e-324})"), "k");
  EXPECT_EQ(found(R"({"$geq":1.7976931348623157e308})"), "l");
  EXPECT_EQ(found(R"({"$outside":[0,9007199254740993]})"), "cfghil");
  EXPECT_EQ(found(R"({"$neq":0.1})"), "abcdefghiklr");
}

TEST_P(CatalogConformance, FindsTopicsAmongThousandsOfNames) {
  make_scene(*catalog_);
  json body;
  body["topic"]["name"]["$in"] = json::array();
  for (int i = 0; i < 5000; ++i) {
    body["topic"]["name"]["$in"].push_back("/topic" + std::to_string(i));
  }
  body["topic"]["name"]["$in"].push_back("/imu");
  EXPECT_EQ(find(*catalog_, body.dump()), Names{"run2/imu"});
}

}  // namespace
}  // namespace mosaico::catalog
