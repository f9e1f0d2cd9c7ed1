#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/live_topics.hpp"
#include "engine/read/row_merge.hpp"
#include "engine/read/scan_plan.hpp"

namespace mosaico::engine {

// Batches of a tail that follow one another in push order and are sorted together.
struct TailBlock {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t timestamp_ns_min = 0;
  int64_t timestamp_ns_max = 0;
};

// Blocks in push order, each beginning where the one before it ended in time: one sorted source.
struct TailChain {
  int64_t first_row = 0;
  std::vector<TailBlock> blocks;
};

// Arranges the tail batches that overlap the span in as few chains as cheap sorting allows: a tail
// pushed in time order is one chain, uncopied, however small its batches are.
std::vector<TailChain> chain_tail(const std::vector<TailBatch>& tail, const TimeSpan& span);

class TailSource final : public SortedSource {
 public:
  TailSource(TailChain chain, const TimeSpan& span) : chain_(std::move(chain)), span_(span) {}

  Result<std::shared_ptr<arrow::RecordBatch>> next() override;
  bool at_end() override { return next_block_ == chain_.blocks.size(); }

 private:
  TailChain chain_;
  const TimeSpan span_;
  size_t next_block_ = 0;
};

// `inner` without the rows that a follower was given already. Among rows of one time those come
// first, since they were pushed first; `given` are their times, within the span.
class UngivenSource final : public SortedSource {
 public:
  UngivenSource(std::unique_ptr<SortedSource> inner, std::vector<int64_t> given);

  Result<std::shared_ptr<arrow::RecordBatch>> next() override;
  bool at_end() override { return inner_->at_end(); }

 private:
  const std::unique_ptr<SortedSource> inner_;
  std::vector<int64_t> given_;  // Ascending.
  size_t next_given_ = 0;
};

}  // namespace mosaico::engine
