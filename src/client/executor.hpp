#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mosaico::client {

// A pool of threads that grows while its tasks wait (for a network or a disk) up to a bound, and
// starts none before it is needed. Tasks must not throw. Thread-safe.
class Executor {
 public:
  explicit Executor(size_t max_threads) : max_threads_(max_threads) {}
  // Runs what is queued, then joins.
  ~Executor();

  void submit(std::function<void()> task);

 private:
  void work();

  const size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace mosaico::client
