#include "server/follow_watch.hpp"

#include <utility>
#include <vector>

namespace mosaico::server {

FollowWatch::FollowWatch(std::chrono::milliseconds interval)
    : interval_(interval), thread_([this] { run(); }) {}

FollowWatch::~FollowWatch() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

int64_t FollowWatch::add(const arrow::flight::ServerCallContext& context,
                         std::shared_ptr<engine::Scan> scan) {
  bool cancelled = false;
  int64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    cancelled = cancelled_;
    id = ++last_id_;
    watched_.emplace(id, Watched{&context, scan});
  }
  changed_.notify_all();
  if (cancelled) scan->cancel();
  return id;
}

void FollowWatch::remove(int64_t id) {
  const std::lock_guard lock(mutex_);
  watched_.erase(id);
}

void FollowWatch::cancel_all() {
  std::vector<std::shared_ptr<engine::Scan>> scans;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (const auto& [id, watched] : watched_) scans.push_back(watched.scan);
  }
  for (const auto& scan : scans) scan->cancel();
}

void FollowWatch::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !watched_.empty(); });
    if (closed_) return;
    // The lock is what keeps the contexts alive while they are asked; asking does not block.
    std::vector<std::shared_ptr<engine::Scan>> abandoned;
    for (const auto& [id, watched] : watched_) {
      if (watched.context->is_cancelled()) abandoned.push_back(watched.scan);
    }
    lock.unlock();
    for (const auto& scan : abandoned) scan->cancel();
    abandoned.clear();
    lock.lock();
    changed_.wait_for(lock, interval_, [this] { return closed_; });
  }
}

}  // namespace mosaico::server
