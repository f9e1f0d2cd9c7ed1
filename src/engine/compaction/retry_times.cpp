#include "engine/compaction/retry_times.hpp"

#include <algorithm>

namespace mosaico::engine {

void RetryTimes::failed(catalog::TopicId topic, Time now, bool hopeless) {
  auto found = topics_.find(topic);
  if (found == topics_.end()) {
    if (topics_.size() >= kTopicsMax) return;
    found = topics_.emplace(topic, Entry{}).first;
  }
  Entry& entry = found->second;
  if (entry.due) due_.erase({*entry.due, topic});
  const auto longest = kLongest * first_;
  entry.delay = hopeless ? longest : std::clamp(2 * entry.delay, first_, longest);
  entry.due = now + entry.delay;
  due_.emplace(*entry.due, topic);
}

void RetryTimes::succeeded(catalog::TopicId topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  if (found->second.due) due_.erase({*found->second.due, topic});
  topics_.erase(found);
}

std::optional<catalog::TopicId> RetryTimes::take_due(Time now) {
  if (due_.empty() || due_.begin()->first > now) return std::nullopt;
  const catalog::TopicId topic = due_.begin()->second;
  due_.erase(due_.begin());
  topics_.at(topic).due.reset();
  return topic;
}

bool RetryTimes::waits(catalog::TopicId topic) const {
  const auto found = topics_.find(topic);
  return found != topics_.end() && found->second.due.has_value();
}

std::optional<RetryTimes::Time> RetryTimes::next() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace mosaico::engine
