#include "mosaico/schema.hpp"

#include <array>

#include "mosaico/error.hpp"
#include "ontology/fingerprint.hpp"

namespace mosaico {

namespace {

constexpr std::array<std::string_view, 18> kKindNames = {
    "bool",   "int8",   "int16",  "int32",           "int64",  "uint8",
    "uint16", "uint32", "uint64", "halffloat",       "float",  "double",
    "string", "binary", "list",   "fixed_size_list", "struct", ""};

void append_text(const DataType& type, std::string& text);

void append_text(const Field& field, std::string& text) {
  text += field.name;
  text += ": ";
  append_text(field.type, text);
  if (!field.nullable) text += " not null";
}

void append_text(const DataType& type, std::string& text) {
  if (type.kind == TypeKind::Other) {
    text += type.other;
    return;
  }
  text += kKindNames[static_cast<std::size_t>(type.kind)];
  const bool is_nested = type.kind == TypeKind::List || type.kind == TypeKind::FixedList ||
                         type.kind == TypeKind::Struct;
  if (!is_nested) return;
  text += '<';
  const char* separator = "";
  for (const Field& child : type.children) {
    text += separator;
    append_text(child, text);
    separator = ", ";
  }
  text += '>';
  if (type.kind == TypeKind::FixedList) text.append("[").append(std::to_string(type.size)) += ']';
}

void append_leaf_paths(const std::vector<Field>& fields, const std::string& prefix,
                       std::vector<std::string>& paths) {
  for (const Field& field : fields) {
    const std::string path = prefix + field.name;
    if (field.type.kind == TypeKind::Struct) {
      append_leaf_paths(field.type.children, path + ".", paths);
    } else {
      paths.push_back(path);
    }
  }
}

}  // namespace

DataType DataType::list_of(DataType item) {
  return DataType{.kind = TypeKind::List,
                  .children = {Field{.name = "item", .type = std::move(item)}}};
}

DataType DataType::fixed_list_of(DataType item, std::int32_t size) {
  return DataType{.kind = TypeKind::FixedList,
                  .children = {Field{.name = "item", .type = std::move(item)}},
                  .size = size};
}

DataType DataType::struct_of(std::vector<Field> members) {
  return DataType{.kind = TypeKind::Struct, .children = std::move(members)};
}

std::string DataType::to_string() const {
  std::string text;
  append_text(*this, text);
  return text;
}

bool DataType::operator==(const DataType& other_type) const {
  return kind == other_type.kind && size == other_type.size && other == other_type.other &&
         children == other_type.children;
}

bool Field::operator==(const Field& other) const {
  return name == other.name && nullable == other.nullable && type == other.type;
}

std::string_view serialization_format_name(SerializationFormat format) noexcept {
  switch (format) {
    case SerializationFormat::Default:
      return "default";
    case SerializationFormat::Ragged:
      return "ragged";
    case SerializationFormat::Image:
      return "image";
  }
  return "default";
}

std::string Schema::fingerprint() const {
  return ontology::fingerprint_of(DataType::struct_of(fields).to_string());
}

std::vector<std::string> Schema::leaf_paths() const {
  std::vector<std::string> paths;
  append_leaf_paths(fields, "", paths);
  return paths;
}

}  // namespace mosaico
