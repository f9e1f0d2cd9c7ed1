#include "query/instant.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mosaico::query {
namespace {

TEST(Instant, OfTicksOfEveryUnit) {
  EXPECT_EQ(instant_of(-1, 1), (Instant{-1, 999'999'999}));
  EXPECT_EQ(instant_of(1'500, 1'000'000), (Instant{1, 500'000'000}));
  EXPECT_EQ(instant_of(-2, kSecondsPerDay * kNsPerSecond), (Instant{-172'800, 0}));
  EXPECT_EQ(instant_of(std::numeric_limits<int64_t>::min(), kNsPerSecond),
            (Instant{std::numeric_limits<int64_t>::min(), 0}));
}

TEST(ParseTimestamp, TakesTheFormsOfIso8601) {
  EXPECT_EQ(parse_timestamp("1970-01-01"), (Instant{0, 0}));
  EXPECT_EQ(parse_timestamp("1970-01-02T00:01"), (Instant{86'460, 0}));
  EXPECT_EQ(parse_timestamp("1970-01-01 00:00:01.000000001Z"), (Instant{1, 1}));
  EXPECT_EQ(parse_timestamp("1970-01-01T02:00:00+02:00"), (Instant{0, 0}));
  EXPECT_EQ(parse_timestamp("1969-12-31T23:00:00.5-01"), (Instant{0, 500'000'000}));
  EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59"), (Instant{253'402'300'799, 0}));
}

TEST(ParseTimestamp, TakesNothingElse) {
  for (const char* text :
       {"", "1970", "1970-1-1", "1970-13-01", "1970-02-30", "1970-01-01T", "1970-01-01T24:00",
        "1970-01-01T00:60", "1970-01-01T00:00:60", "1970-01-01T00:00:00.", "1970-01-01T00:00x",
        "1970-01-01T00:00:00.1234567890", "1970-01-01T00:00+2", "1970-01-01Z", "yesterday"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(ParseTimeOfDay, HasNoDateAndNoOffset) {
  EXPECT_EQ(parse_time_of_day("10:30"), (Instant{37'800, 0}));
  EXPECT_EQ(parse_time_of_day("00:00:01.5"), (Instant{1, 500'000'000}));
  for (const char* text : {"", "10", "10:30Z", "1970-01-01", "24:00"}) {
    EXPECT_FALSE(parse_time_of_day(text)) << text;
  }
}

}  // namespace
}  // namespace mosaico::query
