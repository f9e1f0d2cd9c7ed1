#include "limits/parquet_limit.hpp"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.hpp"
#include "engine/ingest/chunk_columns.hpp"
#include "engine/options.hpp"
#include "engine/stored_schema.hpp"
#include "measure.hpp"

namespace mosaico::bench {

namespace fs = std::filesystem;
using arrow::Result;
using arrow::Status;
using core::value_or_throw;

namespace {

// Takes bytes and forgets them.
class CountingStream : public arrow::io::OutputStream {
 public:
  using arrow::io::OutputStream::Write;
  Status Write(const void*, std::int64_t bytes) override {
    bytes_ += bytes;
    return Status::OK();
  }
  Result<std::int64_t> Tell() const override { return bytes_; }
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  std::int64_t bytes_ = 0;
  bool closed_ = false;
};

std::shared_ptr<parquet::WriterProperties> properties_of(ParquetSettings settings,
                                                         const arrow::RecordBatch& batch) {
  switch (settings) {
    case ParquetSettings::Ours:
      return value_or_throw(engine::chunk_properties(batch));
    case ParquetSettings::ArrowZstd:
      return parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build();
    case ParquetSettings::ArrowDefaults:
      break;
  }
  // What a user of Arrow gets from its tools.
  return parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
}

Status write_row_group(parquet::arrow::FileWriter& writer,
                       std::vector<std::shared_ptr<arrow::RecordBatch>>* rows) {
  if (rows->empty()) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(*rows));
  rows->clear();
  return writer.WriteTable(*table, table->num_rows());
}

class FileEncoder {
 public:
  FileEncoder(std::shared_ptr<arrow::Schema> schema,
              std::shared_ptr<parquet::WriterProperties> properties, bool ours)
      : schema_(std::move(schema)), properties_(std::move(properties)), ours_(ours) {}

  Status add(const std::shared_ptr<arrow::RecordBatch>& batch) {
    for (std::int64_t first = 0; first < batch->num_rows();) {
      const std::int64_t rows = std::min(batch->num_rows() - first, limits_.row_group_rows - rows_);
      group_.push_back(batch->Slice(first, rows));
      first += rows;
      rows_ += rows;
      file_rows_ += rows;
      if (rows_ == limits_.row_group_rows) ARROW_RETURN_NOT_OK(end_group());
      if (file_rows_ >= limits_.chunk_rows) ARROW_RETURN_NOT_OK(end_file());
    }
    return Status::OK();
  }

  Result<std::int64_t> finish() {
    ARROW_RETURN_NOT_OK(end_file());
    return bytes_;
  }

 private:
  Status end_group() {
    if (writer_ == nullptr) {
      stream_ = std::make_shared<CountingStream>();
      const auto arrow_properties =
          ours_ ? engine::chunk_arrow_properties()
                : parquet::ArrowWriterProperties::Builder().store_schema()->build();
      ARROW_ASSIGN_OR_RAISE(
          writer_, parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), stream_,
                                                    properties_, arrow_properties));
    }
    rows_ = 0;
    return write_row_group(*writer_, &group_);
  }

  Status end_file() {
    if (rows_ > 0) ARROW_RETURN_NOT_OK(end_group());
    file_rows_ = 0;
    if (writer_ == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(writer_->Close());
    writer_ = nullptr;
    ARROW_ASSIGN_OR_RAISE(const std::int64_t bytes, stream_->Tell());
    bytes_ += bytes;
    return Status::OK();
  }

  const engine::EngineOptions limits_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<parquet::WriterProperties> properties_;
  const bool ours_;
  std::shared_ptr<CountingStream> stream_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> group_;
  std::int64_t rows_ = 0;
  std::int64_t file_rows_ = 0;
  std::int64_t bytes_ = 0;
};

// Whether the statistics of a row group leave values in (low, high) possible.
bool may_match(const parquet::RowGroupMetaData& group, int column, double low, double high) {
  const auto statistics = group.ColumnChunk(column)->statistics();
  if (statistics == nullptr || !statistics->HasMinMax()) return true;
  const auto& typed = static_cast<const parquet::DoubleStatistics&>(*statistics);
  return typed.max() > low && typed.min() < high;
}

Result<std::int64_t> count_matches(const arrow::Array& values, double low, double high) {
  namespace compute = arrow::compute;
  ARROW_ASSIGN_OR_RAISE(const auto above,
                        compute::CallFunction("greater", {values, arrow::MakeScalar(low)}));
  ARROW_ASSIGN_OR_RAISE(const auto below,
                        compute::CallFunction("less", {values, arrow::MakeScalar(high)}));
  ARROW_ASSIGN_OR_RAISE(const auto both, compute::CallFunction("and", {above, below}));
  ARROW_ASSIGN_OR_RAISE(const auto sum, compute::CallFunction("sum", {both}));
  const auto& count = sum.scalar_as<arrow::UInt64Scalar>();
  return count.is_valid ? static_cast<std::int64_t>(count.value) : 0;
}

// The values of a leaf inside structs.
std::shared_ptr<arrow::Array> leaf_of(std::shared_ptr<arrow::Array> array) {
  while (array->type_id() == arrow::Type::STRUCT) {
    array = static_cast<const arrow::StructArray&>(*array).field(0);
  }
  return array;
}

Status scan_file(const fs::path& path, const std::string& column, double low, double high,
                 FilteredScan* scan) {
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  ARROW_ASSIGN_OR_RAISE(const auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
  const auto metadata = reader->parquet_reader()->metadata();
  const int leaf = metadata->schema()->ColumnIndex(column);
  if (leaf < 0) return Status::Invalid("no column ", column);
  for (int group = 0; group < metadata->num_row_groups(); ++group) {
    if (!may_match(*metadata->RowGroup(group), leaf, low, high)) continue;
    ARROW_ASSIGN_OR_RAISE(const auto table, reader->ReadRowGroup(group, {leaf}));
    ++scan->row_groups_read;
    for (const auto& chunk : table->column(0)->chunks()) {
      ARROW_ASSIGN_OR_RAISE(const std::int64_t matches, count_matches(*leaf_of(chunk), low, high));
      scan->matches += matches;
    }
  }
  return Status::OK();
  END_PARQUET_CATCH_EXCEPTIONS
}

}  // namespace

Encoded encode(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
               ParquetSettings settings) {
  const bool ours = settings == ParquetSettings::Ours;
  const auto schema =
      ours ? engine::storage_schema(*batches.front()->schema()) : batches.front()->schema();
  FileEncoder encoder(schema, properties_of(settings, *batches.front()), ours);
  const Stopwatch stopwatch;
  for (const auto& batch : batches) {
    core::throw_if_error(
        encoder.add(ours ? value_or_throw(engine::with_schema(*batch, schema)) : batch));
  }
  const std::int64_t bytes = value_or_throw(encoder.finish());
  return {.seconds = stopwatch.seconds(), .bytes = bytes};
}

struct RowGroupReader::Reader {
  std::unique_ptr<parquet::arrow::FileReader> file;
};

RowGroupReader::RowGroupReader(const fs::path& file) : reader_(std::make_unique<Reader>()) {
  reader_->file = value_or_throw(parquet::arrow::OpenFile(
      value_or_throw(arrow::io::ReadableFile::Open(file)), arrow::default_memory_pool()));
}

RowGroupReader::~RowGroupReader() = default;

int RowGroupReader::row_groups() const { return reader_->file->num_row_groups(); }

double RowGroupReader::read_seconds(int row_group) const {
  const Stopwatch stopwatch;
  value_or_throw(reader_->file->ReadRowGroup(row_group));
  return stopwatch.seconds();
}

FilteredScan filtered_scan(const std::vector<fs::path>& files, const std::string& column,
                           double low, double high, int threads) {
  core::throw_if_error(arrow::compute::Initialize());
  std::vector<FilteredScan> scans(static_cast<std::size_t>(threads));
  std::vector<Status> errors(scans.size());
  std::atomic<std::size_t> next = 0;
  const Stopwatch stopwatch;
  {
    std::vector<std::jthread> workers;
    for (std::size_t worker = 0; worker < scans.size(); ++worker) {
      workers.emplace_back([&, worker] {
        for (std::size_t i = next++; i < files.size() && errors[worker].ok(); i = next++) {
          errors[worker] = scan_file(files[i], column, low, high, &scans[worker]);
        }
      });
    }
  }
  FilteredScan all{.seconds = stopwatch.seconds()};
  for (std::size_t worker = 0; worker < scans.size(); ++worker) {
    core::throw_if_error(errors[worker]);
    all.matches += scans[worker].matches;
    all.row_groups_read += scans[worker].row_groups_read;
  }
  return all;
}

std::vector<fs::path> parquet_files(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == ".parquet") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace mosaico::bench
