#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace mosaico::client {

using core::Status;

// A checksum of rows, the same however they are cut into batches and whatever lies under nulls:
// CRC-32C of each column's nulls, lengths and values, as deep as its type goes. Tells two equal
// recordings from two that differ by accident, not by intent. One thread.
class ColumnDigest {
 public:
  // All batches have the columns of the first, else Invalid. Unsupported: a type that no store
  // takes (dictionary, union, run-end encoded, list view).
  Status update(const arrow::RecordBatch& batch);

  int64_t rows() const { return rows_; }
  // Over all columns; 8 hex digits.
  std::string text() const;
  bool operator==(const ColumnDigest&) const = default;

 private:
  struct Column {
    uint32_t nulls = 0;
    uint32_t lengths = 0;
    uint32_t values = 0;
    std::vector<Column> children;
    bool operator==(const Column&) const = default;
  };
  class Visitor;

  std::vector<Column> columns_;
  int64_t rows_ = 0;
};

}  // namespace mosaico::client
