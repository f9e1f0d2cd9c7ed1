#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

struct CheckedBatch {
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t bytes = 0;  // Of its Arrow data, as a reader gets it.
};

// Takes foreign rows in. Invalid unless the batch has exactly the columns of `schema` (metadata
// apart), passes Arrow's full validation and holds no null where the schema allows none;
// LimitExceeded when it is larger than `bytes_max`. In the result a column without nulls below a
// null struct has no null either, as Parquet wants it.
Result<CheckedBatch> check_batch(const arrow::RecordBatch& batch,
                                 const std::shared_ptr<arrow::Schema>& schema, int64_t bytes_max);

// What a batch takes in memory beside its data: small batches are mostly that.
int64_t overhead_bytes(const arrow::RecordBatch& batch);

// What a batch of `bytes` takes in memory: that, and those bytes without what all batches share
// (share_absent_fields()). Where it is a part of a message, the message stays as a whole.
int64_t memory_bytes(const arrow::RecordBatch& batch, int64_t bytes);

}  // namespace mosaico::engine
