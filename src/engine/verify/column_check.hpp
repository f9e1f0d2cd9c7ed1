#pragma once

#include <parquet/type_fwd.h>

#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"

namespace parquet {
class ParquetFileReader;
}

namespace mosaico::engine {

using core::Result;
using core::Status;

// What chunk_statistics() and column_statistics() would say if they looked at the values.
struct ColumnValues {
  catalog::ColumnStatistics whole;                      // Of the file.
  std::vector<catalog::ColumnStatistics> by_row_group;  // In their order.
};

// Decodes the leaf column `leaf`, which has_chunk_statistics(), a few thousand values at a time.
// Corrupt.
Result<ColumnValues> look_at_column(parquet::ParquetFileReader& file, int leaf);

}  // namespace mosaico::engine
