#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/error.hpp"

// What a topic's schema may be, and how it is kept: the exact schema lies in the catalog as bytes,
// and files carry its storage form.
namespace mosaico::engine {

using core::Result;
using core::Status;

inline constexpr int kSchemaDepthMax = 32;  // Types inside types, the column's own counted.
inline constexpr int kLeafColumnsMax = 10'000;

// The exact schema of a topic as bytes (an encapsulated Arrow IPC message) and back. Corrupt when
// the bytes are no schema.
Result<std::string> serialize_schema(const arrow::Schema& schema);
Result<std::shared_ptr<arrow::Schema>> deserialize_schema(std::string_view bytes);

// Invalid, Unsupported or LimitExceeded, naming the column, its type and what to use instead,
// unless a topic of this schema can be stored and given back exactly.
Status validate_storable(const arrow::Schema& schema);

// The schema of a topic's files: the same columns, where a type that Parquet does not keep stands
// as one with the same bytes in memory (timestamp[s] as int64, an extension type as its storage,
// ...). `schema` must be storable.
std::shared_ptr<arrow::Schema> storage_schema(const arrow::Schema& schema);

// The same buffers under a schema of equal layout: from the exact schema to the storage form and
// back, also over names of nested fields and nullability that Parquet changed. Nothing is copied.
// Corrupt, naming the column, when the layouts differ.
Result<std::shared_ptr<arrow::RecordBatch>> with_schema(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace mosaico::engine
