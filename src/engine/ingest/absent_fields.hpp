#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "core/error.hpp"

// Fields without a value: those of a batch, and of its structs at any depth, that may be null and
// are in every row. Most fields of a sensor's types are of this kind.
namespace mosaico::engine {

using core::Result;
using core::Status;

// The same rows, with one piece of memory that all share in the place of such fields and of all
// below them. For a batch that nobody has checked yet: a field whose null count is not what its
// validity says is left as it is, for the check to find. So are fields with lists of one length.
std::shared_ptr<arrow::RecordBatch> share_absent_fields(
    const std::shared_ptr<arrow::RecordBatch>& batch);

// A batch without such fields, and a byte for each field that it had: 1 for one that is left out,
// else 0; a field before those of its struct, and nothing for what is below one that is left out.
// Empty when none is.
struct PresentFields {
  std::shared_ptr<arrow::RecordBatch> batch;
  std::string absent;
};
PresentFields leave_out_absent_fields(const std::shared_ptr<arrow::RecordBatch>& batch);

// What the batch of PresentFields has for a schema. Corrupt when `absent` is of another one, or
// leaves nothing of the schema or of a struct.
Result<std::shared_ptr<arrow::Schema>> present_schema(const arrow::Schema& schema,
                                                      const std::string& absent);
// Gives the batch back all fields of `schema`. It must be one of present_schema(), and checked.
// Errors: Corrupt; those of memory.
Result<std::shared_ptr<arrow::RecordBatch>> put_back_absent_fields(
    const PresentFields& present, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace mosaico::engine
