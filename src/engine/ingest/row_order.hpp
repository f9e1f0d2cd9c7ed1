#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/error.hpp"
#include "engine/live_topics.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// Gives the rows of batches, which come in push order, in the order of a chunk: ascending in
// timestamp_ns, ties in push order; cut into row groups. Rows that are in order already are not
// copied. Others are copied a row group at a time, out of a copy of the batches it draws from: at
// worst all of them. One thread.
class RowOrder {
 public:
  struct GroupLimits {
    int64_t rows = 0;
    int64_t bytes = 0;  // Of Arrow data; a single row may pass it.
  };

  RowOrder(const std::vector<TailBatch>& batches, const GroupLimits& limits);

  // The next row group; null at the end.
  Result<std::shared_ptr<arrow::Table>> next();

 private:
  struct Row {
    int64_t time = 0;
    uint32_t batch = 0;
    uint32_t row = 0;
  };

  bool is_ascending() const;
  void sort();
  double bytes_a_row(size_t batch) const;
  Result<std::shared_ptr<arrow::Table>> next_slices();
  Result<std::shared_ptr<arrow::Table>> next_gathered();
  // The rows from number `begin` to position_, of batches that combined_ holds.
  Result<std::shared_ptr<arrow::RecordBatch>> gather(size_t begin) const;
  // Makes combined_ hold the batches [first, last].
  Status combine(size_t first, size_t last);

  const std::vector<TailBatch>& batches_;
  const GroupLimits limits_;

  // In order already: the place of the next row.
  size_t batch_ = 0;
  int64_t row_ = 0;

  // Not in order: all rows sorted, and the next one.
  std::vector<Row> rows_;
  size_t position_ = 0;
  std::shared_ptr<arrow::RecordBatch> combined_;
  size_t combined_first_ = 0;
  size_t combined_last_ = 0;
  std::vector<int64_t> combined_offsets_;  // Of the batches from combined_first_ on.
};

}  // namespace mosaico::engine
