#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace mosaico::client {

// A pool of threads that grows while its tasks wait (for a network or a disk) up to a bound, and
// starts none before it is needed. Thread-safe.
class Executor {
 public:
  // Must not throw.
  class Task {
   public:
    virtual ~Task() = default;
    virtual void run() = 0;
  };

  // At least one thread, whatever the bound.
  explicit Executor(size_t max_threads);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Runs what is queued, then joins. A task may own the last reference to the executor: then its
  // thread is the one that is not joined.
  ~Executor();

  // Allocates nothing once the queue has been as long before.
  void submit(std::shared_ptr<Task> task);
  void submit(std::function<void()> function);

 private:
  // What the threads need, and keep.
  class Pool;
  const std::shared_ptr<Pool> pool_;
};

}  // namespace mosaico::client
