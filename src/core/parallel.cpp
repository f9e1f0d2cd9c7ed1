#include "core/parallel.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace mosaico::core {

namespace {

// Outlives the call for jobs that begin only when all is done, and find nothing to do.
class Work {
 public:
  Work(size_t items, const std::function<Status(size_t)>& run) : items_(items), run_(run) {}

  void help() {
    std::unique_lock lock(mutex_);
    while (next_ < items_) {
      const size_t item = next_++;
      ++running_;
      lock.unlock();
      const Status status = run_(item);
      lock.lock();
      --running_;
      if (!status.ok()) {
        if (item < failed_) error_ = status;
        failed_ = std::min(failed_, item);
        next_ = items_;
      }
    }
    if (running_ == 0) done_.notify_all();
  }

  Status wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return next_ >= items_ && running_ == 0; });
    return error_;
  }

 private:
  const size_t items_;
  const std::function<Status(size_t)>& run_;  // Used only while the caller waits.
  std::mutex mutex_;
  std::condition_variable done_;
  // Guarded by mutex_.
  size_t next_ = 0;
  size_t running_ = 0;
  size_t failed_ = static_cast<size_t>(-1);
  Status error_;
};

}  // namespace

Status run_in_parallel(Executor& executor, size_t helpers, size_t items,
                       const std::function<Status(size_t)>& run) {
  const auto work = std::make_shared<Work>(items, run);
  for (size_t i = 0; i + 1 < items && i < helpers; ++i) {
    // Without helpers the caller does it alone.
    if (!executor.submit([work] { work->help(); })) break;
  }
  work->help();
  return work->wait();
}

}  // namespace mosaico::core
