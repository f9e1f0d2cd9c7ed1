#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mosaico::client {

// A pool of threads that grows while its tasks wait (for a network or a disk) up to a bound, and
// starts none before it is needed. Thread-safe.
class Executor {
 public:
  // Must not throw, and must not own the executor: its threads cannot join themselves.
  class Task {
   public:
    virtual ~Task() = default;
    virtual void run() = 0;
  };

  explicit Executor(size_t max_threads) : max_threads_(max_threads) {}
  // Runs what is queued, then joins.
  ~Executor();

  // Allocates nothing once the queue has been as long before.
  void submit(std::shared_ptr<Task> task);
  void submit(std::function<void()> function);

 private:
  void work();
  // With mutex_ held.
  void grow();
  void start_thread();

  const size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::vector<std::shared_ptr<Task>> ring_;
  size_t first_ = 0;
  size_t queued_ = 0;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace mosaico::client
