#include "server/call_watch.hpp"

#include <utility>
#include <vector>

namespace mosaico::server {

CallWatch::CallWatch(std::chrono::milliseconds interval)
    : interval_(interval), thread_([this] { run(); }) {}

CallWatch::~CallWatch() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

int64_t CallWatch::add(const arrow::flight::ServerCallContext& context, AtStop at_stop,
                       const std::function<void()>& end) {
  bool ends_now = false;
  int64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    ends_now = stopping_ && at_stop == AtStop::Ends;
    id = ++last_id_;
    watched_.emplace(id, Watched{&context, at_stop, end});
  }
  changed_.notify_all();
  if (ends_now) end();
  return id;
}

void CallWatch::remove(int64_t id) {
  const std::lock_guard lock(mutex_);
  watched_.erase(id);
}

void CallWatch::end_all() {
  std::vector<std::function<void()>> ends;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [id, watched] : watched_) {
      if (watched.at_stop == AtStop::Ends) ends.push_back(watched.end);
    }
  }
  for (const auto& end : ends) end();
}

void CallWatch::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !watched_.empty(); });
    if (closed_) return;
    // The lock is what keeps the contexts alive while they are asked; asking does not block.
    std::vector<std::function<void()>> ends;
    for (const auto& [id, watched] : watched_) {
      if (watched.context->is_cancelled()) ends.push_back(watched.end);
    }
    lock.unlock();
    for (const auto& end : ends) end();
    ends.clear();
    lock.lock();
    changed_.wait_for(lock, interval_, [this] { return closed_; });
  }
}

WatchedCall::WatchedCall(std::shared_ptr<CallWatch> watch,
                         const arrow::flight::ServerCallContext& context, CallWatch::AtStop at_stop,
                         const std::function<void()>& end)
    : watch_(std::move(watch)), id_(watch_->add(context, at_stop, end)) {}

WatchedCall::~WatchedCall() { watch_->remove(id_); }

}  // namespace mosaico::server
