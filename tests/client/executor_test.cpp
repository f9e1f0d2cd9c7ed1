#include "client/executor.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace mosaico::client {
namespace {

TEST(ClientExecutor, RunsWhatIsQueuedBeforeItGoes) {
  int runs = 0;
  {
    Executor executor(1);
    for (int i = 0; i < 100; ++i) executor.submit([&runs] { ++runs; });
  }
  EXPECT_EQ(runs, 100);
}

TEST(ClientExecutor, HasAThreadWhateverTheBound) {
  std::promise<void> ran;
  Executor executor(0);
  executor.submit([&ran] { ran.set_value(); });
  ran.get_future().wait();
}

// A thread cannot join itself.
TEST(ClientExecutor, ATaskMayLetGoOfIt) {
  for (const size_t threads : {1U, 4U}) {
    auto executor = std::make_shared<Executor>(threads);
    std::promise<void> may_start;
    std::promise<void> is_gone;
    std::promise<void> queued_ran;
    auto& pool = *executor;
    pool.submit(
        [held = std::move(executor), start = may_start.get_future().share(), &is_gone]() mutable {
          start.wait();
          held.reset();
          is_gone.set_value();
        });
    pool.submit([&queued_ran] { queued_ran.set_value(); });
    may_start.set_value();
    is_gone.get_future().wait();
    EXPECT_EQ(queued_ran.get_future().wait_for(std::chrono::seconds(0)), std::future_status::ready);
  }
}

}  // namespace
}  // namespace mosaico::client
