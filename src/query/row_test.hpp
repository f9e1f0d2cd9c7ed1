#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/error.hpp"
#include "query/column_path.hpp"
#include "query/filter.hpp"
#include "query/instant.hpp"

namespace mosaico::query {

// One entry a row: 1 where it fulfils the conditions, else 0.
using RowMask = std::vector<uint8_t>;

// The value of a condition as the values of its column are compared with it: as long doubles only
// where neither int64 nor double holds all of both exactly. A bool is an int64.
using Operands = std::variant<std::vector<int64_t>, std::vector<double>, std::vector<long double>,
                              std::vector<std::string>, std::vector<Instant>>;

// A condition and the column it asks.
struct ColumnTest {
  Condition condition;
  std::vector<int> indices;  // The column from the schema down: children of structs and lists.
  ListSpecifier specifier = ListSpecifier::None;
  int64_t position = 0;      // Of At.
  bool in_list = false;      // The column is a list, or lies within one.
  bool is_temporal = false;  // A date, a time or a timestamp.
  int64_t ns_per_tick = 1;   // Of such a column.
  Operands operands;         // Sorted for $in.
};

// Conditions on the columns of one schema, joined by AND: docs/protocol.md, sections 9.3 and 9.6.
// Immutable, so thread-safe.
class RowTest {
 public:
  // Invalid, naming the condition, for a list specifier on a column that is no list, and for lists
  // of lists.
  static Result<RowTest> bind(const std::vector<Condition>& conditions,
                              const arrow::Schema& schema);

  // No row can fulfil them: a column is unknown (or known, where it must not be), or the type of a
  // value does not suit its column.
  bool never() const { return never_; }
  // What is left to be asked row by row. Empty, unless never(): every row fulfils them.
  const std::vector<ColumnTest>& columns() const { return columns_; }

  // For batches of the schema. Must not be called when never().
  RowMask test(const arrow::RecordBatch& batch) const;

 private:
  bool never_ = false;
  std::vector<ColumnTest> columns_;
};

}  // namespace mosaico::query
