#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mosaico {

/// How the values of a column are made. Names follow Apache Arrow.
enum class TypeKind : std::uint8_t {
  Bool,
  Int8,
  Int16,
  Int32,
  Int64,
  UInt8,
  UInt16,
  UInt32,
  UInt64,
  Float16,
  Float32,
  Float64,
  String,
  Binary,
  List,
  FixedList,
  Struct,
  Other,  ///< A type this SDK can store and show but has no C++ value for (see DataType::other).
};

struct Field;

/// The fields of a nested type: a std::vector of them. It is a class of its own because a type and
/// its fields hold each other, and only its special members can wait until Field is complete.
class FieldList : public std::vector<Field> {
 public:
  FieldList() noexcept;
  FieldList(std::vector<Field> fields) noexcept;  // NOLINT(google-explicit-constructor)
  FieldList(std::initializer_list<Field> fields);
  FieldList(const FieldList& other);
  FieldList(FieldList&& other) noexcept;
  FieldList& operator=(const FieldList& other);
  FieldList& operator=(FieldList&& other) noexcept;
  ~FieldList();
};

/// The type of a column. Values compare by structure; descriptions of fields do not count.
struct DataType {
  TypeKind kind = TypeKind::Float64;
  FieldList children = {};  ///< Struct: its members. List, FixedList: one, named "item".
  std::int32_t size = 0;    ///< FixedList: elements a value.
  std::string other = {};   ///< Other: Arrow's text, e.g. "timestamp[ns]".

  static DataType list_of(DataType item);
  static DataType fixed_list_of(DataType item, std::int32_t size);
  static DataType struct_of(std::vector<Field> members);

  /// Arrow's text of the type, e.g. "list<item: double>" or "struct<a: int32 not null>".
  std::string to_string() const;
  bool operator==(const DataType& other_type) const;
};

/// A named column or struct member.
struct Field {
  std::string name = {};
  DataType type = {};
  bool nullable = true;
  std::string description = {};  ///< English text; travels as field metadata. Not part of equality.

  bool operator==(const Field& other) const;
};

inline FieldList::FieldList() noexcept = default;
inline FieldList::FieldList(std::vector<Field> fields) noexcept
    : std::vector<Field>(std::move(fields)) {}
inline FieldList::FieldList(std::initializer_list<Field> fields) : std::vector<Field>(fields) {}
inline FieldList::FieldList(const FieldList& other) = default;
inline FieldList::FieldList(FieldList&& other) noexcept = default;
inline FieldList& FieldList::operator=(const FieldList& other) = default;
inline FieldList& FieldList::operator=(FieldList&& other) noexcept = default;
inline FieldList::~FieldList() = default;

/// How the data of a type likes to be stored; it changes nothing on the wire.
enum class SerializationFormat : std::uint8_t { Default, Ragged, Image };
std::string_view serialization_format_name(SerializationFormat format) noexcept;

/// The columns of a message type, without `timestamp_ns`, which every topic has.
struct Schema {
  std::string ontology_tag = {};
  std::vector<Field> fields = {};
  SerializationFormat serialization_format = SerializationFormat::Default;

  /// First 10 hex digits of the SHA-1 of the text of the struct of all fields: what published
  /// clients compare (docs/protocol.md, "Schema fingerprint").
  std::string fingerprint() const;
  /// Dotted paths of all leaf columns, in schema order; lists count as leaves.
  std::vector<std::string> leaf_paths() const;
};

}  // namespace mosaico
