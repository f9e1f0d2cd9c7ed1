#include "core/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

#include "support/status_matchers.hpp"

namespace mosaico::core {
namespace {

TEST(RunInParallel, RunsEachItemOnce) {
  Executor executor(3);
  std::vector<std::atomic<int>> runs(1000);
  EXPECT_THAT(run_in_parallel(executor, 3, runs.size(),
                              [&](size_t i) {
                                ++runs[i];
                                return Status::OK();
                              }),
              IsOk());
  for (const auto& count : runs) EXPECT_EQ(count, 1);
  EXPECT_THAT(run_in_parallel(executor, 3, 0, [](size_t) { return Status::Invalid("none"); }),
              IsOk());
}

// Each item waits for the other: alone, neither would end.
TEST(RunInParallel, HelpersWorkAtTheSameTime) {
  Executor executor(1);
  std::latch both(2);
  EXPECT_THAT(run_in_parallel(executor, 1, 2,
                              [&](size_t) {
                                both.arrive_and_wait();
                                return Status::OK();
                              }),
              IsOk());
}

TEST(RunInParallel, GoesOnAloneWithoutHelpers) {
  Executor executor(1);
  executor.close();
  int runs = 0;
  EXPECT_THAT(run_in_parallel(executor, 4, 5,
                              [&](size_t) {
                                ++runs;
                                return Status::OK();
                              }),
              IsOk());
  EXPECT_EQ(runs, 5);
}

TEST(RunInParallel, BeginsNothingAfterAnError) {
  Executor executor(2);
  std::atomic<int> runs = 0;
  const Status status = run_in_parallel(executor, 0, 10, [&](size_t i) {
    ++runs;
    return i == 3 ? error(ErrorKind::Io, "item ", i) : Status::OK();
  });
  EXPECT_THAT(status, FailsAs(ErrorKind::Io));
  EXPECT_EQ(runs, 4);
}

// Whoever calls from all threads of the pool still gets on.
TEST(RunInParallel, MayBeCalledByJobsOfTheSameExecutor) {
  Executor executor(2);
  std::atomic<int> runs = 0;
  EXPECT_THAT(run_in_parallel(executor, 2, 4,
                              [&](size_t) {
                                return run_in_parallel(executor, 2, 4, [&](size_t) {
                                  ++runs;
                                  return Status::OK();
                                });
                              }),
              IsOk());
  EXPECT_EQ(runs, 16);
}

}  // namespace
}  // namespace mosaico::core
