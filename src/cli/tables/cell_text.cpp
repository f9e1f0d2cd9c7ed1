#include "cli/tables/cell_text.hpp"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/value_parsing.h>
#include <arrow/visit_array_inline.h>

#include <algorithm>
#include <cctype>

#include "cli/json_text.hpp"
#include "mosaico/values.hpp"

namespace mosaico::cli {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

int digits_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::Seconds:
      return 9;
    case TimeUnit::Milliseconds:
      return 6;
    case TimeUnit::Microseconds:
      return 3;
    case TimeUnit::Nanoseconds:
      break;
  }
  return 0;
}

// value × 10 + digit, or false when that is more than an int64 holds.
bool append_digit(std::int64_t& value, int digit) {
  return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
         !__builtin_add_overflow(value, std::int64_t{digit}, &value);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Plain decimals; scientific notation is left to others. Counts downwards, which reaches further.
std::optional<std::int64_t> parse_decimal_time(std::string_view text, TimeUnit unit) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point < text.size() ? text.substr(point + 1) : std::string_view();
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (!std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : whole) {
    if (!append_digit(value, '0' - c)) return std::nullopt;
  }
  const auto kept = static_cast<std::size_t>(digits_of(unit));
  for (std::size_t i = 0; i < kept; ++i) {
    if (!append_digit(value, i < fraction.size() ? '0' - fraction[i] : 0)) return std::nullopt;
  }
  const bool round_away = fraction.size() > kept && fraction[kept] >= '5';
  if (round_away && __builtin_sub_overflow(value, std::int64_t{1}, &value)) return std::nullopt;
  if (!negative && value == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return negative ? value : -value;
}

template <std::floating_point Float>
void append_float(std::string& out, Float value, bool in_json) {
  // JSON has no word for NaN and infinities, so they are texts there.
  const bool as_text = in_json && !std::isfinite(value);
  if (as_text) out += '"';
  append_number(out, value);
  if (as_text) out += '"';
}

Status append_json(std::string& out, const arrow::Array& values, std::int64_t row);

Status append_json_list(std::string& out, const arrow::Array& elements, std::int64_t first,
                        std::int64_t length) {
  out += '[';
  for (std::int64_t i = 0; i < length; ++i) {
    if (i > 0) out += ',';
    ARROW_RETURN_NOT_OK(append_json(out, elements, first + i));
  }
  out += ']';
  return Status::OK();
}

Status append_json_struct(std::string& out, const arrow::StructArray& values, std::int64_t row) {
  out += '{';
  for (int i = 0; i < values.num_fields(); ++i) {
    if (i > 0) out += ',';
    out += nlohmann::json(values.type()->field(i)->name()).dump();
    out += ':';
    ARROW_RETURN_NOT_OK(append_json(out, *values.field(i), row));
  }
  out += '}';
  return Status::OK();
}

// Finds the type of a row's value and appends it, floats as their own type prints them.
struct Appender {
  std::string& out;
  std::int64_t row;
  bool in_json;

  template <typename ArrayType>
    requires arrow::is_number_type<typename ArrayType::TypeClass>::value &&
             (!std::is_same_v<ArrayType, arrow::HalfFloatArray>)
  Status Visit(const ArrayType& values) {
    const auto value = values.Value(row);
    if constexpr (std::is_floating_point_v<std::decay_t<decltype(value)>>) {
      append_float(out, value, in_json);
    } else {
      append_number(out, value);
    }
    return Status::OK();
  }
  Status Visit(const arrow::HalfFloatArray& values) {
    append_float(out, Float16{values.Value(row)}.to_float(), in_json);
    return Status::OK();
  }
  Status Visit(const arrow::BooleanArray& values) {
    out += values.Value(row) ? "true" : "false";
    return Status::OK();
  }
  template <typename ArrayType>
    requires arrow::is_base_binary_type<typename ArrayType::TypeClass>::value
  Status Visit(const ArrayType& values) {
    constexpr bool kIsText = arrow::is_string_type<typename ArrayType::TypeClass>::value ||
                             std::is_same_v<ArrayType, arrow::LargeStringArray>;
    const std::string_view bytes = values.GetView(row);
    const std::string text = kIsText ? std::string(bytes) : base64_encode(bytes);
    if (in_json) {
      out += json_line(text);
    } else {
      append_text_cell(out, text);
    }
    return Status::OK();
  }
  template <typename ArrayType>
    requires arrow::is_var_length_list_type<typename ArrayType::TypeClass>::value
  Status Visit(const ArrayType& values) {
    return list(*values.values(), values.value_offset(row), values.value_length(row));
  }
  Status Visit(const arrow::FixedSizeListArray& values) {
    return list(*values.values(), values.value_offset(row), values.value_length());
  }
  Status Visit(const arrow::StructArray& values) {
    std::string json;
    ARROW_RETURN_NOT_OK(append_json_struct(json, values, row));
    return structured(json);
  }
  Status Visit(const arrow::Array& values) {
    ARROW_ASSIGN_OR_RAISE(const auto scalar, values.GetScalar(row));
    const std::string text = scalar->ToString();
    if (in_json) {
      out += nlohmann::json(text).dump();
    } else {
      append_text_cell(out, text);
    }
    return Status::OK();
  }

  Status list(const arrow::Array& elements, std::int64_t first, std::int64_t length) {
    std::string json;
    ARROW_RETURN_NOT_OK(append_json_list(json, elements, first, length));
    return structured(json);
  }
  Status structured(const std::string& json) {
    if (in_json) {
      out += json;
    } else {
      append_text_cell(out, json);
    }
    return Status::OK();
  }
};

Status append_json(std::string& out, const arrow::Array& values, std::int64_t row) {
  if (values.IsNull(row)) {
    out += "null";
    return Status::OK();
  }
  Appender appender{out, row, /*in_json=*/true};
  return arrow::VisitArrayInline(values, &appender);
}

}  // namespace

std::string_view number_part(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string word = lower(number_part(text));
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_time_ns(std::string_view text, TimeUnit unit) {
  text = number_part(text);
  if (const auto exact = parse_decimal_time(text, unit)) return exact;
  if (const auto number = parse_number<double>(text)) {
    const long double ns = std::roundl(static_cast<long double>(*number) *
                                       static_cast<long double>(static_cast<std::int64_t>(unit)));
    constexpr long double kLimit = 9'223'372'036'854'775'807.0L;
    if (ns > -kLimit && ns < kLimit) return static_cast<std::int64_t>(ns);
    return std::nullopt;
  }
  std::int64_t ns = 0;
  bool has_zone = false;
  if (arrow::internal::ParseTimestampISO8601(text.data(), text.size(), arrow::TimeUnit::NANO, &ns,
                                             &has_zone)) {
    return ns;
  }
  return std::nullopt;
}

void append_text_cell(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\n\r") == std::string_view::npos &&
      text.front() != ' ' && text.back() != ' ') {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

Status append_cell(std::string& out, const arrow::Array& values, std::int64_t row) {
  if (values.IsNull(row)) return Status::OK();
  Appender appender{out, row, /*in_json=*/false};
  return arrow::VisitArrayInline(values, &appender);
}

}  // namespace mosaico::cli
