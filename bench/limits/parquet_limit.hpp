#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

// What Parquet alone does, on one core unless it says otherwise.
namespace mosaico::bench {

// How rows are written: as our chunks are, or as Arrow does unless it is told otherwise, with its
// default codec or with zstd.
enum class ParquetSettings { Ours, ArrowDefaults, ArrowZstd };

struct Encoded {
  double seconds = 0;
  std::int64_t bytes = 0;
};
// Encodes batches of one schema, a row group of 32 k rows after the other and a file of a million
// rows after the other, and drops what comes out.
Encoded encode(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
               ParquetSettings settings);

// Seconds to read and decode a row group of an open file, all columns.
class RowGroupReader {
 public:
  explicit RowGroupReader(const std::filesystem::path& file);
  ~RowGroupReader();
  int row_groups() const;
  double read_seconds(int row_group) const;

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
};

// Counts rows of files in which `column` is in (low, high), as Arrow's own scan of a dataset does:
// footers, row groups that their statistics rule out, then the column and a filter. On `threads`.
struct FilteredScan {
  double seconds = 0;
  std::int64_t matches = 0;
  std::int64_t row_groups_read = 0;
};
FilteredScan filtered_scan(const std::vector<std::filesystem::path>& files,
                           const std::string& column, double low, double high, int threads);

// The Parquet files below a folder, in order of their paths.
std::vector<std::filesystem::path> parquet_files(const std::filesystem::path& directory);

}  // namespace mosaico::bench
