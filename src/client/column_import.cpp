#include "client/column_import.hpp"

#include <arrow/array/array_base.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "ontology/arrow_schema.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::client {

namespace {

std::string_view text_of(const char* text) { return text == nullptr ? "" : text; }

// Of fields, in the Arrow C Data Interface: the number of pairs, then each one's key and value, all
// preceded by their lengths as 32 bits in the machine's order.
bool have_same_metadata(const char* one, const char* other) {
  if (one == nullptr || other == nullptr) return one == other;
  const auto next_number = [](const char** at) {
    int32_t number = 0;
    std::memcpy(&number, *at, sizeof number);
    *at += sizeof number;
    return number;
  };
  const int32_t pairs = next_number(&one);
  if (next_number(&other) != pairs) return false;
  for (int64_t texts = int64_t{2} * pairs; texts > 0; --texts) {
    const int32_t size = next_number(&one);
    if (next_number(&other) != size || size < 0) return false;
    if (std::memcmp(one, other, static_cast<size_t>(size)) != 0) return false;
    one += size;
    other += size;
  }
  return true;
}

// Whether two structures are alike in all but the name and the metadata of the whole.
bool are_alike(const ArrowSchema& one, const ArrowSchema& other) {
  if (text_of(one.format) != text_of(other.format) || one.flags != other.flags ||
      one.n_children != other.n_children || one.dictionary != nullptr ||
      other.dictionary != nullptr) {
    return false;
  }
  for (int64_t i = 0; i < one.n_children; ++i) {
    const ArrowSchema& child = *one.children[i];
    const ArrowSchema& other_child = *other.children[i];
    if (text_of(child.name) != text_of(other_child.name) ||
        !have_same_metadata(child.metadata, other_child.metadata) ||
        !are_alike(child, other_child)) {
      return false;
    }
  }
  return true;
}

}  // namespace

ColumnImport::ColumnImport(std::string topic, std::shared_ptr<arrow::Schema> schema)
    : topic_(std::move(topic)), schema_(std::move(schema)) {
  // Where it cannot be exported, nothing is known.
  if (!arrow::ExportSchema(*schema_, &exported_).ok()) exported_ = {};
}

ColumnImport::~ColumnImport() {
  if (exported_.release != nullptr) exported_.release(&exported_);
}

// Making an Arrow schema of each batch, only to compare it, takes as long as copying its bytes
// (workload push_columns).
core::Result<std::shared_ptr<arrow::RecordBatch>> ColumnImport::import_known(
    Columns& columns) const {
  if (exported_.release == nullptr || !are_alike(columns.schema(), exported_)) {
    return std::shared_ptr<arrow::RecordBatch>();
  }
  return arrow::ImportRecordBatch(&columns.array(), schema_);
}

core::Result<std::shared_ptr<arrow::RecordBatch>> ColumnImport::import(Columns& columns) const {
  if (columns.array().release == nullptr || columns.schema().release == nullptr) {
    return core::error(ErrorKind::Invalid, "push_columns: no columns");
  }
  ARROW_ASSIGN_OR_RAISE(auto batch, import_known(columns));
  if (batch == nullptr) {
    ARROW_ASSIGN_OR_RAISE(batch, arrow::ImportRecordBatch(&columns.array(), &columns.schema()));
  }
  if (!batch->schema()->Equals(*schema_, /*check_metadata=*/false)) {
    return core::error(ErrorKind::Invalid, "push_columns: topic ", topic_, " has the columns\n",
                       schema_->ToString(), "\nnot\n", batch->schema()->ToString());
  }
  ARROW_RETURN_NOT_OK(core::with_context(ontology::check_arrays(*batch), "push_columns"));
  const int at = batch->schema()->GetFieldIndex(ontology::kTimestampColumn);
  if (batch->column(at)->null_count() > 0) {
    return core::error(ErrorKind::Invalid, "push_columns: a null in timestamp_ns");
  }
  return batch;
}

}  // namespace mosaico::client
