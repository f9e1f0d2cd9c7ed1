#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// `rows` nulls of a storable type. Up to a size that no row group reaches by default they all share
// one piece of memory.
Result<std::shared_ptr<arrow::ArrayData>> shared_nulls(const std::shared_ptr<arrow::DataType>& type,
                                                       int64_t rows);

// Whether it is of that piece.
bool is_of_shared_nulls(const arrow::Buffer& buffer);

// The same rows; columns, and members of structs, that are null in all of them are shared_nulls().
Result<std::shared_ptr<arrow::RecordBatch>> share_nulls(
    const std::shared_ptr<arrow::RecordBatch>& batch);

// The columns of a batch that share_nulls() leaves as they are, to be measured.
struct BesideNulls {
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t null_row_bytes = 0;  // What a row takes of the one piece that all others share.
};
BesideNulls beside_nulls(const std::shared_ptr<arrow::RecordBatch>& batch);

}  // namespace mosaico::engine
