#include "query/column_values.hpp"

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <type_traits>

#include "query/evaluate.hpp"

namespace mosaico::query {

namespace {

using arrow::Array;
using arrow::Type;

const Array& without_extension(const Array& array) {
  if (array.type_id() != Type::EXTENSION) return array;
  return without_extension(*static_cast<const arrow::ExtensionArray&>(array).storage());
}

// Without a branch between them.
constexpr bool both(bool a, bool b) { return (static_cast<int>(a) & static_cast<int>(b)) != 0; }

// Calls `use` with a function that tells whether one value fulfils the condition. It holds copies
// of what it compares with, and does not branch: so a loop over numbers loads nothing but them.
template <typename Value, typename Operand, typename Use>
void with_predicate(Operator op, const std::vector<Operand>& operands, const Use& use) {
  const Operand& a = operands.front();
  const Operand& b = operands.back();
  switch (op) {
    case Operator::Eq:
      return use([a](const Value& x) { return x == a; });
    case Operator::Neq:
      return use([a](const Value& x) { return x != a; });
    case Operator::Lt:
      return use([a](const Value& x) { return x < a; });
    case Operator::Leq:
      return use([a](const Value& x) { return x <= a; });
    case Operator::Gt:
      return use([a](const Value& x) { return x > a; });
    case Operator::Geq:
      return use([a](const Value& x) { return x >= a; });
    case Operator::Between:
      return use([a, b](const Value& x) { return both(x >= a, x <= b); });
    case Operator::Outside:
      return use([a, b](const Value& x) { return !both(!(x < a), !(x > b)); });
    case Operator::In:
      return use([&operands](const Value& x) {
        const auto at = std::lower_bound(operands.begin(), operands.end(), x);
        return at != operands.end() && *at == x;
      });
    case Operator::Match:
      if constexpr (std::is_same_v<Operand, std::string>) {
        return use([a](const Value& x) { return matches_pattern(a, x); });
      }
      return;
    case Operator::Exists:
    case Operator::NotExists:
      return;  // Not asked of rows.
  }
}

template <typename ArrayType, typename Operand, typename Use>
void use_numbers(const Array& array, const std::vector<Operand>& operands, const Use& use) {
  const auto* values = static_cast<const ArrayType&>(array).raw_values();
  use(operands, [values](int64_t i) { return static_cast<Operand>(values[i]); });
}

template <typename ArrayType, typename Decimal, typename Operand, typename Use>
void use_decimals(const Array& array, const std::vector<Operand>& operands, const Use& use) {
  const auto& typed = static_cast<const ArrayType&>(array);
  const int32_t scale = static_cast<const arrow::DecimalType&>(*array.type()).scale();
  use(operands, [&typed, scale](int64_t i) {
    return static_cast<Operand>(Decimal(typed.GetValue(i)).ToDouble(scale));
  });
}

template <typename Operand, typename Use>
void visit_floats(const Array& array, const std::vector<Operand>& operands, const Use& use) {
  switch (array.type_id()) {
    case Type::FLOAT:
      return use_numbers<arrow::FloatArray>(array, operands, use);
    case Type::DOUBLE:
      return use_numbers<arrow::DoubleArray>(array, operands, use);
    case Type::HALF_FLOAT: {
      const auto& typed = static_cast<const arrow::HalfFloatArray&>(array);
      return use(operands, [&typed](int64_t i) {
        return static_cast<Operand>(arrow::util::Float16::FromBits(typed.Value(i)).ToDouble());
      });
    }
    case Type::DECIMAL32:
      return use_decimals<arrow::Decimal32Array, arrow::Decimal32>(array, operands, use);
    case Type::DECIMAL64:
      return use_decimals<arrow::Decimal64Array, arrow::Decimal64>(array, operands, use);
    case Type::DECIMAL128:
      return use_decimals<arrow::Decimal128Array, arrow::Decimal128>(array, operands, use);
    case Type::DECIMAL256:
      return use_decimals<arrow::Decimal256Array, arrow::Decimal256>(array, operands, use);
    default:
      return;  // Ruled out by RowTest::bind().
  }
}

template <typename Operand, typename Use>
void visit_integers(const Array& array, const std::vector<Operand>& operands, const Use& use) {
  switch (array.type_id()) {
    case Type::BOOL: {
      const auto& typed = static_cast<const arrow::BooleanArray&>(array);
      return use(operands, [&typed](int64_t i) { return static_cast<Operand>(typed.Value(i)); });
    }
    case Type::INT8:
      return use_numbers<arrow::Int8Array>(array, operands, use);
    case Type::INT16:
      return use_numbers<arrow::Int16Array>(array, operands, use);
    case Type::INT32:
      return use_numbers<arrow::Int32Array>(array, operands, use);
    case Type::INT64:
      return use_numbers<arrow::Int64Array>(array, operands, use);
    case Type::UINT8:
      return use_numbers<arrow::UInt8Array>(array, operands, use);
    case Type::UINT16:
      return use_numbers<arrow::UInt16Array>(array, operands, use);
    case Type::UINT32:
      return use_numbers<arrow::UInt32Array>(array, operands, use);
    case Type::UINT64:
      return use_numbers<arrow::UInt64Array>(array, operands, use);
    default:
      return;  // Ruled out by RowTest::bind().
  }
}

template <typename ArrayType, typename Use>
void use_texts(const Array& array, const std::vector<std::string>& operands, const Use& use) {
  const auto& typed = static_cast<const ArrayType&>(array);
  use(operands, [&typed](int64_t i) -> std::string_view { return typed.GetView(i); });
}

template <typename Use>
void visit_texts(const Array& array, const std::vector<std::string>& operands, const Use& use) {
  switch (array.type_id()) {
    case Type::STRING:
      return use_texts<arrow::StringArray>(array, operands, use);
    case Type::LARGE_STRING:
      return use_texts<arrow::LargeStringArray>(array, operands, use);
    case Type::STRING_VIEW:
      return use_texts<arrow::StringViewArray>(array, operands, use);
    default:
      return;  // Ruled out by RowTest::bind().
  }
}

template <typename ArrayType, typename Use>
void use_instants(const ColumnTest& test, const Array& array, const std::vector<Instant>& operands,
                  const Use& use) {
  const auto& typed = static_cast<const ArrayType&>(array);
  use(operands, [&typed, ns_per_tick = test.ns_per_tick](int64_t i) {
    return instant_of(typed.Value(i), ns_per_tick);
  });
}

template <typename Use>
void visit_instants(const ColumnTest& test, const Array& array,
                    const std::vector<Instant>& operands, const Use& use) {
  switch (array.type_id()) {
    case Type::DATE32:
      return use_instants<arrow::Date32Array>(test, array, operands, use);
    case Type::DATE64:
      return use_instants<arrow::Date64Array>(test, array, operands, use);
    case Type::TIME32:
      return use_instants<arrow::Time32Array>(test, array, operands, use);
    case Type::TIME64:
      return use_instants<arrow::Time64Array>(test, array, operands, use);
    case Type::TIMESTAMP:
      return use_instants<arrow::TimestampArray>(test, array, operands, use);
    default:
      return;  // Ruled out by RowTest::bind().
  }
}

// Calls `use(operands, get)`, where get(i) is the value of slot i in the type of the operands.
template <typename Use>
void visit_values(const ColumnTest& test, const Array& array, const Use& use) {
  std::visit(
      [&](const auto& operands) {
        using Operand = typename std::decay_t<decltype(operands)>::value_type;
        if constexpr (std::is_same_v<Operand, std::string>) {
          visit_texts(array, operands, use);
        } else if constexpr (std::is_same_v<Operand, Instant>) {
          visit_instants(test, array, operands, use);
        } else {
          if constexpr (!std::is_same_v<Operand, double>) visit_integers(array, operands, use);
          if constexpr (!std::is_same_v<Operand, int64_t>) visit_floats(array, operands, use);
        }
      },
      test.operands);
}

void test_values(const ColumnTest& test, const Array& array, RowMask* mask) {
  visit_values(test, array, [&](const auto& operands, const auto& get) {
    using Value = std::decay_t<decltype(get(0))>;
    with_predicate<Value>(test.condition.op, operands, [&](const auto& holds) {
      uint8_t* const entries = mask->data();
      const auto rows = std::ssize(*mask);
      // What is compared in no time is compared for all rows, also those that are out already.
      if (std::is_arithmetic_v<Value> && test.condition.op != Operator::In) {
        for (int64_t i = 0; i < rows; ++i) entries[i] &= holds(get(i)) ? uint8_t{1} : uint8_t{0};
      } else {
        for (int64_t i = 0; i < rows; ++i) {
          if (entries[i] != 0) entries[i] = holds(get(i)) ? 1 : 0;
        }
      }
    });
  });
}

// $eq and $neq with an array: lists as a whole, length and every element.
template <typename List>
void test_whole_lists(const ColumnTest& test, const List& list, RowMask* mask) {
  const Array& elements = without_extension(*list.values());
  visit_values(test, elements, [&](const auto& operands, const auto& get) {
    const auto is_equal = [&](int64_t row) {
      if (list.value_length(row) != std::ssize(operands)) return false;
      const int64_t first = list.value_offset(row);
      for (int64_t i = 0; i < std::ssize(operands); ++i) {
        const bool equal =
            elements.IsValid(first + i) && get(first + i) == operands[static_cast<size_t>(i)];
        if (!equal) return false;
      }
      return true;
    };
    const bool wanted = test.condition.op == Operator::Eq;
    for (size_t i = 0; i < mask->size(); ++i) {
      if ((*mask)[i] != 0) (*mask)[i] = is_equal(static_cast<int64_t>(i)) == wanted ? 1 : 0;
    }
  });
}

bool holds_for(const ColumnTest& test, std::span<const uint8_t> elements) {
  const auto is_one = [](uint8_t entry) { return entry != 0; };
  switch (test.specifier) {
    case ListSpecifier::Any:
      return std::any_of(elements.begin(), elements.end(), is_one);
    case ListSpecifier::Every:
      return !elements.empty() && std::all_of(elements.begin(), elements.end(), is_one);
    case ListSpecifier::At:
      return test.position < std::ssize(elements) &&
             is_one(elements[static_cast<size_t>(test.position)]);
    case ListSpecifier::None:
      break;
  }
  return false;
}

void test_path(const ColumnTest& test, size_t depth, const Array& array, RowMask* mask);

template <typename List>
void test_list(const ColumnTest& test, size_t depth, const Array& array, RowMask* mask) {
  const auto& list = static_cast<const List&>(array);
  if (test.specifier == ListSpecifier::None) return test_whole_lists(test, list, mask);
  if (list.length() == 0) return;
  const int64_t first = list.value_offset(0);
  const int64_t end = list.value_offset(list.length() - 1) + list.value_length(list.length() - 1);
  RowMask elements(static_cast<size_t>(end - first), 1);
  test_path(test, depth + 1, *list.values()->Slice(first, end - first), &elements);
  for (size_t i = 0; i < mask->size(); ++i) {
    if ((*mask)[i] == 0) continue;
    const auto row = static_cast<int64_t>(i);
    const auto begin = static_cast<size_t>(list.value_offset(row) - first);
    const auto count = static_cast<size_t>(list.value_length(row));
    (*mask)[i] = holds_for(test, std::span(elements).subspan(begin, count)) ? 1 : 0;
  }
}

void clear_nulls(const Array& array, RowMask* mask) {
  if (array.null_count() == 0) return;
  for (size_t i = 0; i < mask->size(); ++i) {
    if (array.IsNull(static_cast<int64_t>(i))) (*mask)[i] = 0;
  }
}

// `depth` is the number of entries of test.indices that lead to `array`.
void test_path(const ColumnTest& test, size_t depth, const Array& column, RowMask* mask) {
  const Array& array = without_extension(column);
  clear_nulls(array, mask);
  switch (array.type_id()) {
    case Type::STRUCT:
      return test_path(test, depth + 1,
                       *static_cast<const arrow::StructArray&>(array).field(test.indices[depth]),
                       mask);
    case Type::LIST:
    case Type::MAP:
      return test_list<arrow::ListArray>(test, depth, array, mask);
    case Type::LARGE_LIST:
      return test_list<arrow::LargeListArray>(test, depth, array, mask);
    case Type::FIXED_SIZE_LIST:
      return test_list<arrow::FixedSizeListArray>(test, depth, array, mask);
    default:
      // Where all are null there may be no values behind them.
      if (array.null_count() < array.length()) test_values(test, array, mask);
  }
}

}  // namespace

void test_column(const ColumnTest& test, const Array& column, RowMask* mask) {
  test_path(test, 1, column, mask);
}

}  // namespace mosaico::query
