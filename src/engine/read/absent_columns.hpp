#pragma once

#include <arrow/type_fwd.h>
#include <parquet/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// The columns of a row group that hold no value, as its footer tells by how often each level of
// nesting occurs. They are not decoded: what takes their place is null in every row, and all of it
// shares one piece of memory. Most columns of a sensor's type are of this kind.
//
// Immutable.
class AbsentColumns {
 public:
  // None.
  AbsentColumns() = default;
  // Of files that have exactly the columns of `schema`, which has one that is not nullable. Throws
  // what Parquet throws.
  static AbsentColumns find(const arrow::Schema& schema, const parquet::SchemaDescriptor& file,
                            const parquet::RowGroupMetaData& group);

  bool empty() const { return columns_.empty(); }
  // The leaf columns that have to be decoded, ascending. Not of an empty one.
  const std::vector<int>& present_leaves() const { return leaves_; }

  // Adds them to a batch of the columns that were decoded. Corrupt when those are others.
  Result<std::shared_ptr<arrow::RecordBatch>> fill(const arrow::RecordBatch& decoded,
                                                   const arrow::Schema& schema) const;

 private:
  enum class Kind {
    Decoded,  // With all below it.
    Absent,
    Struct,  // Some of its children are absent.
  };
  struct Column {
    Kind kind = Kind::Decoded;
    std::vector<Column> children;  // Of a struct.
  };
  class Search;

  static Result<std::shared_ptr<arrow::ArrayData>> fill_struct(
      const Column& column, const std::shared_ptr<arrow::ArrayData>& decoded,
      const arrow::DataType& type);

  std::vector<Column> columns_;
  std::vector<int> leaves_;
};

}  // namespace mosaico::engine
