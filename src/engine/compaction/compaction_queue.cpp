#include "engine/compaction/compaction_queue.hpp"

#include <memory>
#include <utility>

namespace mosaico::engine {

void CompactionQueue::add(catalog::TopicId topic) {
  std::shared_ptr<const std::function<void()>> listener;
  {
    const std::lock_guard lock(mutex_);
    if (topics_.size() < kTopicsMax) {
      topics_.insert(topic);
    } else {
      topics_.clear();
      all_ = true;
    }
    listener = listener_;
  }
  if (listener != nullptr) (*listener)();
}

void CompactionQueue::add_all() {
  const std::lock_guard lock(mutex_);
  all_ = true;
}

std::optional<catalog::TopicId> CompactionQueue::take() {
  const std::lock_guard lock(mutex_);
  if (topics_.empty()) return std::nullopt;
  return topics_.extract(topics_.begin()).value();
}

bool CompactionQueue::take_all() {
  const std::lock_guard lock(mutex_);
  return std::exchange(all_, false);
}

bool CompactionQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return topics_.empty() && !all_;
}

void CompactionQueue::on_add(std::function<void()> listener) {
  auto shared =
      listener ? std::make_shared<const std::function<void()>>(std::move(listener)) : nullptr;
  const std::lock_guard lock(mutex_);
  listener_ = std::move(shared);
}

}  // namespace mosaico::engine
