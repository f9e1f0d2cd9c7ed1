#include "core/executor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace mosaico::core {
namespace {

TEST(Executor, runs_jobs_in_their_order) {
  std::vector<int> order;
  Executor executor(1);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(executor.submit([&order, i] { order.push_back(i); }));
  executor.close();
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

TEST(Executor, runs_as_many_at_once_as_it_has_threads) {
  Executor executor(2);
  std::promise<void> first_runs;
  std::promise<void> second_runs;
  EXPECT_TRUE(executor.submit([&] {
    first_runs.set_value();
    second_runs.get_future().wait();
  }));
  EXPECT_TRUE(executor.submit([&] {
    first_runs.get_future().wait();
    second_runs.set_value();
  }));
  executor.close();
}

TEST(Executor, runs_what_was_submitted_before_it_closed_and_nothing_after) {
  std::atomic<int> runs = 0;
  Executor executor(2);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(executor.submit([&] { ++runs; }));
  executor.close();
  EXPECT_EQ(runs, 100);
  EXPECT_FALSE(executor.submit([&] { ++runs; }));
  executor.close();
  EXPECT_EQ(runs, 100);
}

}  // namespace
}  // namespace mosaico::core
