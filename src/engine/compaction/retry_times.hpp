#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "catalog/records.hpp"

namespace mosaico::engine {

// When topics whose chunks could not be put together are tried again: after `first`, and after
// twice as long each time, up to kLongest times that. Holds at most kTopicsMax topics; one more is
// not tried again before something else asks for it. Time is passed in. Thread-compatible.
class RetryTimes {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kLongest = 256;
  static constexpr size_t kTopicsMax = 10'000;

  explicit RetryTimes(std::chrono::milliseconds first) : first_(first) {}

  // A hopeless one waits for the longest time at once.
  void failed(catalog::TopicId topic, Time now, bool hopeless = false);
  void succeeded(catalog::TopicId topic);

  // One whose time has come. It is out of turn until it has failed or succeeded.
  std::optional<catalog::TopicId> take_due(Time now);
  bool waits(catalog::TopicId topic) const;
  // When the next one is due.
  std::optional<Time> next() const;

 private:
  struct Entry {
    std::chrono::milliseconds delay{0};
    std::optional<Time> due;
  };

  const std::chrono::milliseconds first_;
  std::map<catalog::TopicId, Entry> topics_;
  std::set<std::pair<Time, catalog::TopicId>> due_;
};

}  // namespace mosaico::engine
