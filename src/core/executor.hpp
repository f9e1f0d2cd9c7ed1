#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mosaico::core {

// A fixed number of threads that run jobs in the order they came. The queue has no bound of its
// own: each owner of jobs keeps at most as many in it as there are threads. Thread-safe.
class Executor {
 public:
  using Job = std::function<void()>;

  explicit Executor(int threads);
  ~Executor();  // close()
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False after close(): the job will not run. A job must not throw.
  [[nodiscard]] bool submit(Job job);

  // Runs what was submitted, then ends the threads. Not from a job.
  void close();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;  // Guarded by mutex_.
  bool closed_ = false;   // Guarded by mutex_.
  std::mutex close_mutex_;
  std::vector<std::thread> threads_;  // Guarded by close_mutex_.
};

}  // namespace mosaico::core
