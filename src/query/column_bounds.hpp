#pragma once

#include <nlohmann/json.hpp>

#include "query/filter.hpp"

namespace mosaico::query {

// What statistics say of a column outside lists, for some rows.
struct ColumnBounds {
  nlohmann::json
      min;  // No value that is a number, text or bool lies below, NaN apart. Null: unknown.
  nlohmann::json max;
  bool only_nulls = false;
};

// False only when no row can fulfil the condition. The condition's value suits the column.
bool may_hold(const Condition& condition, const ColumnBounds& bounds);

}  // namespace mosaico::query
