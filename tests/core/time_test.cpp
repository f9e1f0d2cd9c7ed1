#include "core/time.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

TEST(FormatDatetimeUtc, HasSixFractionalDigitsAndTheZone) {
  EXPECT_EQ(format_datetime_utc(0), "1970-01-01 00:00:00.000000 UTC");
  EXPECT_EQ(format_datetime_utc(1'777'629'600'123'456'789), "2026-05-01 10:00:00.123456 UTC");
}

TEST(FormatDatetimeUtc, RoundsDownAlsoBeforeTheEpoch) {
  EXPECT_EQ(format_datetime_utc(-1), "1969-12-31 23:59:59.999999 UTC");
}

TEST(FormatDatetimeUtc, HoldsAtTheEndsOfTheRange) {
  EXPECT_EQ(format_datetime_utc(std::numeric_limits<int64_t>::min()),
            "1677-09-21 00:12:43.145224 UTC");
  EXPECT_EQ(format_datetime_utc(std::numeric_limits<int64_t>::max()),
            "2262-04-11 23:47:16.854775 UTC");
}

TEST(SystemClock, CountsFromTheUnixEpoch) {
  constexpr int64_t kStartOf2024Ns = 1'704'067'200'000'000'000;
  EXPECT_GT(system_clock()(), kStartOf2024Ns);
}

}  // namespace
}  // namespace mosaico::core
