#include "client/executor.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "mosaico/error.hpp"

namespace mosaico::client {

namespace {

class FunctionTask final : public Executor::Task {
 public:
  explicit FunctionTask(std::function<void()> function) : function_(std::move(function)) {}
  void run() override { function_(); }

 private:
  std::function<void()> function_;
};

}  // namespace

class Executor::Pool : public std::enable_shared_from_this<Pool> {
 public:
  explicit Pool(size_t max_threads) : max_threads_(std::max<size_t>(1, max_threads)) {}

  void submit(std::shared_ptr<Task> task);
  void stop();

 private:
  using Lock = std::unique_lock<std::mutex>;

  void work();
  // These take the lock that holds mutex_, or are called with it.
  void run_next(Lock& lock);
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

Executor::Executor(size_t max_threads) : pool_(std::make_shared<Pool>(max_threads)) {}

Executor::~Executor() { pool_->stop(); }

void Executor::submit(std::shared_ptr<Task> task) { pool_->submit(std::move(task)); }

void Executor::submit(std::function<void()> function) {
  submit(std::make_shared<FunctionTask>(std::move(function)));
}

void Executor::Pool::stop() {
  std::vector<std::thread> threads;
  {
    Lock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) {
    if (thread.get_id() != std::this_thread::get_id()) {
      thread.join();
      continue;
    }
    // A task of this thread let the executor go. It cannot join itself: it shares the pool, and
    // ends with the task. What is queued is run here, where all it may refer to is still there.
    thread.detach();
    Lock lock(mutex_);
    while (queued_ > 0) run_next(lock);
  }
}

void Executor::Pool::submit(std::shared_ptr<Task> task) {
  const Lock lock(mutex_);
  if (queued_ == ring_.size()) grow();
  ring_[(first_ + queued_) % ring_.size()] = std::move(task);
  ++queued_;
  if (queued_ > idle_ && threads_.size() < max_threads_) start_thread();
  wake_.notify_one();
}

void Executor::Pool::start_thread() {
  try {
    threads_.emplace_back([self = shared_from_this()] { self->work(); });
  } catch (const std::system_error& error) {
    // As at max_threads_: one of the threads there are takes the task.
    if (!threads_.empty()) return;
    --queued_;
    ring_[(first_ + queued_) % ring_.size()].reset();
    throw LimitExceededError(std::string("the system starts no thread: ") + error.what());
  }
}

void Executor::Pool::grow() {
  std::vector<std::shared_ptr<Task>> larger(ring_.empty() ? 16 : 2 * ring_.size());
  for (size_t i = 0; i < queued_; ++i) {
    larger[i] = std::move(ring_[(first_ + i) % ring_.size()]);
  }
  ring_.swap(larger);
  first_ = 0;
}

void Executor::Pool::run_next(Lock& lock) {
  std::shared_ptr<Task> task = std::move(ring_[first_]);
  first_ = (first_ + 1) % ring_.size();
  --queued_;
  lock.unlock();
  task->run();
  task.reset();
  lock.lock();
}

void Executor::Pool::work() {
  Lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return queued_ > 0 || stopping_; });
    --idle_;
    if (queued_ == 0) return;
    run_next(lock);
  }
}

}  // namespace mosaico::client
