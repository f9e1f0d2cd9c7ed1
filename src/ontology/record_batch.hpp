#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "core/error.hpp"
#include "mosaico/detail/column_view.hpp"
#include "mosaico/detail/record_buffer.hpp"
#include "mosaico/message.hpp"

namespace mosaico::ontology {

using core::Result;
using core::Status;

// The rows of a finished buffer as a batch of `schema` (timestamp_ns first), without copying: the
// batch keeps the buffer alive. The buffer's columns must be those of the schema.
Result<std::shared_ptr<arrow::RecordBatch>> to_record_batch(
    const std::shared_ptr<arrow::Schema>& schema,
    const std::shared_ptr<const detail::RecordBuffer>& buffer);

// A batch with `timestamp_ns` among its columns, ready for reading as messages of `type`, whose
// schema is that of the batch. Top-level large and view types are cast to plain ones; all else is
// borrowed from the batch, which the result keeps alive.
Result<std::shared_ptr<const detail::StreamBatch>> to_stream_batch(
    const std::shared_ptr<arrow::RecordBatch>& batch, OntologyType type);

// What RecordBatch::ValidateFull() checks, with its errors: that no reader of foreign arrays is led
// out of their memory. Several times as fast for lists and texts, above all for columns that are
// null throughout, which most of a sensor's are (workload push_columns).
Status check_arrays(const arrow::RecordBatch& batch);

// What the rows of a batch take in memory, slices counted by what they show and memory that columns
// share counted once.
Result<int64_t> bytes_of(const arrow::RecordBatch& batch);

// The same with memory that columns share counted for each of them.
Result<int64_t> bytes_of_columns(const arrow::RecordBatch& batch);

}  // namespace mosaico::ontology
