#include "engine/compaction/choose_run.hpp"

#include <random>

#include <gtest/gtest.h>

namespace mosaico::engine {
namespace {

// A chunk for each size, in push order, of as many rows as bytes.
std::vector<catalog::Chunk> chunks_of(const std::vector<int64_t>& sizes) {
  std::vector<catalog::Chunk> chunks;
  int64_t first_row = 0;
  for (const int64_t size : sizes) {
    catalog::Chunk chunk;
    chunk.first_row = first_row;
    chunk.rows = size;
    chunk.bytes = size;
    chunks.push_back(chunk);
    first_row += size;
  }
  return chunks;
}

const RunRules kRules = {.target = {.bytes = 100, .rows = 1'000'000}};

// The sizes that are put together.
std::vector<int64_t> chosen(const std::vector<int64_t>& sizes, const RunRules& rules = kRules) {
  const auto run = choose_run(chunks_of(sizes), rules);
  if (!run) return {};
  return {sizes.begin() + static_cast<ptrdiff_t>(run->begin),
          sizes.begin() + static_cast<ptrdiff_t>(run->end)};
}

using Sizes = std::vector<int64_t>;

TEST(ChooseRun, PutsSmallNeighboursTogetherUpToTheTarget) {
  EXPECT_EQ(chosen({}), Sizes{});
  EXPECT_EQ(chosen({10}), Sizes{});
  EXPECT_EQ(chosen({10, 10}), (Sizes{10, 10}));
  EXPECT_EQ(chosen({40, 40, 40}), (Sizes{40, 40}));
  EXPECT_EQ(chosen({100, 10, 10, 100, 10}), (Sizes{10, 10}));
  EXPECT_EQ(chosen({100, 10, 100, 10, 100}), Sizes{}) << "none are neighbours";
  EXPECT_EQ(chosen({50, 50}), Sizes{}) << "half of the target is not small";
}

TEST(ChooseRun, LeavesALargeOneAloneUntilTheOthersMatchIt) {
  EXPECT_EQ(chosen({40, 1, 1}), (Sizes{1, 1}));
  EXPECT_EQ(chosen({40, 1}), Sizes{});
  EXPECT_EQ(chosen({40, 20, 20}), (Sizes{40, 20, 20}));
}

TEST(ChooseRun, CountsRowsAsWellAsBytes) {
  RunRules rules = kRules;
  rules.target.rows = 25;
  EXPECT_EQ(chosen({10, 10, 10}, rules), (Sizes{10, 10}));
  EXPECT_EQ(chosen({13, 13}, rules), Sizes{});
}

TEST(ChooseRun, KeepsItsBounds) {
  RunRules rules = kRules;
  rules.chunks_min = 3;
  EXPECT_EQ(chosen({10, 10}, rules), Sizes{});
  EXPECT_EQ(chosen({10, 10, 10}, rules), (Sizes{10, 10, 10}));
  rules.chunks_max = 4;
  EXPECT_EQ(chosen({1, 1, 1, 1, 1, 1}, rules), (Sizes{1, 1, 1, 1}));
  rules = kRules;
  rules.end_row_max = 20;
  EXPECT_EQ(chosen({10, 10, 10}, rules), (Sizes{10, 10}));
  rules.end_row_max = 19;
  EXPECT_EQ(chosen({10, 10, 10}, rules), Sizes{});
}

TEST(ChooseRun, WritesARowAgainAFewTimesAtMostWhateverComes) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::vector<int64_t> sizes;
    int64_t written = 0;
    int64_t total = 0;
    for (int i = 0; i < 400; ++i) {
      sizes.push_back(std::uniform_int_distribution<int64_t>(1, round + 1)(random));
      total += sizes.back();
      while (const auto run = choose_run(chunks_of(sizes), kRules)) {
        int64_t sum = 0;
        for (size_t j = run->begin; j < run->end; ++j) sum += sizes[j];
        written += sum;
        sizes.erase(sizes.begin() + static_cast<ptrdiff_t>(run->begin) + 1,
                    sizes.begin() + static_cast<ptrdiff_t>(run->end));
        sizes[run->begin] = sum;
      }
    }
    EXPECT_LE(written, 7 * total) << "from 1 to 100 a chunk doubles seven times";
    EXPECT_LE(std::ssize(sizes), 2 + 8 * total / 100) << "and few remain";
  }
}

}  // namespace
}  // namespace mosaico::engine
