#include "core/memory_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "support/status_matchers.hpp"

namespace mosaico::core {
namespace {

// Until others wait for `bytes`: what a test cannot be told by an event, it looks at.
void wait_until_waiting(const MemoryBudget& budget, int64_t bytes) {
  while (budget.waiting() != bytes) std::this_thread::yield();
}

TEST(MemoryBudget, grants_up_to_its_bytes_and_takes_them_back) {
  MemoryBudget budget(100);
  auto first = budget.try_reserve(60);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(budget.try_reserve(41).has_value());
  auto second = budget.try_reserve(40);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(budget.used(), 100);
  first->release();
  second.reset();
  EXPECT_EQ(budget.used(), 0);
  EXPECT_EQ(budget.peak(), 100);
}

TEST(MemoryBudget, shrinks_and_merges_reservations) {
  MemoryBudget budget(100);
  auto first = budget.try_reserve(50);
  first->merge(*budget.try_reserve(30));
  EXPECT_EQ(first->bytes(), 80);
  first->shrink(90);
  EXPECT_EQ(first->bytes(), 80);
  first->shrink(10);
  EXPECT_EQ(budget.used(), 10);
  MemoryBudget::Reservation moved = std::move(*first);
  moved = {};
  EXPECT_EQ(budget.used(), 0);
}

TEST(MemoryBudget, lets_what_is_too_large_pass_alone) {
  MemoryBudget budget(100);
  auto small = budget.try_reserve(1);
  EXPECT_FALSE(budget.try_reserve(500).has_value());
  small->release();
  const auto large = budget.try_reserve(500);
  ASSERT_TRUE(large.has_value());
  EXPECT_FALSE(budget.try_reserve(1).has_value());
}

TEST(MemoryBudget, serves_those_who_wait_in_their_order) {
  MemoryBudget budget(100);
  auto all = budget.try_reserve(100);
  std::thread large([&] { EXPECT_THAT(budget.reserve(90), IsOk()); });
  wait_until_waiting(budget, 90);
  std::thread small([&] { EXPECT_THAT(budget.reserve(20), IsOk()); });
  wait_until_waiting(budget, 110);
  all->shrink(70);
  EXPECT_EQ(budget.waiting(), 110);  // The small one fits, and does not pass the large one.
  EXPECT_FALSE(budget.try_reserve(1).has_value());
  all->release();
  large.join();
  small.join();
  EXPECT_EQ(budget.used(), 0);
}

TEST(MemoryBudget, stops_waiting_when_asked_and_lets_the_next_one_pass) {
  MemoryBudget budget(100);
  auto most = budget.try_reserve(80);
  std::stop_source stop;
  std::thread stopped(
      [&] { EXPECT_THAT(budget.reserve(90, stop.get_token()), FailsAs(ErrorKind::Cancelled)); });
  wait_until_waiting(budget, 90);
  std::thread next([&] { EXPECT_THAT(budget.reserve(20), IsOk()); });
  wait_until_waiting(budget, 110);
  stop.request_stop();
  stopped.join();
  next.join();
  EXPECT_EQ(budget.waiting(), 0);
}

TEST(MemoryBudget, never_passes_its_bytes_under_many_threads) {
  MemoryBudget budget(1000);
  std::vector<std::thread> threads;
  for (int64_t t = 1; t <= 8; ++t) {
    threads.emplace_back([&budget, t] {
      for (int64_t i = 0; i < 500; ++i) {
        EXPECT_THAT(budget.reserve((i * t) % 400), IsOk());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0);
  EXPECT_LE(budget.peak(), 1000);
}

}  // namespace
}  // namespace mosaico::core
