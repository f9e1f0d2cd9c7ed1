#include "engine/read/projection.hpp"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaico::engine {
namespace {

using arrow::field;
using testing::ElementsAre;

std::shared_ptr<arrow::Schema> nested_schema() {
  const auto point = arrow::struct_({field("x", arrow::float64()), field("y", arrow::float64())});
  return arrow::schema({field("timestamp_ns", arrow::int64(), false),    // leaf 0
                        field("point", point),                           // 1, 2
                        field("points", arrow::list(point)),             // 3, 4
                        field("map", arrow::map(arrow::utf8(), point)),  // 5, 6, 7
                        field("text", arrow::utf8())});                  // 8
}

TEST(Projection, KeepsTheColumnsAskedForInTheirOrder) {
  const auto kept = project(*nested_schema(), {{4}, {1, 1}, {0}});
  EXPECT_THAT(kept.leaves, ElementsAre(0, 2, 8));
  EXPECT_EQ(kept.schema->ToString(),
            "timestamp_ns: int64 not null\npoint: struct<y: double>\ntext: string");
}

TEST(Projection, GoesThroughListsAndKeepsMapsWhole) {
  const auto kept = project(*nested_schema(), {{2, 0, 0}, {3, 0, 1, 0}});
  EXPECT_THAT(kept.leaves, ElementsAre(3, 5, 6, 7));
  EXPECT_EQ(kept.schema->field(0)->type()->ToString(), "list<item: struct<x: double>>");
  EXPECT_TRUE(kept.schema->field(1)->Equals(nested_schema()->field(3)));
}

TEST(Projection, AWholeColumnWinsOverOneOfItsMembers) {
  const auto kept = project(*nested_schema(), {{1, 0}, {1}});
  EXPECT_THAT(kept.leaves, ElementsAre(1, 2));
}

TEST(Projection, CountsTheLeavesBeforeAColumn) {
  EXPECT_EQ(leaves_before(*nested_schema(), {0}), 0U);
  EXPECT_EQ(leaves_before(*nested_schema(), {1, 1}), 2U);
  EXPECT_EQ(leaves_before(*nested_schema(), {2, 0, 1}), 4U);
  EXPECT_EQ(leaves_before(*nested_schema(), {4}), 8U);
}

}  // namespace
}  // namespace mosaico::engine
