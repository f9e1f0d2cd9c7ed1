#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "core/error.hpp"
#include "mosaico/columns.hpp"

namespace mosaico::client {

// Takes over the columns that a program hands to a topic, and checks them. Thread-safe.
class ColumnImport {
 public:
  // `topic` is its name in errors.
  ColumnImport(std::string topic, std::shared_ptr<arrow::Schema> schema);
  ~ColumnImport();
  ColumnImport(const ColumnImport&) = delete;
  ColumnImport& operator=(const ColumnImport&) = delete;

  // Invalid: no columns, those of another schema, malformed arrays, a null in `timestamp_ns`.
  core::Result<std::shared_ptr<arrow::RecordBatch>> import(Columns& columns) const;

 private:
  // The batch, where the structures say that its schema is the topic's. Null: it takes more to
  // tell.
  core::Result<std::shared_ptr<arrow::RecordBatch>> import_known(Columns& columns) const;

  const std::string topic_;
  const std::shared_ptr<arrow::Schema> schema_;
  ArrowSchema exported_ = {};  // Of schema_.
};

}  // namespace mosaico::client
