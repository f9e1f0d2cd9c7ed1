#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include <algorithm>

#include "cli/tables/table_reader.hpp"

namespace mosaico::cli {

namespace {

constexpr int64_t kParquetBatchRows = 32'768;

Status unreadable(const std::string& path, const Status& status) {
  return core::error(ErrorKind::Invalid, path, " cannot be read: ", status.message());
}

// Any source of batches that knows how far it is.
class BatchTable : public TableReader {
 public:
  explicit BatchTable(std::string path) : path_(std::move(path)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> next() final {
    while (true) {
      auto batch = read();
      if (!batch.ok()) return unreadable(path_, batch.status());
      if (*batch == nullptr) return batch;
      // Offsets and indices of a foreign file may point anywhere.
      const Status valid = (*batch)->ValidateFull();
      if (!valid.ok()) return unreadable(path_, valid);
      if ((*batch)->num_rows() > 0) return batch;
    }
  }

 protected:
  virtual Result<std::shared_ptr<arrow::RecordBatch>> read() = 0;

 private:
  const std::string path_;
};

class ParquetTable final : public BatchTable {
 public:
  ParquetTable(const std::string& path, std::unique_ptr<parquet::arrow::FileReader> file,
               std::unique_ptr<arrow::RecordBatchReader> batches)
      : BatchTable(path),
        file_(std::move(file)),
        batches_(std::move(batches)),
        schema_(batches_->schema()),
        rows_(file_->parquet_reader()->metadata()->num_rows()) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  double fraction() const override {
    return rows_ == 0 ? 1 : static_cast<double>(rows_read_) / static_cast<double>(rows_);
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> read() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(batches_->ReadNext(&batch));
    if (batch != nullptr) rows_read_ += batch->num_rows();
    return batch;
  }

  const std::unique_ptr<parquet::arrow::FileReader> file_;  // Outlives its batches.
  const std::unique_ptr<arrow::RecordBatchReader> batches_;
  const std::shared_ptr<arrow::Schema> schema_;
  const int64_t rows_;
  int64_t rows_read_ = 0;
};

class IpcFileTable final : public BatchTable {
 public:
  IpcFileTable(const std::string& path, std::shared_ptr<arrow::ipc::RecordBatchFileReader> file)
      : BatchTable(path), file_(std::move(file)), schema_(file_->schema()) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  double fraction() const override {
    const int batches = file_->num_record_batches();
    return batches == 0 ? 1 : static_cast<double>(next_) / batches;
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> read() override {
    if (next_ == file_->num_record_batches()) return nullptr;
    return file_->ReadRecordBatch(next_++);
  }

  const std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  const std::shared_ptr<arrow::Schema> schema_;
  int next_ = 0;
};

class IpcStreamTable final : public BatchTable {
 public:
  IpcStreamTable(const std::string& path, std::shared_ptr<arrow::io::RandomAccessFile> file,
                 std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream, int64_t bytes)
      : BatchTable(path),
        file_(std::move(file)),
        stream_(std::move(stream)),
        schema_(stream_->schema()),
        bytes_(bytes) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  double fraction() const override {
    const double read = static_cast<double>(file_->Tell().ValueOr(0));
    return bytes_ == 0 ? 1 : std::min(1.0, read / static_cast<double>(bytes_));
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> read() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(stream_->ReadNext(&batch));
    return batch;
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
  const std::shared_ptr<arrow::Schema> schema_;
  const int64_t bytes_;
};

Result<std::unique_ptr<TableReader>> open_parquet(const std::string& path) {
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.OpenFile(path, /*memory_map=*/false));
  auto properties = parquet::default_arrow_reader_properties();
  properties.set_batch_size(kParquetBatchRows);
  properties.set_pre_buffer(false);
  ARROW_ASSIGN_OR_RAISE(auto file, builder.properties(properties)->Build());
  ARROW_ASSIGN_OR_RAISE(auto batches, file->GetRecordBatchReader());
  return std::make_unique<ParquetTable>(path, std::move(file), std::move(batches));
}

Result<std::unique_ptr<TableReader>> open_ipc_file(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(file));
  return std::make_unique<IpcFileTable>(path, std::move(reader));
}

Result<std::unique_ptr<TableReader>> open_ipc_stream(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, file->GetSize());
  ARROW_ASSIGN_OR_RAISE(auto stream, arrow::ipc::RecordBatchStreamReader::Open(file));
  return std::make_unique<IpcStreamTable>(path, file, std::move(stream), bytes);
}

Result<std::unique_ptr<TableReader>> named(const std::string& path,
                                           Result<std::unique_ptr<TableReader>> table) {
  if (!table.ok()) return unreadable(path, table.status());
  return table;
}

}  // namespace

Result<std::unique_ptr<TableReader>> open_parquet_table(const std::string& path) {
  return named(path, open_parquet(path));
}

Result<std::unique_ptr<TableReader>> open_ipc_file_table(const std::string& path) {
  return named(path, open_ipc_file(path));
}

Result<std::unique_ptr<TableReader>> open_ipc_stream_table(const std::string& path) {
  return named(path, open_ipc_stream(path));
}

}  // namespace mosaico::cli
