#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "core/error.hpp"

namespace mosaico::cli {

using core::Result;
using core::Status;

// The rows of a table in a file, batch by batch, at constant memory. One thread.
class TableReader {
 public:
  virtual ~TableReader() = default;

  // The columns as the file has them. In a text file all of them are utf8, and an empty field
  // without quotes is null.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  virtual bool is_text() const { return false; }
  // The next rows, never none; null at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;
  // The share of the file that was read, from 0 to 1.
  virtual double fraction() const = 0;
};

// Opens a CSV (TSV), Parquet, or Arrow IPC file or stream, told apart by their first bytes; what is
// none of the others is text. NotFound without the file, Invalid when it cannot be read as what it
// seems; every error names the file.
Result<std::unique_ptr<TableReader>> open_table(const std::string& path);

Result<std::unique_ptr<TableReader>> open_csv_table(const std::string& path);
Result<std::unique_ptr<TableReader>> open_parquet_table(const std::string& path);
Result<std::unique_ptr<TableReader>> open_ipc_file_table(const std::string& path);
Result<std::unique_ptr<TableReader>> open_ipc_stream_table(const std::string& path);

}  // namespace mosaico::cli
