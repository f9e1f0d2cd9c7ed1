#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// The same values with exactly this type: field names, nullability and metadata at every depth.
// Values are shared where the layouts are equal and cast where the file's type is another one.
// Under a null struct the slots of a child that is not nullable become valid zeros. Corrupt when
// no conversion exists.
Result<std::shared_ptr<arrow::Array>> restore_type(const std::shared_ptr<arrow::Array>& array,
                                                   const std::shared_ptr<arrow::DataType>& type);

// The same for a batch, column by column. Corrupt when the number of columns differs or a column
// that is not nullable holds a null.
Result<std::shared_ptr<arrow::RecordBatch>> restore_schema(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace mosaico::engine
