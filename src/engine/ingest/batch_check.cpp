#include "engine/ingest/batch_check.hpp"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/names.hpp"
#include "engine/read/shared_nulls.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::engine {

namespace {

using arrow::ArrayData;
using DataPointer = std::shared_ptr<ArrayData>;

const arrow::DataType& without_extension(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return without_extension(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

// Which slots of an array count, one bit each from bit 0; null when all do.
using Slots = std::shared_ptr<arrow::Buffer>;

Result<Slots> valid_slots(const ArrayData& data, const Slots& parent) {
  if (data.GetNullCount() == 0 || data.buffers.empty() || data.buffers[0] == nullptr) return parent;
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  if (parent == nullptr) {
    return arrow::internal::CopyBitmap(pool, data.buffers[0]->data(), data.offset, data.length);
  }
  return arrow::internal::BitmapAnd(pool, data.buffers[0]->data(), data.offset, parent->data(), 0,
                                    data.length, 0);
}

// The elements that lists in counting slots hold; `begin` and `end` give those of slot i.
template <typename Range>
Result<Slots> element_slots(const ArrayData& lists, const Slots& slots, Range range) {
  const int64_t elements = lists.child_data[0]->length;
  ARROW_ASSIGN_OR_RAISE(Slots result, arrow::AllocateEmptyBitmap(elements));
  for (int64_t i = 0; i < lists.length; ++i) {
    if (slots != nullptr && !arrow::bit_util::GetBit(slots->data(), i)) continue;
    const auto [begin, end] = range(lists.offset + i);
    arrow::bit_util::SetBitsTo(result->mutable_data(), begin, end - begin, true);
  }
  return result;
}

Result<Slots> slots_of_elements(const ArrayData& lists, const arrow::DataType& type,
                                const Slots& slots) {
  switch (type.id()) {
    case arrow::Type::FIXED_SIZE_LIST: {
      const int64_t size = static_cast<const arrow::FixedSizeListType&>(type).list_size();
      return element_slots(lists, slots,
                           [size](int64_t i) { return std::pair(i * size, (i + 1) * size); });
    }
    case arrow::Type::LARGE_LIST: {
      const auto* offsets = lists.GetValues<int64_t>(1, 0);
      return element_slots(lists, slots,
                           [=](int64_t i) { return std::pair(offsets[i], offsets[i + 1]); });
    }
    default: {
      const auto* offsets = lists.GetValues<int32_t>(1, 0);
      return element_slots(lists, slots, [=](int64_t i) {
        return std::pair<int64_t, int64_t>(offsets[i], offsets[i + 1]);
      });
    }
  }
}

bool has_required_field(const arrow::DataType& type) {
  for (const auto& field : type.fields()) {
    if (!field->nullable() || has_required_field(without_extension(*field->type()))) return true;
  }
  return false;
}

bool all_nulls_excused(const ArrayData& data, const Slots& slots) {
  if (slots == nullptr) return false;
  const uint8_t* validity = data.buffers[0]->data();
  for (int64_t i = 0; i < data.length; ++i) {
    if (!arrow::bit_util::GetBit(validity, data.offset + i) &&
        arrow::bit_util::GetBit(slots->data(), i)) {
      return false;
    }
  }
  return true;
}

// A column whose fields without nulls have none: nulls there below a null struct or outside every
// list mean nothing, others are refused. `slots` says which slots of `data` mean something.
Result<DataPointer> settle_nulls(const DataPointer& data, const arrow::Field& field,
                                 const Slots& slots, const std::string& path) {
  DataPointer result = data;
  if (!field.nullable() && data->GetNullCount() > 0) {
    if (!all_nulls_excused(*data, slots)) {
      return core::error(ErrorKind::Invalid, "column ", core::quoted(path),
                         " is declared without nulls and holds one");
    }
    result = data->Copy();
    result->buffers[0] = nullptr;
    result->null_count = 0;
  }
  const arrow::DataType& type = without_extension(*field.type());
  if (!has_required_field(type)) return result;

  ARROW_ASSIGN_OR_RAISE(Slots below, valid_slots(*result, slots));
  const bool is_struct = type.id() == arrow::Type::STRUCT;
  if (!is_struct) {
    ARROW_ASSIGN_OR_RAISE(below, slots_of_elements(*result, type, below));
  }
  if (result == data) result = data->Copy();
  for (size_t i = 0; i < result->child_data.size(); ++i) {
    const arrow::Field& child = *type.field(static_cast<int>(i));
    DataPointer values = data->child_data[i];
    // The offset of a struct is not in its children.
    if (is_struct) values = values->Slice(data->offset, data->length);
    ARROW_ASSIGN_OR_RAISE(result->child_data[i],
                          settle_nulls(values, child, below, path + "." + child.name()));
  }
  if (is_struct && result->offset != 0) {
    if (result->buffers[0] != nullptr) {
      ARROW_ASSIGN_OR_RAISE(
          result->buffers[0],
          arrow::internal::CopyBitmap(arrow::default_memory_pool(), result->buffers[0]->data(),
                                      result->offset, result->length));
    }
    result->offset = 0;
  }
  return result;
}

// Bytes beyond its buffers that a column of view types speaks of: many views may show one buffer.
int64_t viewed_bytes(const ArrayData& data) {
  int64_t bytes = 0;
  if (data.type->id() == arrow::Type::STRING_VIEW || data.type->id() == arrow::Type::BINARY_VIEW) {
    const auto* views = data.GetValues<arrow::BinaryViewType::c_type>(1);
    for (int64_t i = 0; i < data.length; ++i) {
      if (!views[i].is_inline()) bytes += views[i].size();
    }
  }
  for (const auto& child : data.child_data) bytes += viewed_bytes(*child);
  return bytes;
}

// Without the buffers that views show, since viewed_bytes() counts those.
int64_t view_buffer_bytes(const ArrayData& data) {
  int64_t bytes = 0;
  if (data.type->id() == arrow::Type::STRING_VIEW || data.type->id() == arrow::Type::BINARY_VIEW) {
    for (size_t i = 2; i < data.buffers.size(); ++i) bytes += data.buffers[i]->size();
  }
  for (const auto& child : data.child_data) bytes += view_buffer_bytes(*child);
  return bytes;
}

Result<int64_t> arrow_bytes(const arrow::RecordBatch& batch) {
  ARROW_ASSIGN_OR_RAISE(int64_t bytes, arrow::util::ReferencedBufferSize(batch));
  for (const auto& column : batch.column_data()) {
    bytes += viewed_bytes(*column) - view_buffer_bytes(*column);
  }
  return bytes;
}

struct Sharing {
  int64_t bytes = 0;           // In the memory of shared_nulls().
  bool is_of_message = false;  // Other buffers are parts of larger ones.
};

void find_shared(const ArrayData& data, Sharing* sharing) {
  for (const auto& buffer : data.buffers) {
    if (buffer == nullptr) continue;
    if (is_of_shared_nulls(*buffer)) {
      sharing->bytes += buffer->size();
    } else if (buffer->parent() != nullptr) {
      sharing->is_of_message = true;
    }
  }
  for (const auto& child : data.child_data) find_shared(*child, sharing);
}

int64_t count_arrays(const ArrayData& data) {
  int64_t arrays = 1;
  for (const auto& child : data.child_data) arrays += count_arrays(*child);
  return arrays;
}

}  // namespace

Result<CheckedBatch> check_batch(const arrow::RecordBatch& batch,
                                 const std::shared_ptr<arrow::Schema>& schema, int64_t bytes_max) {
  if (!batch.schema()->Equals(*schema, /*check_metadata=*/false)) {
    return core::error(ErrorKind::Invalid, "a batch has another schema than its topic: ",
                       core::quoted(batch.schema()->ToString()), " in place of ",
                       core::quoted(schema->ToString()));
  }
  const Status valid = ontology::check_arrays(batch);
  if (!valid.ok())
    return core::error(ErrorKind::Invalid, "a batch is malformed: ", valid.message());

  std::vector<DataPointer> columns;
  for (int i = 0; i < schema->num_fields(); ++i) {
    const arrow::Field& field = *schema->field(i);
    if (field.name() == "timestamp_ns" && batch.column(i)->null_count() > 0) {
      return core::error(ErrorKind::Invalid, "column \"timestamp_ns\" holds a null");
    }
    ARROW_ASSIGN_OR_RAISE(DataPointer column,
                          settle_nulls(batch.column_data(i), field, nullptr, field.name()));
    columns.push_back(std::move(column));
  }
  CheckedBatch checked;
  checked.batch = arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
  ARROW_ASSIGN_OR_RAISE(checked.bytes, arrow_bytes(*checked.batch));
  if (checked.bytes > bytes_max) {
    return core::error(ErrorKind::LimitExceeded, "a batch of ", checked.bytes,
                       " bytes; max_record_bytes allows ", bytes_max);
  }
  return checked;
}

int64_t overhead_bytes(const arrow::RecordBatch& batch) {
  // An array with its buffers, measured with Arrow 26 on glibc.
  constexpr int64_t kArrayBytes = 320;
  int64_t arrays = 0;
  for (const auto& column : batch.column_data()) arrays += count_arrays(*column);
  return arrays * kArrayBytes;
}

int64_t memory_bytes(const arrow::RecordBatch& batch, int64_t bytes) {
  Sharing sharing;
  for (const auto& column : batch.column_data()) find_shared(*column, &sharing);
  const int64_t shared = sharing.is_of_message ? 0 : sharing.bytes;
  return std::max<int64_t>(bytes - shared, 0) + overhead_bytes(batch);
}

}  // namespace mosaico::engine
