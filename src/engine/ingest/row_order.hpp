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
// copied. Others are copied a row group at a time; beside the group itself that takes at most twice
// its bytes and 24 bytes a row, whatever the number of batches it draws from. One thread.
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
  // The rows from number `begin` to position_, in order.
  Result<std::shared_ptr<arrow::RecordBatch>> gather(size_t begin) const;
  // The same rows batch by batch, and for each row of the group where it is in them.
  Result<arrow::RecordBatchVector> take_parts(size_t begin, std::vector<int64_t>* places) const;

  const std::vector<TailBatch>& batches_;
  const GroupLimits limits_;

  // In order already: the place of the next row.
  size_t batch_ = 0;
  int64_t row_ = 0;

  // Not in order: all rows sorted, and the next one.
  std::vector<Row> rows_;
  size_t position_ = 0;
};

}  // namespace mosaico::engine
