#pragma once

#include <arrow/type_fwd.h>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "cli/tables/import_request.hpp"

// The text of single values in a CSV file, both ways: what is written reads back equal.
namespace mosaico::cli {

// Without blanks around it and without a leading '+'.
std::string_view number_part(std::string_view text);

// Empty when the text is no number, or does not fit. Floating point text is taken for an integer
// when it has no fraction.
template <typename Number>
  requires std::integral<Number> || std::floating_point<Number>
std::optional<Number> parse_number(std::string_view text) {
  text = number_part(text);
  Number value = {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  if constexpr (std::integral<Number>) {
    // Up to 2^53 a double tells an integer exactly.
    const auto wide = parse_number<double>(text);
    if (wide && std::trunc(*wide) == *wide && std::abs(*wide) <= 9'007'199'254'740'992.0 &&
        *wide >= static_cast<double>(std::numeric_limits<Number>::min()) &&
        *wide <= static_cast<double>(std::numeric_limits<Number>::max())) {
      return static_cast<Number>(*wide);
    }
  }
  return std::nullopt;
}

std::optional<bool> parse_bool(std::string_view text);  // true, false, 1, 0

// A time in `unit` as ns, exact to the ns for any number of digits, or an ISO 8601 date and time in
// UTC.
std::optional<std::int64_t> parse_time_ns(std::string_view text, TimeUnit unit);

// Appends the shortest text that reads back equal.
template <typename Number>
  requires std::integral<Number> || std::floating_point<Number>
void append_number(std::string& out, Number value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out.append(text, end);
}

// Appends a text as a field of a CSV line, in quotes where needed; an empty one too, as it is not
// null.
void append_text_cell(std::string& out, std::string_view text);

// Appends the value of a row as a field of a CSV line: nothing for null, base64 for bytes, JSON for
// lists.
Status append_cell(std::string& out, const arrow::Array& values, std::int64_t row);

}  // namespace mosaico::cli
