#include "engine/search/clusters.hpp"

#include <algorithm>
#include <limits>

namespace mosaico::engine {
namespace {

// The distance from `a` to a later `b`, which no int64 may hold.
uint64_t distance(int64_t a, int64_t b) {
  return static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
}

bool is_near(int64_t gap_ns, int64_t end, int64_t start) {
  return gap_ns == 0 || start <= end || distance(end, start) <= static_cast<uint64_t>(gap_ns);
}

// Moved by `by` >= 0, and no further than times go.
int64_t earlier(int64_t time, int64_t by) {
  constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
  return time < kEarliest + by ? kEarliest : time - by;
}
int64_t later(int64_t time, int64_t by) {
  constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();
  return time > kLatest - by ? kLatest : time + by;
}

}  // namespace

void clusterize(int64_t gap_ns, Clusters* spans) {
  std::sort(spans->begin(), spans->end(),
            [](const auto& a, const auto& b) { return a.start_ns < b.start_ns; });
  size_t last = 0;
  for (size_t i = 1; i < spans->size(); ++i) {
    protocol::Interval& cluster = (*spans)[last];
    const protocol::Interval& next = (*spans)[i];
    if (is_near(gap_ns, cluster.end_ns, next.start_ns)) {
      cluster.end_ns = std::max(cluster.end_ns, next.end_ns);
    } else {
      (*spans)[++last] = next;
    }
  }
  if (!spans->empty()) spans->resize(last + 1);
}

void add_time(int64_t gap_ns, int64_t time, Clusters* clusters) {
  const bool joins = !clusters->empty() && time >= clusters->back().start_ns &&
                     is_near(gap_ns, clusters->back().end_ns, time);
  if (joins) {
    clusters->back().end_ns = std::max(clusters->back().end_ns, time);
  } else {
    clusters->push_back({time, time});
  }
}

Clusters intersect(const std::vector<Clusters>& topics, int64_t gap_ns) {
  Clusters windows;
  std::vector<size_t> current(topics.size(), 0);
  while (true) {
    int64_t latest_start = std::numeric_limits<int64_t>::min();
    int64_t earliest_end = std::numeric_limits<int64_t>::max();
    size_t first_to_end = 0;
    for (size_t i = 0; i < topics.size(); ++i) {
      if (current[i] == topics[i].size()) return windows;
      const protocol::Interval& cluster = topics[i][current[i]];
      latest_start = std::max(latest_start, cluster.start_ns);
      if (cluster.end_ns < earliest_end) first_to_end = i;
      earliest_end = std::min(earliest_end, cluster.end_ns);
    }
    if (latest_start <= earliest_end) {
      windows.push_back({latest_start, earliest_end});
    } else if (distance(earliest_end, latest_start) <= static_cast<uint64_t>(gap_ns)) {
      windows.push_back(
          {earlier(latest_start, gap_ns / 2), later(earliest_end, gap_ns - gap_ns / 2)});
    }
    ++current[first_to_end];
  }
}

}  // namespace mosaico::engine
