#include "engine/search/clusters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace mosaico::protocol {
static void PrintTo(const Interval& interval, std::ostream* out) {
  *out << "[" << interval.start_ns << ", " << interval.end_ns << "]";
}
}  // namespace mosaico::protocol

namespace mosaico::engine {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

Clusters clustered(int64_t gap_ns, Clusters spans) {
  clusterize(gap_ns, &spans);
  return spans;
}

Clusters of_times(int64_t gap_ns, const std::vector<int64_t>& times) {
  Clusters clusters;
  for (const int64_t time : times) add_time(gap_ns, time, &clusters);
  return clustered(gap_ns, clusters);
}

TEST(Clusterize, ALargerGapBeginsAnotherCluster) {
  EXPECT_EQ(of_times(10, {0, 10, 20, 31, 35}), (Clusters{{0, 20}, {31, 35}}));
  EXPECT_EQ(of_times(1, {5, 5, 7}), (Clusters{{5, 5}, {7, 7}}));
}

TEST(Clusterize, WithoutAGapEverythingIsOneCluster) {
  EXPECT_EQ(of_times(0, {kEarliest, 0, kLatest}), (Clusters{{kEarliest, kLatest}}));
  EXPECT_EQ(of_times(0, {}), Clusters{});
}

TEST(Clusterize, GapsBeyondInt64AreGaps) {
  EXPECT_EQ(of_times(kLatest, {kEarliest, kLatest}),
            (Clusters{{kEarliest, kEarliest}, {kLatest, kLatest}}));
}

TEST(Clusterize, TakesSpansThatOverlapInAnyOrder) {
  EXPECT_EQ(clustered(5, {{40, 50}, {0, 30}, {10, 20}, {33, 34}}), (Clusters{{0, 34}, {40, 50}}));
}

// What the search relies on when chunks of one topic overlap in time.
TEST(Clusterize, PartsClusteredApartGiveTheSameClusters) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Clusters parts;
    std::vector<int64_t> all;
    for (int part = 0; part < 3; ++part) {
      std::vector<int64_t> times;
      for (int i = 0; i < 6; ++i) times.push_back(static_cast<int64_t>(random() % 60));
      all.insert(all.end(), times.begin(), times.end());
      const Clusters found = of_times(4, times);
      parts.insert(parts.end(), found.begin(), found.end());
    }
    std::sort(all.begin(), all.end());
    Clusters expected;
    for (const int64_t time : all) {
      if (expected.empty() || time - expected.back().end_ns > 4) expected.push_back({time, time});
      expected.back().end_ns = time;
    }
    ASSERT_EQ(clustered(4, parts), expected);
  }
}

TEST(Intersect, KeepsWhatAllTopicsShare) {
  EXPECT_EQ(intersect({{{0, 10}, {20, 30}}, {{5, 25}}}, 0), (Clusters{{5, 10}, {20, 25}}));
  EXPECT_EQ(intersect({{{0, 10}}, {{10, 20}}}, 0), (Clusters{{10, 10}}));
  EXPECT_EQ(intersect({{{0, 10}}, {{11, 20}}}, 0), Clusters{});
  EXPECT_EQ(intersect({{{0, 10}}, {}}, 0), Clusters{});
}

TEST(Intersect, BridgesASmallDistance) {
  EXPECT_EQ(intersect({{{0, 10}}, {{13, 20}}}, 3), (Clusters{{12, 12}}));
  EXPECT_EQ(intersect({{{0, 10}}, {{13, 20}}}, 5), (Clusters{{11, 13}}));
  EXPECT_EQ(intersect({{{0, 10}}, {{13, 20}}}, 2), Clusters{});
}

TEST(Intersect, StaysWithinTheTimesThereAre) {
  EXPECT_EQ(intersect({{{kEarliest, kEarliest}}, {{kEarliest + 1, 0}}}, kLatest),
            (Clusters{{kEarliest, kEarliest + (kLatest - kLatest / 2)}}));
  EXPECT_EQ(intersect({{{kEarliest, kEarliest}}, {{kLatest, kLatest}}}, kLatest), Clusters{});
}

}  // namespace
}  // namespace mosaico::engine
