#include <arrow/csv/api.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>
#include <vector>

#include "cli/tables/table_reader.hpp"

namespace mosaico::cli {

namespace {

// Rows are read in blocks, and one must fit into two of them. A block grows for a row that does
// not, up to what a record may have.
constexpr int32_t kBlockBytes = 1 << 20;
constexpr int32_t kBlockBytesMax = 256 << 20;
constexpr int32_t kBlockGrowth = 4;
constexpr std::size_t kHeaderBytesMax = std::size_t{1} << 20;

struct Heading {
  std::vector<std::string> names;
  int64_t bytes = 0;  // Of the line with its end.
  bool has_rows = false;
};

std::string trimmed(std::string text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_blank));
  return text;
}

// Splits the first line by itself: Arrow wants to be told the names, since no type is to be
// guessed.
Result<Heading> read_heading(const std::string& path, char delimiter) {
  std::ifstream file(path, std::ios::binary);
  Heading heading;
  std::string cell;
  bool quoted = false;
  bool ended = false;
  char c = 0;
  while (!ended && file.get(c)) {
    if (++heading.bytes > static_cast<int64_t>(kHeaderBytesMax)) {
      return core::error(ErrorKind::Invalid, path,
                         " has no end of its first line within 1 MiB, is it a table?");
    }
    if (c == '"') {
      // A doubled quote within quotes stands for one.
      if (quoted && file.peek() == '"') {
        file.get(c);
        ++heading.bytes;
        cell += c;
      } else {
        quoted = !quoted;
      }
    } else if (!quoted && c == delimiter) {
      heading.names.push_back(trimmed(std::move(cell)));
      cell.clear();
    } else if (!quoted && (c == '\n' || c == '\r')) {
      if (c == '\r' && file.peek() == '\n') {
        file.get(c);
        ++heading.bytes;
      }
      ended = true;
    } else {
      cell += c;
    }
  }
  heading.names.push_back(trimmed(std::move(cell)));
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (heading.names.front().starts_with(kByteOrderMark)) {
    heading.names.front().erase(0, kByteOrderMark.size());
  }
  while (!heading.has_rows && file.get(c)) heading.has_rows = c != '\n' && c != '\r';
  return heading;
}

Status check_names(const std::string& path, const Heading& heading) {
  if (heading.names.size() == 1 && heading.names.front().empty()) {
    return core::error(ErrorKind::Invalid, path,
                       " is empty, a table starts with a line of column names");
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < heading.names.size(); ++i) {
    const std::string& name = heading.names[i];
    if (name.empty()) {
      return core::error(ErrorKind::Invalid, path, ", line 1: column ", i + 1,
                         " has no name, give it one");
    }
    if (name.find('\0') != std::string::npos) {
      return core::error(ErrorKind::Invalid, path,
                         " is not text, name a CSV, Parquet or Arrow file");
    }
    if (!seen.insert(name).second) {
      return core::error(ErrorKind::Invalid, path, ", line 1: column '", name,
                         "' is there twice, rename one");
    }
  }
  return Status::OK();
}

// Arrow has no code for it, only these words.
bool is_row_too_long(const Status& status) {
  return status.message().find("straddling object") != std::string::npos;
}

class CsvTable final : public TableReader {
 public:
  CsvTable(std::string path, char delimiter, const Heading& heading)
      : path_(std::move(path)), delimiter_(delimiter), heading_(heading), start_(heading.bytes) {
    arrow::FieldVector fields;
    for (const std::string& name : heading.names) {
      fields.push_back(arrow::field(name, arrow::utf8()));
    }
    schema_ = arrow::schema(std::move(fields));
  }

  // Nothing is read without it, as from a file without rows.
  Status open() {
    ARROW_RETURN_NOT_OK(named(open_at_start()));
    return file_->GetSize().Value(&size_);
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  bool is_text() const override { return true; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader_ != nullptr) {
      const Status status = reader_->ReadNext(&batch);
      if (is_row_too_long(status)) {
        start_ += reader_->bytes_read();
        ARROW_RETURN_NOT_OK(named(grow()));
        continue;
      }
      ARROW_RETURN_NOT_OK(named(status));
      if (batch == nullptr || batch->num_rows() > 0) break;
    }
    return batch;
  }

  double fraction() const override {
    const int64_t bytes = size_ - heading_.bytes;
    if (reader_ == nullptr || bytes <= 0) return 1;
    const int64_t read = start_ - heading_.bytes + reader_->bytes_read();
    return std::min(1.0, static_cast<double>(read) / static_cast<double>(bytes));
  }

 private:
  Status named(const Status& status) const {
    return status.ok() ? status : core::error(ErrorKind::Invalid, path_, ": ", status.message());
  }

  // Goes on at start_, with the blocks of now; the first of them is read at once.
  Status open_at_start() {
    auto convert = arrow::csv::ConvertOptions::Defaults();
    for (const std::string& name : heading_.names) convert.column_types[name] = arrow::utf8();
    convert.null_values = {""};
    convert.strings_can_be_null = true;
    convert.quoted_strings_can_be_null = false;
    auto read = arrow::csv::ReadOptions::Defaults();
    read.use_threads = false;
    read.block_size = block_bytes_;
    read.column_names = heading_.names;
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.delimiter = delimiter_;
    parse.newlines_in_values = true;
    // The reader before may still hold the file; a new one has its own place in it.
    reader_.reset();
    ARROW_ASSIGN_OR_RAISE(file_, arrow::io::ReadableFile::Open(path_));
    ARROW_RETURN_NOT_OK(file_->Seek(start_));
    auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), file_, read,
                                                    parse, convert);
    if (is_row_too_long(reader.status())) return grow();
    return std::move(reader).Value(&reader_);
  }

  Status grow() {
    if (block_bytes_ >= kBlockBytesMax) {
      return core::error(ErrorKind::LimitExceeded, "after byte ", start_,
                         " there is a row of more than ", kBlockBytesMax >> 20,
                         " MiB, which is the limit; is a quote missing?");
    }
    block_bytes_ *= kBlockGrowth;
    return open_at_start();
  }

  const std::string path_;
  const char delimiter_;
  const Heading heading_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::ReadableFile> file_;
  int64_t size_ = 0;
  int64_t start_;  // Where reader_ began.
  int32_t block_bytes_ = kBlockBytes;
  std::shared_ptr<arrow::csv::StreamingReader> reader_;  // Null without rows.
};

}  // namespace

Result<std::unique_ptr<TableReader>> open_csv_table(const std::string& path) {
  const char delimiter = path.ends_with(".tsv") ? '\t' : ',';
  ARROW_ASSIGN_OR_RAISE(const Heading heading, read_heading(path, delimiter));
  ARROW_RETURN_NOT_OK(check_names(path, heading));
  auto table = std::make_unique<CsvTable>(path, delimiter, heading);
  if (heading.has_rows) ARROW_RETURN_NOT_OK(table->open());
  return table;
}

}  // namespace mosaico::cli
