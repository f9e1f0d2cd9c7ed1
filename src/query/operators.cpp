#include "query/operators.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <limits>
#include <string>
#include <utility>

#include "core/names.hpp"
#include "query/evaluate.hpp"

namespace mosaico::query {

using core::error;
using nlohmann::json;

namespace {

constexpr std::array<std::pair<std::string_view, Operator>, 12> kOperators = {{
    {"$eq", Operator::Eq},
    {"$neq", Operator::Neq},
    {"$lt", Operator::Lt},
    {"$leq", Operator::Leq},
    {"$gt", Operator::Gt},
    {"$geq", Operator::Geq},
    {"$between", Operator::Between},
    {"$outside", Operator::Outside},
    {"$in", Operator::In},
    {"$match", Operator::Match},
    {"$ex", Operator::Exists},
    {"$nex", Operator::NotExists},
}};

constexpr size_t kListElementsMax = 1024;

enum class Kind { Number, Text, Bool, Other };

Kind kind_of(const json& value) {
  if (value.is_number()) return Kind::Number;
  if (value.is_string()) return Kind::Text;
  if (value.is_boolean()) return Kind::Bool;
  return Kind::Other;
}

// Wide enough for every int64, uint64 and double, so that comparing loses nothing.
long double exact(const json& number) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  if (number.is_number_unsigned()) return static_cast<long double>(number.get<uint64_t>());
  if (number.is_number_integer()) return static_cast<long double>(number.get<int64_t>());
  return static_cast<long double>(number.get<double>());
}

Status validate_elements(const json& array) {
  for (const json& element : array) {
    if (kind_of(element) == Kind::Other) {
      return error(ErrorKind::Invalid, "expected numbers, texts or bools in the array, not ",
                   element.type_name());
    }
    if (kind_of(element) != kind_of(array.front())) {
      return error(ErrorKind::Invalid, "mixed types in one array");
    }
  }
  return Status::OK();
}

Status validate_range(const json& value) {
  if (!value.is_array() || value.size() != 2) {
    return error(ErrorKind::Invalid, "expected an array [min, max]");
  }
  ARROW_RETURN_NOT_OK(validate_elements(value));
  if (kind_of(value[0]) == Kind::Bool) {
    return error(ErrorKind::Invalid, "expected numbers or texts in [min, max]");
  }
  if (compare_scalars(value[0], value[1]) > 0) {
    return error(ErrorKind::Invalid, "min is greater than max");
  }
  return Status::OK();
}

Status validate_equality(const json& value, ListValues lists) {
  if (value.is_array() && lists == ListValues::Allowed) {
    if (value.size() > kListElementsMax) {
      return error(ErrorKind::Invalid, "an array of ", value.size(), " elements; at most ",
                   kListElementsMax, " are allowed");
    }
    return validate_elements(value);
  }
  if (kind_of(value) == Kind::Other) {
    return error(ErrorKind::Invalid, "expected a number, a text or a bool, not ",
                 value.type_name());
  }
  return Status::OK();
}

Status validate_order(const json& value) {
  if (kind_of(value) != Kind::Number && kind_of(value) != Kind::Text) {
    return error(ErrorKind::Invalid, "expected a number or a text, not ", value.type_name());
  }
  return Status::OK();
}

Status validate_choice(const json& value) {
  if (!value.is_array() || value.empty()) {
    return error(ErrorKind::Invalid, "expected an array that is not empty");
  }
  return validate_elements(value);
}

}  // namespace

std::string_view operator_name(Operator op) { return kOperators[static_cast<size_t>(op)].first; }

std::optional<Operator> find_operator(std::string_view name) {
  for (const auto& [known, op] : kOperators) {
    if (known == name) return op;
  }
  return std::nullopt;
}

Status validate_value(Operator op, const json& value, ListValues lists) {
  switch (op) {
    case Operator::Eq:
    case Operator::Neq:
      return validate_equality(value, lists);
    case Operator::Lt:
    case Operator::Leq:
    case Operator::Gt:
    case Operator::Geq:
      return validate_order(value);
    case Operator::Between:
    case Operator::Outside:
      return validate_range(value);
    case Operator::In:
      return validate_choice(value);
    case Operator::Match:
      if (!value.is_string()) return error(ErrorKind::Invalid, "expected a text as pattern");
      return validate_pattern(value.get_ref<const std::string&>());
    case Operator::Exists:
    case Operator::NotExists:
      if (!value.is_null()) return error(ErrorKind::Invalid, "expected null as value");
      return Status::OK();
  }
  return error(ErrorKind::Internal, "operator without a rule");
}

std::partial_ordering compare_scalars(const json& a, const json& b) {
  if (a.is_number() && b.is_number()) return exact(a) <=> exact(b);
  if (a.is_string() && b.is_string()) {
    // Bytes of UTF-8 order as code points do.
    return a.get_ref<const std::string&>() <=> b.get_ref<const std::string&>();
  }
  if (a.is_boolean() && b.is_boolean() && a == b) return std::partial_ordering::equivalent;
  return std::partial_ordering::unordered;
}

bool compares(const Condition& condition, const json& stored) {
  const json& value = condition.value;
  const json& example = value.is_array() && !value.empty() ? value.front() : value;
  if (kind_of(stored) == Kind::Other || kind_of(stored) != kind_of(example)) return false;
  switch (condition.op) {
    case Operator::Eq:
      return compare_scalars(stored, value) == 0;
    case Operator::Neq:
      return compare_scalars(stored, value) != 0;
    case Operator::Lt:
      return compare_scalars(stored, value) < 0;
    case Operator::Leq:
      return compare_scalars(stored, value) <= 0;
    case Operator::Gt:
      return compare_scalars(stored, value) > 0;
    case Operator::Geq:
      return compare_scalars(stored, value) >= 0;
    case Operator::Between:
      return compare_scalars(stored, value[0]) >= 0 && compare_scalars(stored, value[1]) <= 0;
    case Operator::Outside:
      return compare_scalars(stored, value[0]) < 0 || compare_scalars(stored, value[1]) > 0;
    case Operator::In:
      return std::any_of(value.begin(), value.end(),
                         [&](const json& choice) { return compare_scalars(stored, choice) == 0; });
    case Operator::Match:
      return matches_pattern(value.get_ref<const std::string&>(),
                             stored.get_ref<const std::string&>());
    case Operator::Exists:
    case Operator::NotExists:
      return false;
  }
  return false;
}

}  // namespace mosaico::query
