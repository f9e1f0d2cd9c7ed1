#include "engine/ingest/time_column.hpp"

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

namespace mosaico::engine {

const int64_t* timestamps(const arrow::RecordBatch& batch) {
  const int column = batch.schema()->GetFieldIndex(kTimestampColumn);
  return static_cast<const arrow::Int64Array&>(*batch.column(column)).raw_values();
}

TimeRange time_range(const arrow::RecordBatch& batch) {
  const int64_t* times = timestamps(batch);
  TimeRange range{.min = times[0], .max = times[0]};
  for (int64_t row = 1; row < batch.num_rows(); ++row) {
    range.ascending = range.ascending && times[row - 1] <= times[row];
    range.min = std::min(range.min, times[row]);
    range.max = std::max(range.max, times[row]);
  }
  return range;
}

}  // namespace mosaico::engine
