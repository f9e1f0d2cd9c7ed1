#include <arrow/csv/api.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <vector>

#include "cli/tables/table_reader.hpp"

namespace mosaico::cli {

namespace {

constexpr int32_t kBlockBytes = 1 << 20;
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

class CsvTable final : public TableReader {
 public:
  CsvTable(std::string path, std::shared_ptr<arrow::Schema> schema,
           std::shared_ptr<arrow::csv::StreamingReader> reader, int64_t bytes)
      : path_(std::move(path)),
        schema_(std::move(schema)),
        reader_(std::move(reader)),
        bytes_(bytes) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  bool is_text() const override { return true; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader_ != nullptr) {
      const Status status = reader_->ReadNext(&batch);
      if (!status.ok()) return core::error(ErrorKind::Invalid, path_, ": ", status.message());
      if (batch == nullptr || batch->num_rows() > 0) break;
    }
    return batch;
  }

  double fraction() const override {
    if (reader_ == nullptr || bytes_ == 0) return 1;
    return std::min(1.0, static_cast<double>(reader_->bytes_read()) / static_cast<double>(bytes_));
  }

 private:
  const std::string path_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<arrow::csv::StreamingReader> reader_;  // Null without rows.
  const int64_t bytes_;
};

}  // namespace

Result<std::unique_ptr<TableReader>> open_csv_table(const std::string& path) {
  const char delimiter = path.ends_with(".tsv") ? '\t' : ',';
  ARROW_ASSIGN_OR_RAISE(const Heading heading, read_heading(path, delimiter));
  ARROW_RETURN_NOT_OK(check_names(path, heading));
  auto convert = arrow::csv::ConvertOptions::Defaults();
  arrow::FieldVector fields;
  for (const std::string& name : heading.names) {
    convert.column_types[name] = arrow::utf8();
    fields.push_back(arrow::field(name, arrow::utf8()));
  }
  auto schema = arrow::schema(std::move(fields));
  if (!heading.has_rows) return std::make_unique<CsvTable>(path, schema, nullptr, 0);

  convert.null_values = {""};
  convert.strings_can_be_null = true;
  convert.quoted_strings_can_be_null = false;
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = kBlockBytes;
  read.column_names = heading.names;
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = delimiter;
  parse.newlines_in_values = true;
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t size, file->GetSize());
  ARROW_RETURN_NOT_OK(file->Seek(heading.bytes));
  auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), file, read,
                                                  parse, convert);
  if (!reader.ok()) return core::error(ErrorKind::Invalid, path, ": ", reader.status().message());
  return std::make_unique<CsvTable>(path, schema, *reader, size - heading.bytes);
}

}  // namespace mosaico::cli
