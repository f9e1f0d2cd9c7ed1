#include "ontology/arrow_schema.hpp"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <set>
#include <utility>
#include <vector>

namespace mosaico::ontology {

namespace {

core::Result<std::shared_ptr<arrow::Field>> item_to_arrow(const DataType& list) {
  if (list.children.size() != 1) {
    return core::error(ErrorKind::Invalid, "a list type needs exactly one item type, not ",
                       list.children.size());
  }
  return to_arrow(list.children.front());
}

core::Result<std::shared_ptr<arrow::DataType>> fixed_list_to_arrow(const DataType& type) {
  if (type.size < 0) {
    return core::error(ErrorKind::Invalid, "a fixed list cannot have ", type.size, " elements");
  }
  ARROW_ASSIGN_OR_RAISE(auto item, item_to_arrow(type));
  return arrow::fixed_size_list(item, type.size);
}

core::Result<std::shared_ptr<arrow::DataType>> struct_to_arrow(const DataType& type) {
  arrow::FieldVector members;
  members.reserve(type.children.size());
  for (const Field& member : type.children) {
    ARROW_ASSIGN_OR_RAISE(members.emplace_back(), to_arrow(member));
  }
  return arrow::struct_(members);
}

std::vector<Field> children_from_arrow(const arrow::DataType& type) {
  std::vector<Field> children;
  children.reserve(type.fields().size());
  for (const auto& field : type.fields()) children.push_back(from_arrow(*field));
  return children;
}

TypeKind kind_of_scalar(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::BOOL:
      return TypeKind::Bool;
    case arrow::Type::INT8:
      return TypeKind::Int8;
    case arrow::Type::INT16:
      return TypeKind::Int16;
    case arrow::Type::INT32:
      return TypeKind::Int32;
    case arrow::Type::INT64:
      return TypeKind::Int64;
    case arrow::Type::UINT8:
      return TypeKind::UInt8;
    case arrow::Type::UINT16:
      return TypeKind::UInt16;
    case arrow::Type::UINT32:
      return TypeKind::UInt32;
    case arrow::Type::UINT64:
      return TypeKind::UInt64;
    case arrow::Type::HALF_FLOAT:
      return TypeKind::Float16;
    case arrow::Type::FLOAT:
      return TypeKind::Float32;
    case arrow::Type::DOUBLE:
      return TypeKind::Float64;
    case arrow::Type::STRING:
      return TypeKind::String;
    case arrow::Type::BINARY:
      return TypeKind::Binary;
    default:
      return TypeKind::Other;
  }
}

bool is_other_text(arrow::Type::type id) {
  return id == arrow::Type::LARGE_STRING || id == arrow::Type::STRING_VIEW;
}

bool is_other_binary(arrow::Type::type id) {
  return id == arrow::Type::LARGE_BINARY || id == arrow::Type::BINARY_VIEW;
}

}  // namespace

core::Result<std::shared_ptr<arrow::DataType>> to_arrow(const DataType& type) {
  switch (type.kind) {
    case TypeKind::Bool:
      return arrow::boolean();
    case TypeKind::Int8:
      return arrow::int8();
    case TypeKind::Int16:
      return arrow::int16();
    case TypeKind::Int32:
      return arrow::int32();
    case TypeKind::Int64:
      return arrow::int64();
    case TypeKind::UInt8:
      return arrow::uint8();
    case TypeKind::UInt16:
      return arrow::uint16();
    case TypeKind::UInt32:
      return arrow::uint32();
    case TypeKind::UInt64:
      return arrow::uint64();
    case TypeKind::Float16:
      return arrow::float16();
    case TypeKind::Float32:
      return arrow::float32();
    case TypeKind::Float64:
      return arrow::float64();
    case TypeKind::String:
      return arrow::utf8();
    case TypeKind::Binary:
      return arrow::binary();
    case TypeKind::List: {
      ARROW_ASSIGN_OR_RAISE(auto item, item_to_arrow(type));
      return arrow::list(std::move(item));
    }
    case TypeKind::FixedList:
      return fixed_list_to_arrow(type);
    case TypeKind::Struct:
      return struct_to_arrow(type);
    case TypeKind::Other:
      break;
  }
  return core::error(ErrorKind::Unsupported,
                     "no column can be made of a type known by name only: ", type.other);
}

core::Result<std::shared_ptr<arrow::Field>> to_arrow(const Field& field) {
  auto type = to_arrow(field.type);
  if (!type.ok()) return core::with_context(type.status(), field.name);
  std::shared_ptr<const arrow::KeyValueMetadata> metadata;
  if (!field.description.empty()) {
    metadata = arrow::KeyValueMetadata::Make({std::string(kDescriptionKey)}, {field.description});
  }
  return arrow::field(field.name, std::move(type).ValueUnsafe(), field.nullable,
                      std::move(metadata));
}

core::Result<std::shared_ptr<arrow::Schema>> to_arrow_schema(const Schema& schema) {
  arrow::FieldVector fields = {
      arrow::field(std::string(kTimestampColumn), arrow::int64(), /*nullable=*/false)};
  std::set<std::string_view> names = {kTimestampColumn};
  for (const Field& field : schema.fields) {
    if (!names.insert(field.name).second) {
      return core::error(ErrorKind::Invalid,
                         "two columns of a message type have one name: ", schema.ontology_tag, ".",
                         field.name);
    }
    ARROW_ASSIGN_OR_RAISE(fields.emplace_back(), to_arrow(field));
  }
  return arrow::schema(std::move(fields));
}

DataType from_arrow(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::LIST:
      return DataType{.kind = TypeKind::List, .children = children_from_arrow(type)};
    case arrow::Type::FIXED_SIZE_LIST:
      return DataType{.kind = TypeKind::FixedList,
                      .children = children_from_arrow(type),
                      .size = static_cast<const arrow::FixedSizeListType&>(type).list_size()};
    case arrow::Type::STRUCT:
      return DataType{.kind = TypeKind::Struct, .children = children_from_arrow(type)};
    default:
      break;
  }
  const TypeKind kind = kind_of_scalar(type.id());
  return DataType{.kind = kind, .other = kind == TypeKind::Other ? type.ToString() : ""};
}

Field from_arrow(const arrow::Field& field) {
  Field result{
      .name = field.name(), .type = from_arrow(*field.type()), .nullable = field.nullable()};
  if (field.HasMetadata()) {
    const int at = field.metadata()->FindKey(kDescriptionKey);
    if (at >= 0) result.description = field.metadata()->value(at);
  }
  return result;
}

Schema from_arrow_schema(const arrow::Schema& schema, std::string tag, SerializationFormat format) {
  Schema result{.ontology_tag = std::move(tag), .serialization_format = format};
  for (const auto& column : schema.fields()) {
    if (column->name() == kTimestampColumn) continue;
    Field& field = result.fields.emplace_back(from_arrow(*column));
    if (is_other_text(column->type()->id())) field.type = DataType{.kind = TypeKind::String};
    if (is_other_binary(column->type()->id())) field.type = DataType{.kind = TypeKind::Binary};
  }
  return result;
}

}  // namespace mosaico::ontology
