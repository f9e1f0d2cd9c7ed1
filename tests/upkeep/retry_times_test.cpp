#include "engine/compaction/retry_times.hpp"

#include <gtest/gtest.h>

namespace mosaico::engine {
namespace {

using catalog::TopicId;
using std::chrono::milliseconds;

constexpr TopicId kTopic{7};
constexpr RetryTimes::Time kStart{};

TEST(RetryTimes, WaitTwiceAsLongEachTimeUpToABound) {
  RetryTimes times(milliseconds(10));
  RetryTimes::Time now = kStart;
  milliseconds wanted(10);
  for (int i = 0; i < 15; ++i) {
    times.failed(kTopic, now);
    EXPECT_TRUE(times.waits(kTopic));
    ASSERT_EQ(times.next(), now + wanted);
    EXPECT_EQ(times.take_due(now + wanted - milliseconds(1)), std::nullopt);
    now += wanted;
    EXPECT_EQ(times.take_due(now), kTopic);
    EXPECT_FALSE(times.waits(kTopic)) << "it is being tried";
    EXPECT_EQ(times.take_due(now), std::nullopt);
    wanted = std::min(2 * wanted, RetryTimes::kLongest * milliseconds(10));
  }
}

TEST(RetryTimes, ForgetWhatSucceeded) {
  RetryTimes times(milliseconds(10));
  times.failed(kTopic, kStart);
  times.failed(kTopic, kStart);
  times.succeeded(kTopic);
  EXPECT_EQ(times.next(), std::nullopt);
  times.failed(kTopic, kStart);
  EXPECT_EQ(times.next(), kStart + milliseconds(10)) << "its delay begins anew";
}

TEST(RetryTimes, GiveTopicsInTheOrderOfTheirTimes) {
  RetryTimes times(milliseconds(10));
  times.failed(TopicId{1}, kStart, /*hopeless=*/true);
  times.failed(TopicId{2}, kStart + milliseconds(5));
  times.failed(TopicId{3}, kStart);
  const auto later = kStart + std::chrono::hours(1);
  EXPECT_EQ(times.take_due(later), TopicId{3});
  EXPECT_EQ(times.take_due(later), TopicId{2});
  EXPECT_EQ(times.take_due(later), TopicId{1});
}

TEST(RetryTimes, HoldABoundedNumberOfTopics) {
  RetryTimes times(milliseconds(10));
  for (size_t i = 0; i <= RetryTimes::kTopicsMax; ++i) {
    times.failed(TopicId{static_cast<int64_t>(i) + 1}, kStart);
  }
  EXPECT_TRUE(times.waits(TopicId{1}));
  EXPECT_FALSE(times.waits(TopicId{static_cast<int64_t>(RetryTimes::kTopicsMax) + 1}));
}

}  // namespace
}  // namespace mosaico::engine
