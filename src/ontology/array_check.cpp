#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "ontology/record_batch.hpp"

namespace mosaico::ontology {

namespace {

// Of arrays that passed Validate(): it looks at the sizes of buffers and at the first and the last
// offset, but at nothing in between.

bool null_count_is_right(const arrow::ArrayData& data) {
  const int64_t claimed = data.null_count.load();
  if (claimed == arrow::kUnknownNullCount) return true;
  if (data.buffers[0] == nullptr) return claimed == 0;
  const uint8_t* const bits = data.buffers[0]->data();
  return data.length - arrow::internal::CountSetBits(bits, data.offset, data.length) == claimed;
}

// As both ends lie inside the values, ascending offsets all do.
bool offsets_ascend(const arrow::ArrayData& data) {
  if (data.length == 0) return true;
  const auto* const offsets = data.GetValues<int32_t>(1);
  // Of a column that is null throughout, each is equal to the next. Otherwise that ends at once.
  const auto bytes = static_cast<size_t>(data.length) * sizeof(int32_t);
  if (std::memcmp(offsets, offsets + 1, bytes) == 0) return true;
  // The loop has no exit, so that the compiler makes vectors of it.
  bool descends = false;
  for (int64_t i = 0; i < data.length; ++i) descends |= offsets[i + 1] < offsets[i];
  return !descends;
}

bool has_bytes(const arrow::ArrayData& data) {
  const auto* const offsets = data.GetValues<int32_t>(1);
  return data.length > 0 && offsets[data.length] > offsets[0];
}

// False where that is not so or takes more to tell.
bool is_valid_at_a_glance(const arrow::ArrayData& data) {
  if (!null_count_is_right(data)) return false;
  switch (data.type->id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::STRUCT:
    case arrow::Type::FIXED_SIZE_LIST:
      break;
    case arrow::Type::STRING:
      if (!offsets_ascend(data) || has_bytes(data)) return false;
      break;
    case arrow::Type::BINARY:
    case arrow::Type::LIST:
      if (!offsets_ascend(data)) return false;
      break;
    default:
      return false;
  }
  return true;
}

bool is_valid(const std::shared_ptr<arrow::ArrayData>& data) {
  if (!is_valid_at_a_glance(*data)) return arrow::MakeArray(data)->ValidateFull().ok();
  return std::all_of(data->child_data.begin(), data->child_data.end(), is_valid);
}

}  // namespace

Status check_arrays(const arrow::RecordBatch& batch) {
  ARROW_RETURN_NOT_OK(batch.Validate());
  const auto& columns = batch.column_data();
  // Arrow says what is wrong, and where.
  return std::all_of(columns.begin(), columns.end(), is_valid) ? Status::OK()
                                                               : batch.ValidateFull();
}

}  // namespace mosaico::ontology
