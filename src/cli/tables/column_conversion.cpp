#include "cli/tables/column_conversion.hpp"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/visit_type_inline.h>

#include <cmath>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "cli/json_text.hpp"
#include "cli/tables/cell_text.hpp"
#include "core/json.hpp"
#include "core/names.hpp"
#include "mosaico/values.hpp"

namespace mosaico::cli {

namespace {

using arrow::Array;
using ArrayPointer = std::shared_ptr<Array>;

Status refused(const ColumnPlace& place, std::int64_t row, std::string_view text,
               const std::string& wanted) {
  return core::error(ErrorKind::Invalid, place.at(row), ": ", core::quoted(text), " is no ", wanted,
                     ", correct the file or map another column");
}

// The nearest integer; empty when it does not fit, and for what is no number.
template <std::integral Number>
std::optional<Number> rounded_to(double value) {
  const double nearest = std::round(value);
  // The least number and the one past the greatest are powers of two, which a double tells exactly.
  const double end = std::ldexp(1.0, std::numeric_limits<Number>::digits);
  const double least = std::is_signed_v<Number> ? -end : 0.0;
  if (!(nearest >= least && nearest < end)) return std::nullopt;
  return static_cast<Number>(nearest);
}

// Appends a JSON value to a builder of any type that JSON can express; false when it does not fit.
struct JsonAppender {
  arrow::ArrayBuilder& builder;
  const nlohmann::json& value;
  bool fits = true;

  Status append() {
    if (value.is_null()) return builder.AppendNull();
    return arrow::VisitTypeInline(*builder.type(), this);
  }

  template <typename Type>
    requires arrow::is_integer_type<Type>::value
  Status Visit(const Type&) {
    using Number = typename Type::c_type;
    const auto number = value.is_number() ? parse_number<Number>(value.dump()) : std::nullopt;
    fits = number.has_value();
    return fits ? typed<Type>().Append(*number) : Status::OK();
  }
  template <typename Type>
    requires arrow::is_floating_type<Type>::value
  Status Visit(const Type&) {
    // NaN and infinities are texts in JSON.
    const auto number = value.is_number()   ? std::optional(value.get<double>())
                        : value.is_string() ? parse_number<double>(value.get<std::string>())
                                            : std::nullopt;
    fits = number.has_value();
    if (!fits) return Status::OK();
    if constexpr (std::is_same_v<Type, arrow::HalfFloatType>) {
      return typed<Type>().Append(Float16::from_float(static_cast<float>(*number)).bits);
    } else {
      return typed<Type>().Append(static_cast<typename Type::c_type>(*number));
    }
  }
  Status Visit(const arrow::BooleanType&) {
    fits = value.is_boolean();
    return fits ? typed<arrow::BooleanType>().Append(value.get<bool>()) : Status::OK();
  }
  Status Visit(const arrow::StringType&) {
    fits = value.is_string();
    return fits ? typed<arrow::StringType>().Append(value.get<std::string>()) : Status::OK();
  }
  Status Visit(const arrow::BinaryType&) {
    const auto bytes = value.is_string() ? base64_decode(value.get<std::string>()) : std::nullopt;
    fits = bytes.has_value();
    return fits ? typed<arrow::BinaryType>().Append(*bytes) : Status::OK();
  }
  Status Visit(const arrow::ListType&) {
    auto& list = typed<arrow::ListType>();
    fits = value.is_array();
    if (!fits) return Status::OK();
    ARROW_RETURN_NOT_OK(list.Append());
    return elements(*list.value_builder());
  }
  Status Visit(const arrow::FixedSizeListType& type) {
    auto& list = static_cast<arrow::FixedSizeListBuilder&>(builder);
    fits = value.is_array() && value.size() == static_cast<std::size_t>(type.list_size());
    if (!fits) return Status::OK();
    ARROW_RETURN_NOT_OK(list.Append());
    return elements(*list.value_builder());
  }
  Status Visit(const arrow::StructType& type) {
    auto& members = static_cast<arrow::StructBuilder&>(builder);
    fits = value.is_object();
    if (!fits) return Status::OK();
    ARROW_RETURN_NOT_OK(members.Append());
    for (int i = 0; i < type.num_fields() && fits; ++i) {
      const auto found = value.find(type.field(i)->name());
      const nlohmann::json missing;
      JsonAppender member{*members.field_builder(i), found == value.end() ? missing : *found};
      ARROW_RETURN_NOT_OK(member.append());
      fits = member.fits;
    }
    return Status::OK();
  }
  Status Visit(const arrow::DataType&) {
    fits = false;
    return Status::OK();
  }

 private:
  template <typename Type>
  typename arrow::TypeTraits<Type>::BuilderType& typed() {
    return static_cast<typename arrow::TypeTraits<Type>::BuilderType&>(builder);
  }
  Status elements(arrow::ArrayBuilder& element_builder) {
    for (const auto& element : value) {
      JsonAppender appender{element_builder, element};
      ARROW_RETURN_NOT_OK(appender.append());
      fits = appender.fits;
      if (!fits) break;
    }
    return Status::OK();
  }
};

// Parses a column of text into one target type.
struct TextParser {
  const arrow::StringArray& text;
  const std::shared_ptr<arrow::DataType>& target;
  const Scaling& scaling;
  const ColumnPlace& place;
  ArrayPointer result = nullptr;

  template <typename Type>
    requires arrow::is_integer_type<Type>::value
  Status Visit(const Type&) {
    using Number = typename Type::c_type;
    return each<arrow::NumericBuilder<Type>>(
        "integer of type " + target->ToString(), [&](std::string_view cell) {
          if (scaling.is_identity()) return parse_number<Number>(cell);
          const auto wide = parse_number<double>(cell);
          return wide ? rounded_to<Number>(scaling.apply(*wide)) : std::nullopt;
        });
  }
  template <typename Type>
    requires(arrow::is_floating_type<Type>::value && !std::is_same_v<Type, arrow::HalfFloatType>)
  Status Visit(const Type&) {
    using Number = typename Type::c_type;
    return each<arrow::NumericBuilder<Type>>("number", [&](std::string_view cell) {
      if (scaling.is_identity()) return parse_number<Number>(cell);
      const auto wide = parse_number<double>(cell);
      return wide ? std::optional(static_cast<Number>(scaling.apply(*wide))) : std::nullopt;
    });
  }
  Status Visit(const arrow::HalfFloatType&) {
    return each<arrow::HalfFloatBuilder>("number", [&](std::string_view cell) {
      const auto wide = parse_number<float>(cell);
      if (!wide) return std::optional<std::uint16_t>();
      return std::optional(Float16::from_float(static_cast<float>(scaling.apply(*wide))).bits);
    });
  }
  Status Visit(const arrow::BooleanType&) {
    return each<arrow::BooleanBuilder>("true or false", parse_bool);
  }
  Status Visit(const arrow::BinaryType&) {
    return each<arrow::BinaryBuilder>("base64 text", base64_decode);
  }
  Status Visit(const arrow::DataType&) {
    ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(target));
    for (std::int64_t row = 0; row < text.length(); ++row) {
      if (text.IsNull(row)) {
        ARROW_RETURN_NOT_OK(builder->AppendNull());
        continue;
      }
      const auto value = core::parse_json(text.GetView(row));
      if (!value.ok())
        return refused(place, row, text.GetView(row), "JSON of " + target->ToString());
      JsonAppender appender{*builder, *value};
      ARROW_RETURN_NOT_OK(appender.append());
      if (!appender.fits) {
        return refused(place, row, text.GetView(row), "JSON of " + target->ToString());
      }
    }
    return builder->Finish(&result);
  }

 private:
  template <typename Builder, typename Parse>
  Status each(const std::string& wanted, Parse parse) {
    Builder builder;
    ARROW_RETURN_NOT_OK(builder.Reserve(text.length()));
    for (std::int64_t row = 0; row < text.length(); ++row) {
      if (text.IsNull(row)) {
        ARROW_RETURN_NOT_OK(builder.AppendNull());
        continue;
      }
      const auto value = parse(text.GetView(row));
      if (!value) return refused(place, row, text.GetView(row), wanted);
      ARROW_RETURN_NOT_OK(builder.Append(*value));
    }
    return builder.Finish(&result);
  }
};

Result<ArrayPointer> cast(const ArrayPointer& values, const arrow::compute::CastOptions& options,
                          const ColumnPlace& place) {
  auto result = arrow::compute::Cast(*values, options.to_type, options);
  if (!result.ok()) {
    return core::error(ErrorKind::Invalid, place.at(0), " and after: values of type ",
                       values->type()->ToString(), " do not fit ", options.to_type.ToString(), " (",
                       result.status().message(), "), map another column");
  }
  return *result;
}

Result<ArrayPointer> cast(const ArrayPointer& values,
                          const std::shared_ptr<arrow::DataType>& target,
                          const ColumnPlace& place) {
  return cast(values, arrow::compute::CastOptions::Safe(target), place);
}

// Numbers of any type, scaled, as the target type: integers rounded to the nearest.
struct NumberScaler {
  const arrow::DoubleArray& numbers;
  const std::shared_ptr<arrow::DataType>& target;
  const Scaling& scaling;
  const ColumnPlace& place;
  ArrayPointer result = nullptr;

  template <typename Type>
    requires arrow::is_integer_type<Type>::value
  Status Visit(const Type&) {
    using Number = typename Type::c_type;
    return each<arrow::NumericBuilder<Type>>(
        [](double value) { return rounded_to<Number>(value); });
  }
  Status Visit(const arrow::DataType&) {
    ARROW_RETURN_NOT_OK(
        each<arrow::DoubleBuilder>([](double value) { return std::optional(value); }));
    ARROW_ASSIGN_OR_RAISE(result, cast(result, target, place));
    return Status::OK();
  }

 private:
  template <typename Builder, typename Convert>
  Status each(Convert convert) {
    Builder builder;
    ARROW_RETURN_NOT_OK(builder.Reserve(numbers.length()));
    for (std::int64_t row = 0; row < numbers.length(); ++row) {
      if (numbers.IsNull(row)) {
        builder.UnsafeAppendNull();
        continue;
      }
      const double value = scaling.apply(numbers.Value(row));
      const auto converted = convert(value);
      if (!converted) {
        std::string text;
        append_number(text, value);
        return refused(place, row, text, "integer of type " + target->ToString());
      }
      builder.UnsafeAppend(*converted);
    }
    return builder.Finish(&result);
  }
};

Status null_time(const ColumnPlace& place, std::int64_t row) {
  return core::error(ErrorKind::Invalid, place.at(row), ": the time is empty, every row needs one");
}

template <typename ArrayType, typename ToNs>
Result<ArrayPointer> times_of(const Array& values, const ColumnPlace& place, ToNs to_ns) {
  const auto& typed = static_cast<const ArrayType&>(values);
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(values.length()));
  for (std::int64_t row = 0; row < values.length(); ++row) {
    if (typed.IsNull(row)) return null_time(place, row);
    const std::optional<std::int64_t> ns = to_ns(typed.GetView(row));
    if (!ns) {
      std::string text;
      ARROW_RETURN_NOT_OK(append_cell(text, values, row));
      return refused(place, row, text, "time that fits into ns");
    }
    builder.UnsafeAppend(*ns);
  }
  return builder.Finish();
}

}  // namespace

std::string ColumnPlace::at(std::int64_t row_of_batch) const {
  return file + ", row " + std::to_string(first_row + row_of_batch) + ", column '" + column + "'";
}

Result<ArrayPointer> convert_column(const ArrayPointer& values,
                                    const std::shared_ptr<arrow::DataType>& target,
                                    const Scaling& scaling, const ColumnPlace& place) {
  const bool is_text = values->type_id() == arrow::Type::STRING;
  if (values->type()->Equals(target) && scaling.is_identity()) return values;
  if (is_text) {
    TextParser parser{static_cast<const arrow::StringArray&>(*values), target, scaling, place};
    ARROW_RETURN_NOT_OK(arrow::VisitTypeInline(*target, &parser));
    return parser.result;
  }
  if (scaling.is_identity()) return cast(values, target, place);
  // As a text file's numbers are read: beyond 2^53 the nearest double counts.
  auto widening = arrow::compute::CastOptions::Safe(arrow::float64());
  widening.allow_float_truncate = true;
  ARROW_ASSIGN_OR_RAISE(const auto numbers, cast(values, widening, place));
  NumberScaler scaler{static_cast<const arrow::DoubleArray&>(*numbers), target, scaling, place};
  ARROW_RETURN_NOT_OK(arrow::VisitTypeInline(*target, &scaler));
  return scaler.result;
}

Result<ArrayPointer> convert_times(const ArrayPointer& values, TimeUnit unit,
                                   const ColumnPlace& place) {
  const auto factor = static_cast<std::int64_t>(unit);
  switch (values->type_id()) {
    case arrow::Type::STRING:
      return times_of<arrow::StringArray>(
          *values, place, [&](std::string_view text) { return parse_time_ns(text, unit); });
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: {
      ARROW_ASSIGN_OR_RAISE(const auto wide, cast(values, arrow::float64(), place));
      return times_of<arrow::DoubleArray>(*wide, place, [&](double time) {
        std::string text;
        append_number(text, time);
        return std::isfinite(time) ? parse_time_ns(text, unit) : std::nullopt;
      });
    }
    case arrow::Type::TIMESTAMP: {
      ARROW_ASSIGN_OR_RAISE(const auto ns,
                            cast(values, arrow::timestamp(arrow::TimeUnit::NANO), place));
      return times_of<arrow::TimestampArray>(*ns, place,
                                             [](std::int64_t time) { return std::optional(time); });
    }
    default: {
      ARROW_ASSIGN_OR_RAISE(const auto wide, cast(values, arrow::int64(), place));
      return times_of<arrow::Int64Array>(*wide, place, [&](std::int64_t time) {
        std::int64_t ns = 0;
        return __builtin_mul_overflow(time, factor, &ns) ? std::nullopt : std::optional(ns);
      });
    }
  }
}

}  // namespace mosaico::cli
