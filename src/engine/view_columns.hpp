#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/error.hpp"

// Columns of view types (utf8_view, binary_view, at any depth). A view array has all buffers of the
// array that it was cut from, and Arrow 26 cannot take rows from it.
namespace mosaico::engine {

bool has_views(const arrow::Schema& schema);

// The same values with offsets in place of views, and no more bytes than these rows have.
core::Result<std::shared_ptr<arrow::RecordBatch>> without_views(
    const std::shared_ptr<arrow::RecordBatch>& batch);

// The rows with these numbers, in their order, whatever the types of the columns.
core::Result<std::shared_ptr<arrow::RecordBatch>> take_rows(
    const std::shared_ptr<arrow::RecordBatch>& batch, std::vector<int64_t> rows);

}  // namespace mosaico::engine
