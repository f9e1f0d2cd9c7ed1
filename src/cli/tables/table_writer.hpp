#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "core/error.hpp"

namespace mosaico::cli {

using core::Result;
using core::Status;

enum class TableFormat { Csv, Parquet };

// A table on its way into a file, at constant memory. The file appears under its name, whole, at
// close(); until then, and for good when it is never called, there is none. One thread.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  virtual Status write(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  virtual Status close() = 0;
};

// Replaces a file of the name. Every error names it.
//   Csv      nested columns flattened with dots; every value reads back equal: the shortest such
//            text of floats, nothing for null, "" for an empty text, base64 for bytes, JSON for
//            lists
//   Parquet  the columns as they are
Result<std::unique_ptr<TableWriter>> create_table(const std::string& path, TableFormat format,
                                                  const std::shared_ptr<arrow::Schema>& schema);
Result<std::unique_ptr<TableWriter>> create_csv_table(const std::string& path,
                                                      const std::shared_ptr<arrow::Schema>& schema);
Result<std::unique_ptr<TableWriter>> create_parquet_table(
    const std::string& path, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace mosaico::cli
