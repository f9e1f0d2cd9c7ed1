#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mosaico::engine {

// Something whose changes become durable together with those of others.
class Committable {
 public:
  virtual ~Committable() = default;
  // Makes durable what was there before the call. From the committer's thread; must not throw.
  virtual void commit() = 0;
};

// The group commit: one thread that calls commit() of everything that was marked, at the latest
// `delay` after the first mark. Thread-safe.
class Committer {
 public:
  explicit Committer(std::chrono::milliseconds delay);
  ~Committer();  // close()

  // Does nothing after close().
  void mark(const std::shared_ptr<Committable>& what);

  // Commits what is marked, then ends the thread.
  void close();

 private:
  void run();

  const std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Committable>> marked_;  // Guarded by mutex_; each at most once.
  bool closed_ = false;                               // Guarded by mutex_.
  std::mutex close_mutex_;
  std::thread thread_;  // Guarded by close_mutex_ once it runs.
};

}  // namespace mosaico::engine
