#include "mosaico/ontology_query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "mosaico/error.hpp"
#include "mosaico/ontology.hpp"
#include "query/filter.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {

namespace {
enum class Gear : std::uint8_t { Park, Drive };
struct Wheel {
  double speed = kUnset;
  std::vector<std::int32_t> pulses = {};
};
struct Cart {
  Gear gear = Gear::Park;
  std::optional<bool> loaded = {};
  std::optional<std::string> driver = {};
  std::vector<Wheel> wheels = {};
  std::array<double, 3> origin = {};
  Bytes blob = {};
};
MOSAICO_ONTOLOGY(Wheel, "OntologyQueryTestWheel", speed, pulses)
MOSAICO_ONTOLOGY(Cart, "OntologyQueryTestCart", gear, loaded, driver, wheels, origin, blob)

using nlohmann::json;

// {"IMU.acceleration.x": {"$gt": 5}}, as text.
std::string text_of(const QueryCondition& condition) {
  return QueryOntologyCatalog(condition).to_json()["ontology"].dump();
}

TEST(OntologyQuery, FieldsAreFoundByTheirNames) {
  EXPECT_EQ(text_of(Q<IMU>.acceleration.x.gt(5)), R"({"IMU.acceleration.x":{"$gt":5}})");
  EXPECT_EQ(text_of(Q<IMU>.timestamp_ns.geq(7)), R"({"IMU.timestamp_ns":{"$geq":7}})");
  EXPECT_EQ(text_of(Q<GPS>.header.frame_id.eq("map")), R"({"GPS.header.frame_id":{"$eq":"map"}})");
  EXPECT_EQ(text_of(Q<GPS>.header.timestamp.seconds.lt(3)),
            R"({"GPS.header.timestamp.seconds":{"$lt":3}})");
  EXPECT_EQ(text_of(Q<Temperature>.value.leq(36.5)), R"({"Temperature.value":{"$leq":36.5}})");
  EXPECT_EQ(text_of(Q<Cart>.driver.match("a*")),
            R"({"OntologyQueryTestCart.driver":{"$match":"*a[*]*"}})");
}

TEST(OntologyQuery, EveryOperatorIsUnderstoodByTheOtherSide) {
  const auto& x = Q<IMU>.acceleration.x;
  const auto& frame = Q<IMU>.header.frame_id;
  const auto& cart = Q<Cart>;
  for (const QueryCondition& condition : {x.eq(1),
                                          x.neq(1.5),
                                          x.lt(1U),
                                          x.leq(-1),
                                          x.gt(1),
                                          x.geq(1),
                                          x.between(1, 2.5),
                                          x.outside(1, 2),
                                          x.in({1, 2}),
                                          x.exists(),
                                          x.not_exists(),
                                          frame.eq("a"),
                                          frame.neq("a"),
                                          frame.lt("a"),
                                          frame.leq("a"),
                                          frame.gt("a"),
                                          frame.geq("a"),
                                          frame.between("a", "b"),
                                          frame.outside("a", "b"),
                                          frame.in({"a", "b"}),
                                          frame.match("a"),
                                          cart.loaded.eq(true),
                                          cart.loaded.neq(false),
                                          cart.gear.eq(Gear::Drive),
                                          cart.blob.exists(),
                                          cart.origin.eq({1, 2, 3}),
                                          cart.wheels.any().speed.gt(1)}) {
    const json body = QueryOntologyCatalog(condition).to_json();
    const auto parsed = query::parse_query(body);
    ASSERT_THAT(parsed, IsOk()) << body;
    EXPECT_EQ(query::to_json(*parsed), body);
  }
  EXPECT_EQ(text_of(cart.gear.eq(Gear::Drive)), R"({"OntologyQueryTestCart.gear":{"$eq":1}})");
}

TEST(OntologyQuery, ElementsOfListsAreAskedByASpecifier) {
  EXPECT_EQ(text_of(Q<LaserScan>.ranges.any().lt(0.5)), R"({"LaserScan.ranges[?]":{"$lt":0.5}})");
  EXPECT_EQ(text_of(Q<LaserScan>.ranges.every().lt(1)), R"({"LaserScan.ranges[!]":{"$lt":1}})");
  EXPECT_EQ(text_of(Q<Cart>.wheels.at(3).speed.lt(1)),
            R"({"OntologyQueryTestCart.wheels[3].speed":{"$lt":1}})");
  EXPECT_EQ(text_of(Q<Cart>.origin.eq({1, 2, 3})),
            R"({"OntologyQueryTestCart.origin":{"$eq":[1.0,2.0,3.0]}})");
  EXPECT_THROW(Q<Cart>.wheels.any().pulses.any().eq(1), InvalidError);
  EXPECT_THROW(Q<Cart>.wheels.at(-3), InvalidError);
}

TEST(OntologyQuery, NumbersThatJsonCannotSayAreRefused) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(Q<IMU>.acceleration.x.lt(kInfinity), InvalidError);
  EXPECT_THROW(Q<IMU>.acceleration.x.between(0, std::nan("")), InvalidError);
}

template <typename Column>
concept TakesText = requires(const Column& column) { column.eq("text"); };
template <typename Column>
concept TakesNumber = requires(const Column& column) { column.eq(1); };
template <typename Column>
concept TakesBool = requires(const Column& column) { column.eq(true); };
template <typename Columns>
concept HasSpeed = requires(const Columns& columns) { columns.speed; };

TEST(OntologyQuery, TypesAreCheckedByTheCompiler) {
  using Number = decltype(Q<IMU>.acceleration.x);
  using Text = decltype(Q<IMU>.header.frame_id);
  using Bool = decltype(Q<Cart>.loaded);
  static_assert(TakesNumber<Number> && !TakesText<Number> && !TakesBool<Number>);
  static_assert(TakesText<Text> && !TakesNumber<Text> && !TakesBool<Text>);
  static_assert(TakesBool<Bool> && !TakesNumber<Bool> && !TakesText<Bool>);
  static_assert(HasSpeed<decltype(Q<Wheel>)> && !HasSpeed<decltype(Q<IMU>)>);
  static_assert(!TakesNumber<decltype(Q<IMU>.acceleration)>);
}

TEST(OntologyQuery, ByPathWhereTheTypeIsNotKnown) {
  EXPECT_EQ(text_of(OntologyField("MyTag.ranges[?]").between(1, 2)),
            R"({"MyTag.ranges[?]":{"$between":[1,2]}})");
}

TEST(OntologyQuery, PartsAreKeptApart) {
  EXPECT_THROW(QuerySequence(Topic::Q.name.eq("a")), InvalidError);
  EXPECT_THROW(QueryTopic(Sequence::Q.name.eq("a")), InvalidError);
  EXPECT_THROW(QueryOntologyCatalog(Sequence::Q.name.eq("a")), InvalidError);
  const Query all = QuerySequence(Sequence::Q.name.eq("a"))
                        .with(QueryTopic(Topic::Q.name.eq("b")))
                        .with(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(5)));
  EXPECT_EQ(all.to_json(), json::parse(R"({"sequence": {"name": {"$eq": "a"}},
      "topic": {"name": {"$eq": "/b"}}, "ontology": {"IMU.acceleration.x": {"$gt": 5}}})"));
}

}  // namespace
}  // namespace mosaico
