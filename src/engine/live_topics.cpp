#include "engine/live_topics.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace mosaico::engine {

void LiveTopic::add(TailBatch batch, size_t replaced) {
  const std::lock_guard lock(mutex_);
  batches_.resize(batches_.size() - std::min(replaced, batches_.size()));
  batches_.push_back(std::move(batch));
  ++version_;
  changed_.notify_all();
}

void LiveTopic::drop_before(int64_t row) {
  const std::lock_guard lock(mutex_);
  // A chunk holds whole batches, and they are in push order.
  const auto kept = std::find_if(batches_.begin(), batches_.end(),
                                 [row](const TailBatch& batch) { return batch.first_row >= row; });
  batches_.erase(batches_.begin(), kept);
  ++version_;
  changed_.notify_all();
}

LiveTopic::Snapshot LiveTopic::snapshot() const {
  const std::lock_guard lock(mutex_);
  return {.batches = batches_, .version = version_, .ended = ended_, .why = why_};
}

bool LiveTopic::has_rows() const {
  const std::lock_guard lock(mutex_);
  return !batches_.empty();
}

LiveTopic::Followed LiveTopic::follow() {
  auto followed = std::make_shared<std::atomic<int64_t>>(0);
  const std::lock_guard lock(mutex_);
  followers_.push_back(followed);
  return followed;
}

int64_t LiveTopic::followed_rows() const {
  const std::lock_guard lock(mutex_);
  int64_t rows = std::numeric_limits<int64_t>::max();
  std::erase_if(followers_, [&rows](const auto& follower) {
    const auto followed = follower.lock();
    if (followed == nullptr) return true;
    rows = std::min<int64_t>(rows, *followed);
    return false;
  });
  return rows;
}

void LiveTopic::end(core::Status why) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  why_ = std::move(why);
  ++version_;
  changed_.notify_all();
}

void LiveTopic::wait_for_change(uint64_t version, const std::function<bool()>& stop) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return version_ > version || ended_ || stop(); });
}

void LiveTopic::wake() {
  // The lock keeps the wake from falling between a waiter's look at stop() and its sleep.
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

std::shared_ptr<LiveTopic> LiveTopics::find(catalog::TopicId topic) const {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<LiveTopic> LiveTopics::find_or_make(catalog::TopicId topic) {
  const std::lock_guard lock(mutex_);
  std::erase_if(topics_, [](const auto& entry) { return entry.second.expired(); });
  auto& entry = topics_[topic];
  std::shared_ptr<LiveTopic> live = entry.lock();
  if (live == nullptr) {
    live = std::make_shared<LiveTopic>();
    entry = live;
  }
  return live;
}

std::set<catalog::TopicId> LiveTopics::with_rows() const {
  std::vector<std::pair<catalog::TopicId, std::shared_ptr<LiveTopic>>> held;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [topic, weak] : topics_) held.emplace_back(topic, weak.lock());
  }
  std::set<catalog::TopicId> topics;
  for (const auto& [topic, live] : held) {
    if (live != nullptr && live->has_rows()) topics.insert(topic);
  }
  return topics;
}

void LiveTopics::end(catalog::TopicId topic, const core::Status& why) {
  if (const auto live = find(topic)) live->end(why);
}

void LiveTopics::end_all(const core::Status& why) {
  std::vector<std::shared_ptr<LiveTopic>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [topic, live] : topics_) all.push_back(live.lock());
  }
  for (const auto& live : all) {
    if (live != nullptr) live->end(why);
  }
}

}  // namespace mosaico::engine
