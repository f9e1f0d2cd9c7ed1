#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// Rows that ascend in timestamp_ns, batch by batch.
class SortedSource {
 public:
  virtual ~SortedSource() = default;
  // The next batch, never empty; null at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;
  // True when it is known that the batch given last was the last one.
  virtual bool at_end() { return false; }
};

// A source that is opened when its time comes.
struct MergeInput {
  int64_t timestamp_ns_min = 0;  // No row of it is earlier.
  int64_t first_row = 0;         // Among equal times the source with the lower number comes first.
  std::function<Result<std::unique_ptr<SortedSource>>()> open;
  // If set, called at most once, before open(), when an earlier source comes to its end.
  std::function<void()> prepare;
};

// How large a batch is handed out.
struct BatchLimits {
  int64_t target_bytes = 8LL << 20;
  int64_t max_bytes = 32LL << 20;  // Only a single row may be larger.
  int64_t join_bytes = 1LL << 20;  // Small runs are put together up to this, by copying.
  int64_t max_rows = 16 * 1024;
  // If set, the first batch has no more rows than this, and no source is asked twice for it: who
  // reads waits for it.
  std::optional<int64_t> first_rows = {};
  // What is null throughout is handed out as shared_nulls(), and counted once.
  bool share_nulls = false;
};

// Cuts a batch into slices within the limits, counted in the bytes that each slice really has and
// in `more_row_bytes` for each row.
Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> split_batch(
    const std::shared_ptr<arrow::RecordBatch>& batch, const BatchLimits& limits,
    int64_t more_row_bytes = 0);

// Merges sorted sources into one stream in strict order of (timestamp_ns, first_row). A source
// that overlaps no other passes through in slices, uncopied. One thread.
//
// Memory: one batch of each source whose time has been reached, and the batch handed out, which
// is no larger than `join_bytes` unless it is a slice of one of those.
class RowMerge {
 public:
  RowMerge(std::shared_ptr<arrow::Schema> schema, std::vector<MergeInput> inputs,
           const BatchLimits& limits);
  ~RowMerge();

  // The next batch, never empty; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> next();
  // True when it is known that the batch given last was the last one.
  bool at_end() const;

 private:
  struct Lane;
  struct Piece {
    std::shared_ptr<arrow::RecordBatch> batch;
    int64_t offset = 0;
    int64_t length = 0;
  };

  bool is_first() const { return limits_.first_rows.has_value() && !gave_first_; }
  Status open_due();
  // Puts the lane's next batch in place, or ends the lane.
  Status refill(std::unique_ptr<Lane> lane);
  void push(std::unique_ptr<Lane> lane);
  std::unique_ptr<Lane> pop();
  // The end of the leader's rows that come before those of every other source.
  int64_t run_end(const Lane& leader) const;
  Status take_run();
  Status hand_out(const std::shared_ptr<arrow::RecordBatch>& batch);
  // Makes the pieces a batch and hands it out.
  Status flush();
  static Result<std::shared_ptr<arrow::RecordBatch>> gather(const std::vector<Piece>& pieces,
                                                            int64_t rows);

  const std::shared_ptr<arrow::Schema> schema_;
  const BatchLimits limits_;
  std::vector<MergeInput> inputs_;  // Ascending; those before next_input_ are open.
  size_t next_input_ = 0;
  std::vector<std::unique_ptr<Lane>> heap_;
  std::unique_ptr<Lane> drained_;  // Its next batch is fetched when that of now has been given.
  std::vector<Piece> pieces_;      // Taken from the lanes, not yet a batch.
  int64_t piece_rows_ = 0;
  double piece_bytes_ = 0;
  bool gave_first_ = false;
  std::deque<std::shared_ptr<arrow::RecordBatch>> ready_;
};

}  // namespace mosaico::engine
