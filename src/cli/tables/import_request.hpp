#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace mosaico::cli {

using core::Result;
using core::Status;

// value × scale + offset
struct Scaling {
  double scale = 1;
  double offset = 0;

  bool is_identity() const { return scale == 1 && offset == 0; }
  double apply(double value) const { return value * scale + offset; }
};

enum class TimeUnit : std::int64_t {
  Nanoseconds = 1,
  Microseconds = 1'000,
  Milliseconds = 1'000'000,
  Seconds = 1'000'000'000
};
std::optional<TimeUnit> time_unit_from_name(std::string_view name);  // "s", "ms", "us", "ns"

// An entry of map=: FIELD:COLUMN*SCALE+OFFSET
struct MapEntry {
  std::string field;
  std::string expression;  // COLUMN*SCALE+OFFSET, read once the names of the columns are known.
};

// One --topic NAME=FILE[,as=TYPE][,tag=TAG][,time=COLUMN:UNIT][,map=…;…]
struct ImportRequest {
  std::string topic = {};
  std::string file = {};
  std::string as = {};   // A built-in type; empty: a type derived from the columns.
  std::string tag = {};  // Of the derived type.
  std::string time_column = {};
  std::optional<TimeUnit> time_unit = {};
  std::vector<MapEntry> map = {};

  // Invalid, with what to write instead.
  static Result<ImportRequest> parse(const std::string& text);
};

struct ColumnExpression {
  std::string column;
  Scaling scaling = {};
};
// Reads COLUMN*SCALE+OFFSET. A column of exactly that name comes first, so that names with signs in
// them can be used.
Result<ColumnExpression> parse_column_expression(const std::string& text,
                                                 const std::vector<std::string>& columns);

}  // namespace mosaico::cli
