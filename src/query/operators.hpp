#pragma once

#include <compare>
#include <optional>
#include <string_view>

#include "query/filter.hpp"

namespace mosaico::query {

// "$eq", "$between", …
std::string_view operator_name(Operator op);
std::optional<Operator> find_operator(std::string_view name);

// Whether the value of a condition may be an array of elements to compare a whole list with.
enum class ListValues { Refused, Allowed };

// Checks the value of a condition against its operator. Invalid, without a place.
Status validate_value(Operator op, const nlohmann::json& value, ListValues lists);

// The order of two JSON numbers, exact also between 64-bit integers and floating point; and of two
// texts, by code point. Unordered for anything else.
std::partial_ordering compare_scalars(const nlohmann::json& a, const nlohmann::json& b);

// Whether `stored` fulfils the condition when both are read as the same type, both numbers, texts
// or bools. False for any other pair. Not for Exists and NotExists.
bool compares(const Condition& condition, const nlohmann::json& stored);

}  // namespace mosaico::query
