#include "ontology/column_json.hpp"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <string>
#include <utility>

#include "mosaico/message.hpp"
#include "mosaico/values.hpp"

namespace mosaico::ontology {

using detail::ColumnView;
using nlohmann::json;

namespace {

json binary_to_json(std::string_view bytes) {
  return json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

json scalar_to_json(const arrow::Scalar& scalar);

// Types that TypeKind does not have come cell by cell, as Arrow's scalars.
json foreign_to_json(const arrow::Array& values, int64_t row) {
  const auto scalar = values.GetScalar(row);
  return scalar.ok() ? scalar_to_json(**scalar) : json();
}

json elements_to_json(const arrow::Array& values) {
  json list = json::array();
  for (int64_t i = 0; i < values.length(); ++i) list.push_back(foreign_to_json(values, i));
  return list;
}

// An object when the keys are texts that differ, else a list of pairs.
json map_to_json(const arrow::StructArray& entries) {
  json pairs = json::array();
  json object = json::object();
  for (int64_t i = 0; i < entries.length(); ++i) {
    json key = foreign_to_json(*entries.field(0), i);
    json value = foreign_to_json(*entries.field(1), i);
    if (key.is_string()) object[key.get<std::string>()] = value;
    pairs.push_back(json::array({std::move(key), std::move(value)}));
  }
  return object.size() == pairs.size() ? object : pairs;
}

json struct_to_json(const arrow::StructScalar& scalar) {
  const auto& type = static_cast<const arrow::StructType&>(*scalar.type);
  json object = json::object();
  bool has_value = type.num_fields() == 0;
  for (int i = 0; i < type.num_fields(); ++i) {
    json member = scalar_to_json(*scalar.value[static_cast<size_t>(i)]);
    has_value = has_value || !member.is_null();
    object[type.field(i)->name()] = std::move(member);
  }
  return has_value ? object : json();
}

template <typename ArrowScalar>
json value_of(const arrow::Scalar& scalar) {
  return static_cast<const ArrowScalar&>(scalar).value;
}

json number_to_json(const arrow::Scalar& scalar) {
  switch (scalar.type->id()) {
    case arrow::Type::INT8:
      return value_of<arrow::Int8Scalar>(scalar);
    case arrow::Type::INT16:
      return value_of<arrow::Int16Scalar>(scalar);
    case arrow::Type::INT32:
      return value_of<arrow::Int32Scalar>(scalar);
    case arrow::Type::INT64:
      return value_of<arrow::Int64Scalar>(scalar);
    case arrow::Type::UINT8:
      return value_of<arrow::UInt8Scalar>(scalar);
    case arrow::Type::UINT16:
      return value_of<arrow::UInt16Scalar>(scalar);
    case arrow::Type::UINT32:
      return value_of<arrow::UInt32Scalar>(scalar);
    case arrow::Type::UINT64:
      return value_of<arrow::UInt64Scalar>(scalar);
    case arrow::Type::HALF_FLOAT:
      return Float16{.bits = static_cast<const arrow::HalfFloatScalar&>(scalar).value}.to_float();
    case arrow::Type::FLOAT:
      return value_of<arrow::FloatScalar>(scalar);
    default:
      return value_of<arrow::DoubleScalar>(scalar);
  }
}

json scalar_to_json(const arrow::Scalar& scalar) {
  if (!scalar.is_valid) return nullptr;
  const arrow::Type::type id = scalar.type->id();
  if (arrow::is_integer(id) || arrow::is_floating(id)) return number_to_json(scalar);
  if (arrow::is_base_binary_like(id) || arrow::is_binary_view_like(id) ||
      id == arrow::Type::FIXED_SIZE_BINARY) {
    const auto& binary = static_cast<const arrow::BaseBinaryScalar&>(scalar);
    const bool is_text = arrow::is_string(id) || id == arrow::Type::STRING_VIEW;
    return is_text ? json(binary.view()) : binary_to_json(binary.view());
  }
  if (arrow::is_list_like(id) || arrow::is_list_view(id)) {
    const arrow::Array& values = *static_cast<const arrow::BaseListScalar&>(scalar).value;
    return id == arrow::Type::MAP ? map_to_json(static_cast<const arrow::StructArray&>(values))
                                  : elements_to_json(values);
  }
  switch (id) {
    case arrow::Type::BOOL:
      return value_of<arrow::BooleanScalar>(scalar);
    case arrow::Type::STRUCT:
      return struct_to_json(static_cast<const arrow::StructScalar&>(scalar));
    case arrow::Type::DICTIONARY: {
      const auto value = static_cast<const arrow::DictionaryScalar&>(scalar).GetEncodedValue();
      return value.ok() ? scalar_to_json(**value) : json();
    }
    case arrow::Type::EXTENSION:
      return scalar_to_json(*static_cast<const arrow::ExtensionScalar&>(scalar).value);
    default:
      return scalar.ToString();
  }
}

json list_to_json(const Field& field, const ColumnView& column, int64_t row) {
  const auto [first, last] = column.elements(row);
  json list = json::array();
  for (int64_t i = first; i < last; ++i) {
    list.push_back(cell_to_json(field.type.children.front(), column.children.front(), i));
  }
  return list;
}

}  // namespace

json cell_to_json(const Field& field, const ColumnView& column, int64_t row) {
  if (detail::all_null(column, row)) return nullptr;
  switch (column.kind) {
    case TypeKind::Bool:
      return column.bit(row);
    case TypeKind::Int8:
      return column.number<std::int8_t>(row);
    case TypeKind::Int16:
      return column.number<std::int16_t>(row);
    case TypeKind::Int32:
      return column.number<std::int32_t>(row);
    case TypeKind::Int64:
      return column.number<std::int64_t>(row);
    case TypeKind::UInt8:
      return column.number<std::uint8_t>(row);
    case TypeKind::UInt16:
      return column.number<std::uint16_t>(row);
    case TypeKind::UInt32:
      return column.number<std::uint32_t>(row);
    case TypeKind::UInt64:
      return column.number<std::uint64_t>(row);
    case TypeKind::Float16:
      return column.number<Float16>(row).to_float();
    case TypeKind::Float32:
      return column.number<float>(row);
    case TypeKind::Float64:
      return column.number<double>(row);
    case TypeKind::String:
      return column.text(row);
    case TypeKind::Binary:
      return binary_to_json(column.text(row));
    case TypeKind::List:
    case TypeKind::FixedList:
      return list_to_json(field, column, row);
    case TypeKind::Struct:
      return row_to_json(field.type.children, column.children, column.child_row(row));
    case TypeKind::Other:
      break;
  }
  return foreign_to_json(*static_cast<const arrow::Array*>(column.foreign), row);
}

json row_to_json(const std::vector<Field>& fields, const std::vector<ColumnView>& columns,
                 int64_t row) {
  json object = json::object();
  for (size_t i = 0; i < fields.size(); ++i) {
    object[fields[i].name] = cell_to_json(fields[i], columns[i], row);
  }
  return object;
}

std::optional<json> cell_at_path(const std::vector<Field>& fields,
                                 const std::vector<ColumnView>& columns, int64_t row,
                                 std::string_view path) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    if (!path.starts_with(field.name)) continue;
    if (path.size() == field.name.size()) return cell_to_json(field, columns[i], row);
    if (path[field.name.size()] != '.' || field.type.kind != TypeKind::Struct) continue;
    auto member = cell_at_path(field.type.children, columns[i].children, columns[i].child_row(row),
                               path.substr(field.name.size() + 1));
    if (!member.has_value()) continue;
    return columns[i].is_valid(row) ? std::move(member) : json();
  }
  return std::nullopt;
}

}  // namespace mosaico::ontology

namespace mosaico::detail {

std::optional<nlohmann::json> field_of(const StreamBatch& batch, std::int64_t row,
                                       std::string_view path) {
  return ontology::cell_at_path(batch.type.schema().fields, batch.columns, row, path);
}

nlohmann::json to_json(const StreamBatch& batch, std::int64_t row) {
  return ontology::row_to_json(batch.type.schema().fields, batch.columns, row);
}

}  // namespace mosaico::detail
