#include "engine/ingest/committer.hpp"

#include <utility>

namespace mosaico::engine {

Committer::Committer(std::chrono::milliseconds delay) : delay_(delay), thread_([this] { run(); }) {}

Committer::~Committer() { close(); }

void Committer::mark(const std::shared_ptr<Committable>& what) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  marked_.push_back(what);
  if (marked_.size() == 1) changed_.notify_all();
}

void Committer::close() {
  const std::lock_guard close_lock(close_mutex_);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closed_ || !marked_.empty(); });
    if (marked_.empty()) return;
    changed_.wait_for(lock, delay_, [&] { return closed_; });
    auto marked = std::exchange(marked_, {});
    lock.unlock();
    for (auto& what : marked) {
      what->commit();
      what = nullptr;
    }
    lock.lock();
  }
}

}  // namespace mosaico::engine
