#include "query/row_test.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "core/names.hpp"
#include "query/column_values.hpp"

namespace mosaico::query {

using arrow::DataType;
using arrow::Type;
using core::error;
using nlohmann::json;

namespace {

const DataType& without_extension(const DataType& type) {
  if (type.id() != Type::EXTENSION) return type;
  return without_extension(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

bool is_list(const DataType& type) {
  return type.id() == Type::LIST || type.id() == Type::LARGE_LIST ||
         type.id() == Type::FIXED_SIZE_LIST || type.id() == Type::MAP;
}

// Where a path leads in a schema.
struct Column {
  std::vector<int> indices;
  const DataType* type = nullptr;  // Of the elements, where the path has a specifier.
};

std::optional<int> find_field(const arrow::FieldVector& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&name](const auto& field) { return field->name() == name; });
  if (found == fields.end()) return std::nullopt;
  return static_cast<int>(found - fields.begin());
}

Status check_list(const ColumnPath& path, const DataType& type) {
  if (!is_list(type)) {
    return error(ErrorKind::Invalid, "column ", core::quoted(path.segments[path.list_segment]),
                 " is no list but ", core::quoted(type.ToString()), ", and takes no [?], [!], [N]");
  }
  return Status::OK();
}

// Nothing for a column that does not exist.
Result<std::optional<Column>> find_column(const ColumnPath& path, const arrow::Schema& schema) {
  Column column;
  for (size_t i = 0; i < path.segments.size(); ++i) {
    if (i > 0 && column.type->id() != Type::STRUCT) return std::nullopt;
    const arrow::FieldVector& fields = i == 0 ? schema.fields() : column.type->fields();
    const auto index = find_field(fields, path.segments[i]);
    if (!index) return std::nullopt;
    column.indices.push_back(*index);
    column.type = &without_extension(*fields[static_cast<size_t>(*index)]->type());
    if (path.specifier == ListSpecifier::None || path.list_segment != i) continue;
    ARROW_RETURN_NOT_OK(check_list(path, *column.type));
    column.indices.push_back(0);
    column.type = &without_extension(*column.type->field(0)->type());
  }
  return column;
}

std::vector<json> values_of(const Condition& condition) {
  if (!condition.value.is_array()) return {condition.value};
  return {condition.value.begin(), condition.value.end()};
}

// The number as T, where T holds it exactly.
template <typename T>
std::optional<T> as_exactly(const json& number) {
  const auto convert = [](auto value) -> std::optional<T> {
    const auto wide = static_cast<long double>(value);
    if constexpr (std::is_same_v<T, int64_t>) {
      constexpr long double kEnd = 9223372036854775808.0L;
      if (wide < -kEnd || wide >= kEnd || wide != std::trunc(wide)) return std::nullopt;
    }
    const T result = static_cast<T>(wide);
    if (static_cast<long double>(result) != wide) return std::nullopt;
    return result;
  };
  if (number.is_number_unsigned()) return convert(number.get<uint64_t>());
  if (number.is_number_integer()) return convert(number.get<int64_t>());
  return convert(number.get<double>());
}

template <typename T>
std::optional<Operands> all_exactly(const std::vector<json>& numbers) {
  std::vector<T> result;
  for (const json& number : numbers) {
    const auto exact = as_exactly<T>(number);
    if (!exact) return std::nullopt;
    result.push_back(*exact);
  }
  return result;
}

Operands numbers_for(const DataType& type, const std::vector<json>& numbers) {
  const bool is_float = arrow::is_floating(type.id()) || arrow::is_decimal(type.id());
  if (is_float) {
    if (auto doubles = all_exactly<double>(numbers)) return *doubles;
  } else if (type.id() != Type::UINT64) {
    if (auto integers = all_exactly<int64_t>(numbers)) return *integers;
  }
  return *all_exactly<long double>(numbers);
}

std::optional<Instant> read_instant(const std::string& text, const DataType& type,
                                    int64_t ns_per_tick) {
  int64_t ticks = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, ticks);
  if (failure == std::errc() && stop == end) return instant_of(ticks, ns_per_tick);
  return arrow::is_time(type.id()) ? parse_time_of_day(text) : parse_timestamp(text);
}

std::optional<Operands> instants_for(const DataType& type, int64_t ns_per_tick,
                                     const std::vector<json>& texts) {
  std::vector<Instant> instants;
  for (const json& text : texts) {
    const auto instant = read_instant(text.get_ref<const std::string&>(), type, ns_per_tick);
    if (!instant) return std::nullopt;
    instants.push_back(*instant);
  }
  return instants;
}

int64_t ns_per(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return kNsPerSecond;
    case arrow::TimeUnit::MILLI:
      return 1'000'000;
    case arrow::TimeUnit::MICRO:
      return 1'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return 1;
}

// Nothing for a type that is no date, time or timestamp.
std::optional<int64_t> ns_per_tick_of(const DataType& type) {
  switch (type.id()) {
    case Type::DATE32:
      return kSecondsPerDay * kNsPerSecond;
    case Type::DATE64:
      return ns_per(arrow::TimeUnit::MILLI);
    case Type::TIME32:
    case Type::TIME64:
      return ns_per(static_cast<const arrow::TimeType&>(type).unit());
    case Type::TIMESTAMP:
      return ns_per(static_cast<const arrow::TimestampType&>(type).unit());
    default:
      return std::nullopt;
  }
}

bool all_of_kind(const std::vector<json>& values, bool (json::*is_kind)() const noexcept) {
  return std::all_of(values.begin(), values.end(),
                     [is_kind](const json& value) { return (value.*is_kind)(); });
}

// Nothing where the values do not suit a column of this type.
std::optional<Operands> operands_for(const Condition& condition, const DataType& type,
                                     ColumnTest* test) {
  const std::vector<json> values = values_of(condition);
  const bool is_number =
      arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || arrow::is_decimal(type.id());
  if (type.id() == Type::BOOL && all_of_kind(values, &json::is_boolean)) {
    std::vector<int64_t> flags;
    for (const json& value : values) flags.push_back(value.get<bool>() ? 1 : 0);
    return flags;
  }
  if (is_number && all_of_kind(values, &json::is_number)) return numbers_for(type, values);
  if (!all_of_kind(values, &json::is_string)) return std::nullopt;
  if (const auto ns_per_tick = ns_per_tick_of(type)) {
    if (condition.op == Operator::Match) return std::nullopt;
    test->is_temporal = true;
    test->ns_per_tick = *ns_per_tick;
    return instants_for(type, *ns_per_tick, values);
  }
  if (!arrow::is_string(type.id()) && type.id() != Type::STRING_VIEW) return std::nullopt;
  std::vector<std::string> texts;
  for (const json& value : values) texts.push_back(value.get<std::string>());
  return texts;
}

// Nothing where no value of the column can fulfil the condition.
Result<std::optional<ColumnTest>> bind_values(const Condition& condition, const ColumnPath& path,
                                              const Column& column) {
  ColumnTest test;
  test.condition = condition;
  test.indices = column.indices;
  test.specifier = path.specifier;
  test.position = path.position;
  test.in_list = path.specifier != ListSpecifier::None;
  const DataType* type = column.type;
  const bool asks_whole_list =
      condition.value.is_array() && (condition.op == Operator::Eq || condition.op == Operator::Neq);
  if (is_list(*type)) {
    const DataType& element = without_extension(*type->field(0)->type());
    if (test.in_list || is_list(element)) {
      return error(ErrorKind::Invalid, "lists of lists cannot be asked");
    }
    if (!asks_whole_list) return std::nullopt;
    test.in_list = true;
    type = &element;
  } else if (asks_whole_list) {
    return std::nullopt;
  }
  auto operands = operands_for(condition, *type, &test);
  if (!operands) return std::nullopt;
  if (condition.op == Operator::In) {
    std::visit([](auto& values) { std::sort(values.begin(), values.end()); }, *operands);
  }
  test.operands = std::move(*operands);
  return test;
}

}  // namespace

Result<RowTest> RowTest::bind(const std::vector<Condition>& conditions,
                              const arrow::Schema& schema) {
  RowTest rows;
  for (const Condition& condition : conditions) {
    const auto bind_one = [&]() -> Status {
      ARROW_ASSIGN_OR_RAISE(const ColumnPath path, ColumnPath::parse(condition.field));
      ARROW_ASSIGN_OR_RAISE(const auto column, find_column(path, schema));
      if (condition.op == Operator::Exists || condition.op == Operator::NotExists) {
        if (column.has_value() != (condition.op == Operator::Exists)) rows.never_ = true;
        return Status::OK();
      }
      if (!column) {
        rows.never_ = true;
        return Status::OK();
      }
      ARROW_ASSIGN_OR_RAISE(auto test, bind_values(condition, path, *column));
      if (!test) {
        rows.never_ = true;
      } else {
        rows.columns_.push_back(std::move(*test));
      }
      return Status::OK();
    };
    const Status bound = bind_one();
    if (!bound.ok()) return core::with_context(bound, core::quoted(condition.field));
  }
  return rows;
}

RowMask RowTest::test(const arrow::RecordBatch& batch) const {
  RowMask mask(static_cast<size_t>(batch.num_rows()), 1);
  for (const ColumnTest& column : columns_) {
    test_column(column, *batch.column(column.indices.front()), &mask);
  }
  return mask;
}

}  // namespace mosaico::query
