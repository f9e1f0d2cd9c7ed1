#include "client/executor.hpp"

#include <string>
#include <system_error>
#include <utility>

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

Executor::~Executor() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Executor::submit(std::shared_ptr<Task> task) {
  std::lock_guard guard(mutex_);
  if (queued_ == ring_.size()) grow();
  ring_[(first_ + queued_) % ring_.size()] = std::move(task);
  ++queued_;
  if (queued_ > idle_ && threads_.size() < max_threads_) start_thread();
  wake_.notify_one();
}

void Executor::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    // As at max_threads_: one of the threads there are takes the task.
    if (!threads_.empty()) return;
    --queued_;
    ring_[(first_ + queued_) % ring_.size()].reset();
    throw LimitExceededError(std::string("the system starts no thread: ") + error.what());
  }
}

void Executor::submit(std::function<void()> function) {
  submit(std::make_shared<FunctionTask>(std::move(function)));
}

void Executor::grow() {
  std::vector<std::shared_ptr<Task>> larger(ring_.empty() ? 16 : 2 * ring_.size());
  for (size_t i = 0; i < queued_; ++i) {
    larger[i] = std::move(ring_[(first_ + i) % ring_.size()]);
  }
  ring_.swap(larger);
  first_ = 0;
}

void Executor::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return queued_ > 0 || stopping_; });
    --idle_;
    if (queued_ == 0) return;
    std::shared_ptr<Task> task = std::move(ring_[first_]);
    first_ = (first_ + 1) % ring_.size();
    --queued_;
    lock.unlock();
    task->run();
    task.reset();
    lock.lock();
  }
}

}  // namespace mosaico::client
