#include "mosaico/ontology/time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mosaico {
namespace {

TEST(Time, SplitsNanosecondsOnBothSidesOfZero) {
  EXPECT_EQ(Time::from_nanoseconds(1'000'000'500), (Time{.seconds = 1, .nanoseconds = 500}));
  EXPECT_EQ(Time::from_nanoseconds(0), Time());
  EXPECT_EQ(Time::from_nanoseconds(-1), (Time{.seconds = -1, .nanoseconds = 999'999'999}));
  for (const std::int64_t ns : {-1'500'000'000L, -1L, 0L, 1L, 1'700'000'000'123'456'789L}) {
    EXPECT_EQ(Time::from_nanoseconds(ns).to_nanoseconds(), ns);
    EXPECT_EQ(Duration::from_nanoseconds(ns).to_nanoseconds(), ns);
  }
}

TEST(Time, RefusesWhatThirtyTwoBitsOfSecondsCannotSay) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(Time::from_nanoseconds(kMax * kSecond + 999'999'999).seconds, kMax);
  EXPECT_THROW(Time::from_nanoseconds((kMax + 1) * kSecond), InvalidError);
  EXPECT_THROW(Time::from_nanoseconds(std::numeric_limits<std::int64_t>::min()), InvalidError);
}

TEST(Time, ComparesByTime) {
  EXPECT_LT((Time{.seconds = 1, .nanoseconds = 5}), (Time{.seconds = 2, .nanoseconds = 0}));
  EXPECT_LT((Time{.seconds = 1, .nanoseconds = 5}), (Time{.seconds = 1, .nanoseconds = 6}));
}

TEST(Time, ConvertsFromAndToChrono) {
  using std::chrono::milliseconds;
  const auto time = std::chrono::sys_time<std::chrono::nanoseconds>(milliseconds(1500));
  EXPECT_EQ(Time::from_chrono(time), (Time{.seconds = 1, .nanoseconds = 500'000'000}));
  EXPECT_EQ(Time::from_chrono(time).to_chrono(), time);
  EXPECT_EQ(Duration::from_chrono(milliseconds(-250)).to_chrono(), milliseconds(-250));
  EXPECT_GT(Time::now().seconds, 1'600'000'000);
}

}  // namespace
}  // namespace mosaico
