#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// The exact schema of a topic as bytes (an encapsulated Arrow IPC message) and back. Corrupt when
// the bytes are no schema.
Result<std::string> serialize_schema(const arrow::Schema& schema);
Result<std::shared_ptr<arrow::Schema>> deserialize_schema(std::string_view bytes);

// Invalid or Unsupported, naming the column, its type and what to use instead, unless a topic of
// this schema can be stored and given back exactly.
Status validate_storable(const arrow::Schema& schema);

}  // namespace mosaico::engine
