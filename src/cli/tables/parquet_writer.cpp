#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <utility>

#include "cli/tables/part_file.hpp"
#include "cli/tables/table_writer.hpp"

namespace mosaico::cli {

namespace {

// A row group is held in memory until it is whole.
constexpr std::int64_t kRowGroupBytes = std::int64_t{32} << 20;
constexpr std::int64_t kRowGroupRows = std::int64_t{1} << 20;

class ParquetWriter final : public TableWriter {
 public:
  ParquetWriter(std::unique_ptr<PartFile> file, std::unique_ptr<parquet::arrow::FileWriter> writer)
      : file_(std::move(file)), writer_(std::move(writer)) {}

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    const std::int64_t bytes = arrow::util::TotalBufferSize(*batch);
    if (group_bytes_ > 0 && group_bytes_ + bytes > kRowGroupBytes) {
      ARROW_RETURN_NOT_OK(named(writer_->NewBufferedRowGroup()));
      group_bytes_ = 0;
    }
    group_bytes_ += bytes;
    return named(writer_->WriteRecordBatch(*batch));
  }

  Status close() override {
    ARROW_RETURN_NOT_OK(named(writer_->Close()));
    return file_->commit();
  }

 private:
  Status named(const Status& status) const {
    if (status.ok()) return status;
    return core::error(ErrorKind::Unsupported, file_->path(),
                       " cannot be written as Parquet: ", status.message());
  }

  const std::unique_ptr<PartFile> file_;
  const std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::int64_t group_bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> create_parquet_table(
    const std::string& path, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto file, PartFile::create(path));
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(parquet::Compression::SNAPPY)
                              ->max_row_group_length(kRowGroupRows)
                              ->build();
  // The Arrow schema stands in the file, and list children keep their name: both are what makes a
  // table read back as it was.
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder()
                                    .store_schema()
                                    ->disable_compliant_nested_types()
                                    ->build();
  auto writer = parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(),
                                                 file->stream(), properties, arrow_properties);
  if (!writer.ok()) {
    return core::error(ErrorKind::Unsupported, path,
                       " cannot be written as Parquet: ", writer.status().message());
  }
  return std::make_unique<ParquetWriter>(std::move(file), *std::move(writer));
}

Result<std::unique_ptr<TableWriter>> create_table(const std::string& path, TableFormat format,
                                                  const std::shared_ptr<arrow::Schema>& schema) {
  return format == TableFormat::Csv ? create_csv_table(path, schema)
                                    : create_parquet_table(path, schema);
}

}  // namespace mosaico::cli
