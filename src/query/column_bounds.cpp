#include "query/column_bounds.hpp"

#include <algorithm>

#include "query/operators.hpp"

namespace mosaico::query {

using nlohmann::json;

namespace {

// Bools have an order only here.
json ordered(const json& value) {
  return value.is_boolean() ? json(value.get<bool>() ? 1 : 0) : value;
}

}  // namespace

// Everything that is not clearly less or greater counts as possible.
bool may_hold(const Condition& condition, const ColumnBounds& bounds) {
  if (condition.op == Operator::Exists || condition.op == Operator::NotExists) return true;
  if (bounds.only_nulls) return false;
  if (bounds.min.is_null() || bounds.max.is_null()) return true;
  const json min = ordered(bounds.min);
  const json max = ordered(bounds.max);
  const auto all_below = [&](const json& value) {
    return compare_scalars(max, ordered(value)) < 0;
  };
  const auto all_above = [&](const json& value) {
    return compare_scalars(min, ordered(value)) > 0;
  };
  const auto is_within = [&](const json& value) { return !all_below(value) && !all_above(value); };
  const json& value = condition.value;
  switch (condition.op) {
    case Operator::Eq:
      return value.is_array() || is_within(value);
    case Operator::Lt:
      return !all_above(value) && compare_scalars(min, value) != 0;
    case Operator::Leq:
      return !all_above(value);
    case Operator::Gt:
      return !all_below(value) && compare_scalars(max, value) != 0;
    case Operator::Geq:
      return !all_below(value);
    case Operator::Between:
      return !all_below(value[0]) && !all_above(value[1]);
    case Operator::Outside:
      return !(compare_scalars(min, value[0]) >= 0 && compare_scalars(max, value[1]) <= 0);
    case Operator::In:
      return std::any_of(value.begin(), value.end(), is_within);
    default:
      return true;  // A NaN, which bounds do not count in, fulfils $neq; patterns have no order.
  }
}

}  // namespace mosaico::query
