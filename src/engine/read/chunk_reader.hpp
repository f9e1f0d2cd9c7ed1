#pragma once

#include <arrow/type_fwd.h>
#include <parquet/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "engine/ingest/time_column.hpp"
#include "engine/read/absent_columns.hpp"
#include "engine/read/footer_cache.hpp"
#include "engine/read/projection.hpp"
#include "store/store.hpp"

namespace parquet::arrow {
class FileReader;
}

namespace mosaico::engine {

using core::Result;
using core::Status;

// The timestamp_ns column of a batch. Corrupt when there is no such int64 column.
Result<std::shared_ptr<arrow::Int64Array>> timestamps_of(const arrow::RecordBatch& batch);

// One Parquet file of a topic. Its rows ascend in timestamp_ns, ties in push order, so its row
// groups do as well. One thread at a time.
//
// Memory: a row group is decoded whole, or in batches of fewer rows when the caller says so; then a
// page of each column stays until its end. Columns without a value are not decoded, but shared.
class ChunkReader {
 public:
  struct RowGroup {
    int index = 0;
    int64_t rows = 0;
    int64_t timestamp_ns_min = 0;  // Both inclusive.
    int64_t timestamp_ns_max = 0;
  };
  // Estimates of what decoding a row group takes.
  struct Decoding {
    int64_t value_bytes = 0;  // Of all its rows, decoded.
    int64_t page_bytes = 0;   // What is kept beside them until its end.
    int64_t bytes() const { return value_bytes + page_bytes; }
  };

  // Errors: NotFound (the file is gone), Io, Corrupt. `schema` is the topic's, without metadata.
  static Result<std::unique_ptr<ChunkReader>> open(store::Store& store, FooterCache& footers,
                                                   const catalog::Chunk& chunk,
                                                   std::shared_ptr<arrow::Schema> schema);
  // Reads the columns of a projection of that schema, and nothing of the others.
  static Result<std::unique_ptr<ChunkReader>> open(store::Store& store, FooterCache& footers,
                                                   const catalog::Chunk& chunk,
                                                   Projection projection);
  ~ChunkReader();

  const std::vector<RowGroup>& row_groups() const { return row_groups_; }

  // Corrupt when a row group cannot be what its footer says.
  Result<Decoding> decoding(const RowGroup& row_group);

  // Starts on a row group; next() then gives its rows in batches of `batch_rows`.
  Status start(const RowGroup& row_group, int64_t batch_rows);
  // What next() gives from now on.
  void set_batch_rows(int64_t batch_rows);
  // Frees what is kept for a row group that is not read to its end.
  void stop();
  // Null at the end of the row group.
  Result<std::shared_ptr<arrow::RecordBatch>> next();

  // What the file says of the leaf column `leaf` of the projection in a row group; `path` empty
  // where it says nothing.
  Result<catalog::ColumnStatistics> statistics(const RowGroup& row_group, size_t leaf) const;

  // The times of a row group alone, ascending.
  Result<std::shared_ptr<arrow::Int64Array>> read_timestamps(const RowGroup& row_group);

 private:
  ChunkReader(const catalog::Chunk& chunk, std::shared_ptr<arrow::Schema> schema,
              std::optional<std::vector<int>> leaves);

  Status open_file(store::Store& store, FooterCache& footers);
  Status list_row_groups(const parquet::FileMetaData& footer);
  // Looks at the columns of a row group, once.
  Status look_at(const RowGroup& row_group);
  // Says which chunk failed; what the decoder calls invalid is a corrupt file.
  Status failed(const Status& status) const;

  const catalog::Chunk chunk_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::optional<std::vector<int>> leaves_;  // Of the projection; empty: all columns.
  int timestamp_column_ = -1;                     // Among the leaf columns of the file.
  std::vector<RowGroup> row_groups_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  // Of the row group looked at last.
  int looked_at_ = -1;
  AbsentColumns absent_;
  Decoding decoding_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;  // Must go before file_.
  int64_t rows_left_ = 0;                              // Of the row group that batches_ reads.
};

}  // namespace mosaico::engine
