#pragma once

#include <arrow/type_fwd.h>
#include <parquet/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"

// How the columns of a chunk file are written, and what the catalog is told about them.
namespace mosaico::engine {

using core::Result;
using core::Status;

// Encodings by the kind of each column, and what a look at some of the rows tells: top-level
// columns of bytes that are stored as they are, and how many rows fill a page. `sample` is in the
// storage form.
Result<std::shared_ptr<parquet::WriterProperties>> chunk_properties(
    const arrow::RecordBatch& sample);
std::shared_ptr<parquet::ArrowWriterProperties> chunk_arrow_properties();

// Of the columns outside lists that hold numbers, booleans or text, at most kStatisticsColumnsMax:
// least and greatest value (null where unknown: NaN is not counted in, and infinities, long texts
// and columns without a value have none) and number of nulls, those of a null struct included.
inline constexpr size_t kStatisticsColumnsMax = 200;
inline constexpr size_t kStatisticsTextMax = 64;
Result<std::vector<catalog::ColumnStatistics>> chunk_statistics(
    const parquet::FileMetaData& metadata);

// The same of one leaf column in one row group. Its path is empty for a column of another kind, and
// where the file says nothing.
Result<catalog::ColumnStatistics> column_statistics(const parquet::FileMetaData& metadata,
                                                    int row_group, int leaf);

// Whether chunk_statistics() speaks of a column, and what it says of one whose row groups have
// these statistics.
using ParquetStatistics = std::shared_ptr<parquet::Statistics>;
bool has_chunk_statistics(const parquet::ColumnDescriptor& column);
Result<catalog::ColumnStatistics> summary_of(const parquet::ColumnDescriptor& column,
                                             const std::vector<ParquetStatistics>& groups);

}  // namespace mosaico::engine
