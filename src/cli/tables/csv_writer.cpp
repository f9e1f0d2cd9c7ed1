#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "cli/tables/cell_text.hpp"
#include "cli/tables/part_file.hpp"
#include "cli/tables/table_writer.hpp"
#include "cli/tables/topic_plan.hpp"

namespace mosaico::cli {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

class CsvWriter final : public TableWriter {
 public:
  CsvWriter(std::unique_ptr<PartFile> file, std::vector<TableLeaf> leaves)
      : file_(std::move(file)), leaves_(std::move(leaves)) {}

  void write_heading() {
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      if (i > 0) text_ += ',';
      append_text_cell(text_, leaves_[i].name);
    }
    text_ += '\n';
  }

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    arrow::ArrayVector columns;
    for (const TableLeaf& leaf : leaves_) {
      ARROW_ASSIGN_OR_RAISE(auto values, leaf_values(*batch, leaf));
      columns.push_back(std::move(values));
    }
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) text_ += ',';
        ARROW_RETURN_NOT_OK(append_cell(text_, *columns[i], row));
      }
      text_ += '\n';
      if (text_.size() >= kBlockBytes) ARROW_RETURN_NOT_OK(flush());
    }
    return Status::OK();
  }

  Status close() override {
    ARROW_RETURN_NOT_OK(flush());
    return file_->commit();
  }

 private:
  Status flush() {
    const Status written =
        file_->stream()->Write(text_.data(), static_cast<std::int64_t>(text_.size()));
    text_.clear();
    return written.ok() ? written
                        : core::error(ErrorKind::Io, file_->path(), ": ", written.message());
  }

  const std::unique_ptr<PartFile> file_;
  const std::vector<TableLeaf> leaves_;
  std::string text_;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> create_csv_table(
    const std::string& path, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto file, PartFile::create(path));
  auto writer = std::make_unique<CsvWriter>(std::move(file), leaves_of(*schema));
  writer->write_heading();
  return writer;
}

}  // namespace mosaico::cli
