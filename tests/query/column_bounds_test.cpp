#include "query/column_bounds.hpp"

#include <gtest/gtest.h>

namespace mosaico::query {
namespace {

using nlohmann::json;

bool may_hold_for(Operator op, const json& value, const json& min, const json& max) {
  return may_hold({"x", op, value}, {.min = min, .max = max, .only_nulls = false});
}

TEST(ColumnBounds, RuleOutWhatLiesOutside) {
  EXPECT_TRUE(may_hold_for(Operator::Eq, 5, 5, 9));
  EXPECT_FALSE(may_hold_for(Operator::Eq, 4.999, 5, 9));
  EXPECT_FALSE(may_hold_for(Operator::Lt, 5, 5, 9));
  EXPECT_TRUE(may_hold_for(Operator::Leq, 5, 5, 9));
  EXPECT_FALSE(may_hold_for(Operator::Gt, 9, 5, 9));
  EXPECT_TRUE(may_hold_for(Operator::Geq, 9, 5, 9));
  EXPECT_FALSE(may_hold_for(Operator::Between, {1, 4}, 5, 9));
  EXPECT_TRUE(may_hold_for(Operator::Between, {6, 7}, 5, 9));
  EXPECT_FALSE(may_hold_for(Operator::Outside, {5, 9}, 5, 9));
  EXPECT_TRUE(may_hold_for(Operator::Outside, {5, 8}, 5, 9));
  EXPECT_FALSE(may_hold_for(Operator::In, {1, 10}, 5, 9));
  EXPECT_TRUE(may_hold_for(Operator::In, {1, 6}, 5, 9));
}

// Bounds do not count a NaN in, and one value may stand for a row with it.
TEST(ColumnBounds, NeverRuleOutUnequalNorPatterns) {
  EXPECT_TRUE(may_hold_for(Operator::Neq, 5, 5, 5));
  EXPECT_TRUE(may_hold_for(Operator::Match, "z*", "a", "b"));
}

TEST(ColumnBounds, OfBoolsAndTexts) {
  EXPECT_FALSE(may_hold_for(Operator::Eq, true, false, false));
  EXPECT_TRUE(may_hold_for(Operator::Eq, true, false, true));
  EXPECT_FALSE(may_hold_for(Operator::In, {true}, false, false));
  EXPECT_FALSE(may_hold_for(Operator::Gt, "b", "a", "b"));
  EXPECT_TRUE(may_hold_for(Operator::Gt, "b", "a", "ba"));
}

TEST(ColumnBounds, KeepIntegersOfSixtyFourBitsExact) {
  constexpr int64_t kTwoTo53 = 9'007'199'254'740'992;
  EXPECT_FALSE(may_hold_for(Operator::Eq, kTwoTo53, kTwoTo53 + 1, kTwoTo53 + 2));
  EXPECT_TRUE(may_hold_for(Operator::Gt, 9007199254740992.0, kTwoTo53, kTwoTo53 + 1));
}

TEST(ColumnBounds, UnknownOnesRuleOutNothing) {
  EXPECT_TRUE(may_hold_for(Operator::Eq, 5, nullptr, nullptr));
  EXPECT_TRUE(may_hold_for(Operator::Eq, 50, 5, nullptr));
}

TEST(ColumnBounds, NullsAloneFulfilNothing) {
  const ColumnBounds nulls{.min = nullptr, .max = nullptr, .only_nulls = true};
  EXPECT_FALSE(may_hold({"x", Operator::Neq, 5}, nulls));
  EXPECT_TRUE(may_hold({"x", Operator::Exists, nullptr}, nulls));
}

}  // namespace
}  // namespace mosaico::query
