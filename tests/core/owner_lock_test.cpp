#include "mosaico/detail/owner_lock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace mosaico::detail {
namespace {

// Both ways, with the kernel's help and without.
class OwnerLockTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam() && !can_order_other_threads()) GTEST_SKIP() << "the kernel has no membarrier";
  }

  OwnerLock lock_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Cheap, OwnerLockTest, testing::Bool());

TEST_P(OwnerLockTest, OthersAreKeptOutWhileTheOwnerIsInside) {
  {
    const OwnerLock::Guard guard(lock_);
    std::thread([this] { EXPECT_FALSE(lock_.try_lock()); }).join();
  }
  std::thread([this] {
    EXPECT_TRUE(lock_.try_lock());
    lock_.unlock();
  }).join();
}

TEST_P(OwnerLockTest, TheOwnerWaitsForOthers) {
  lock_.lock();
  bool done = false;  // Guarded by lock_.
  std::thread owner([&] {
    const OwnerLock::Guard guard(lock_);
    EXPECT_TRUE(done);
  });
  done = true;
  lock_.unlock();
  owner.join();
}

TEST_P(OwnerLockTest, OnlyOneAtATimeIsInside) {
  constexpr int64_t kRounds = 200'000;
  constexpr int64_t kSteps = 30;
  volatile int64_t count = 0;  // Guarded by lock_. Increments that overlap get lost.
  const auto step = [&count] {
    for (int64_t i = 0; i < kSteps; ++i) count = count + 1;
  };
  // The owner goes on as long as the other one does, so that they meet. Stores that miss the caches
  // hold up the one that raises its flag.
  std::vector<char> memory(16 << 20);
  std::atomic<bool> other_is_done = false;
  int64_t rounds = 0;
  std::thread owner([&] {
    size_t at = 0;
    for (; rounds < kRounds || !other_is_done; ++rounds) {
      for (int store = 0; store < 4; ++store) {
        at = (at + 1'000'003) % memory.size();
        ++memory[at];
      }
      const OwnerLock::Guard guard(lock_);
      step();
    }
  });
  int64_t other_rounds = 0;
  for (int64_t i = 0; i < kRounds; ++i) {
    // A pause of another length each time, to come at any point of the owner's round.
    for (int64_t pause = 0; pause < i % 500; ++pause) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    if (i % 2 == 0) {
      lock_.lock();
    } else if (!lock_.try_lock()) {
      continue;
    }
    step();
    ++other_rounds;
    lock_.unlock();
  }
  other_is_done = true;
  owner.join();
  EXPECT_EQ(count, kSteps * (rounds + other_rounds));
}

TEST_P(OwnerLockTest, OthersKeepEachOtherOut) {
  int64_t count = 0;
  const auto work = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const std::lock_guard guard(lock_);
      ++count;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(count, 20'000);
}

TEST_P(OwnerLockTest, AnotherThreadMayBecomeTheOwner) {
  int64_t count = 0;
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      const OwnerLock::Guard guard(lock_);
      ++count;
    }).join();
    lock_.lock();
    ++count;
    lock_.unlock();
  }
  EXPECT_EQ(count, 40);
}

}  // namespace
}  // namespace mosaico::detail
