#include "query/column_path.hpp"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::query {
namespace {

using Segments = std::vector<std::string>;

TEST(ColumnPath, IsSplitAtDots) {
  ASSERT_OK_AND_ASSIGN(const ColumnPath path, ColumnPath::parse("acceleration.x"));
  EXPECT_EQ(path.segments, (Segments{"acceleration", "x"}));
  EXPECT_EQ(path.specifier, ListSpecifier::None);
}

TEST(ColumnPath, KnowsWhereItsSpecifierStands) {
  ASSERT_OK_AND_ASSIGN(const ColumnPath any, ColumnPath::parse("ranges[?]"));
  EXPECT_EQ(any.segments, Segments{"ranges"});
  EXPECT_EQ(any.specifier, ListSpecifier::Any);

  ASSERT_OK_AND_ASSIGN(const ColumnPath every, ColumnPath::parse("a.samples[!].x"));
  EXPECT_EQ(every.segments, (Segments{"a", "samples", "x"}));
  EXPECT_EQ(every.specifier, ListSpecifier::Every);
  EXPECT_EQ(every.list_segment, 1U);

  ASSERT_OK_AND_ASSIGN(const ColumnPath at, ColumnPath::parse("covariance[12]"));
  EXPECT_EQ(at.specifier, ListSpecifier::At);
  EXPECT_EQ(at.position, 12);
}

TEST(ColumnPath, RefusesMalformedText) {
  for (const char* text : {"", ".", "a.", ".a", "a..b", "[0]", "a[", "a[]", "a[*]", "a[1", "a[1]b",
                           "a[-1]", "a[1][2]", "a[?].b[?]", "a[99999999999999999999]"}) {
    // Bytes of exactly that size: "a[" once was read past its end, which tests/fuzz found.
    const std::vector<char> bytes(text, text + std::strlen(text));
    EXPECT_THAT(ColumnPath::parse({bytes.data(), bytes.size()}), FailsAs(ErrorKind::Invalid))
        << text;
  }
}

}  // namespace
}  // namespace mosaico::query
