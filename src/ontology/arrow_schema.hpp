#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "mosaico/schema.hpp"

// Our schemas as Arrow's and back: what travels in DoPut and DoGet.
namespace mosaico::ontology {

// The one column that every topic has, int64 and without nulls: the time of recording in ns.
inline constexpr std::string_view kTimestampColumn = "timestamp_ns";
// The key of a field's description in Arrow's field metadata.
inline constexpr std::string_view kDescriptionKey = "description";

// Errors: Unsupported for TypeKind::Other anywhere in it, Invalid for a malformed list.
core::Result<std::shared_ptr<arrow::DataType>> to_arrow(const DataType& type);
core::Result<std::shared_ptr<arrow::Field>> to_arrow(const Field& field);

// `timestamp_ns`, then the fields. Invalid if one of them is called so too or has the name of
// another one, which readers could not tell apart.
core::Result<std::shared_ptr<arrow::Schema>> to_arrow_schema(const Schema& schema);

// Faithful, child names and nullability of lists included: two types are equal exactly when
// Arrow's are. What TypeKind does not have becomes Other.
DataType from_arrow(const arrow::DataType& type);
Field from_arrow(const arrow::Field& field);

// The fields without `timestamp_ns`. At top level, and only there, large and view types of text and
// bytes become String and Binary, as they do for the fingerprint (ontology, "Schema fingerprint"):
// servers may return them so, and readers cast them back.
Schema from_arrow_schema(const arrow::Schema& schema, std::string tag,
                         SerializationFormat format = SerializationFormat::Default);

}  // namespace mosaico::ontology
