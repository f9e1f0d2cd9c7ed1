#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>

namespace mosaico::engine {

inline constexpr const char* kTimestampColumn = "timestamp_ns";

// The values of `timestamp_ns`, which must be there, an int64 and without nulls. Borrowed.
const int64_t* timestamps(const arrow::RecordBatch& batch);

struct TimeRange {
  int64_t min = 0;
  int64_t max = 0;
  bool ascending = true;
};

// Of a batch with at least one row.
TimeRange time_range(const arrow::RecordBatch& batch);

}  // namespace mosaico::engine
