#include "engine/read/shared_nulls.hpp"

#include <arrow/api.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace mosaico::engine {
namespace {

using arrow::ArrayData;
using DataPtr = std::shared_ptr<ArrayData>;
using TypePtr = std::shared_ptr<arrow::DataType>;
using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Twice what 32 k rows of 16 bytes take; only lists of one length need more.
constexpr int64_t kSharedBytes = 1 << 20;

const std::shared_ptr<arrow::Buffer>& shared_zeros() {
  static const std::vector<uint8_t> kBytes(static_cast<size_t>(kSharedBytes));
  static const auto kZeros = std::make_shared<arrow::Buffer>(kBytes.data(), kSharedBytes);
  return kZeros;
}

int children_of(int64_t* rows, const arrow::DataType& type) {
  if (type.id() == arrow::Type::FIXED_SIZE_LIST) {
    *rows *= static_cast<const arrow::FixedSizeListType&>(type).list_size();
  } else if (type.id() != arrow::Type::STRUCT) {
    *rows = 0;  // A null list has no elements.
  }
  return type.num_fields();
}

const TypePtr& storage_of(const TypePtr& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  return storage_of(static_cast<const arrow::ExtensionType&>(*type).storage_type());
}

int64_t bytes_of(const arrow::DataTypeLayout::BufferSpec& spec, int64_t rows) {
  switch (spec.kind) {
    case arrow::DataTypeLayout::FIXED_WIDTH:
      return (rows + 1) * spec.byte_width;  // Offsets are one more than rows.
    case arrow::DataTypeLayout::BITMAP:
      return arrow::bit_util::BytesForBits(rows);
    default:
      return 0;
  }
}

// Of the largest buffer.
int64_t most_bytes_of(const arrow::DataType& type, int64_t rows) {
  int64_t most = 0;
  for (const auto& spec : type.layout().buffers) most = std::max(most, bytes_of(spec, rows));
  const int children = children_of(&rows, type);
  for (int i = 0; i < children; ++i) {
    most = std::max(most, most_bytes_of(*storage_of(type.field(i)->type()), rows));
  }
  return most;
}

// Of zeros: nulls where `nullable`, else values that a null above makes meaningless.
DataPtr make_empty(const TypePtr& type, int64_t rows, bool nullable,
                   const std::shared_ptr<arrow::Buffer>& zeros) {
  const TypePtr& storage = storage_of(type);
  std::vector<std::shared_ptr<arrow::Buffer>> buffers;
  for (const auto& spec : storage->layout().buffers) {
    const bool absent = spec.kind == arrow::DataTypeLayout::ALWAYS_NULL;
    buffers.push_back(absent ? nullptr : arrow::SliceBuffer(zeros, 0, bytes_of(spec, rows)));
  }
  const bool all_null = storage->id() == arrow::Type::NA;
  if (!nullable) buffers[0] = nullptr;
  auto data =
      ArrayData::Make(type, rows, std::move(buffers), nullable || all_null ? rows : int64_t{0});
  int64_t child_rows = rows;
  const int children = children_of(&child_rows, *storage);
  for (int i = 0; i < children; ++i) {
    const arrow::Field& child = *storage->field(i);
    data->child_data.push_back(make_empty(child.type(), child_rows, child.nullable(), zeros));
  }
  return data;
}

bool is_null_throughout(const ArrayData& data) {
  // A column of type null has no memory to share.
  return data.type->id() != arrow::Type::NA && data.length > 0 &&
         data.GetNullCount() == data.length;
}

// The member `index` of the rows that `data` shows.
DataPtr member_of(const ArrayData& data, size_t index) {
  return data.child_data[index]->Slice(data.offset, data.length);
}

// Whether all of its memory is the piece that shared_nulls() share.
bool lies_in_zeros(const ArrayData& data) {
  return std::all_of(data.buffers.begin(), data.buffers.end(),
                     [](const std::shared_ptr<arrow::Buffer>& buffer) {
                       return buffer == nullptr || is_of_shared_nulls(*buffer);
                     }) &&
         std::all_of(data.child_data.begin(), data.child_data.end(),
                     [](const DataPtr& child) { return lies_in_zeros(*child); });
}

// Whether it is what shared_nulls() gives for its rows, and no slice of that.
bool is_shared(const ArrayData& data) {
  const auto& validity = data.buffers[0];
  return validity != nullptr && data.offset == 0 &&
         validity->size() == arrow::bit_util::BytesForBits(data.length) && lies_in_zeros(data);
}

Result<DataPtr> share(const DataPtr& data) {
  if (is_null_throughout(*data)) {
    return is_shared(*data) ? data : shared_nulls(data->type, data->length);
  }
  if (data->type->id() != arrow::Type::STRUCT) return data;
  bool shares = false;
  std::vector<DataPtr> members;
  for (size_t i = 0; i < data->child_data.size(); ++i) {
    const DataPtr member = member_of(*data, i);
    ARROW_ASSIGN_OR_RAISE(members.emplace_back(), share(member));
    shares = shares || members.back() != member;
  }
  if (!shares) return data;
  std::shared_ptr<arrow::Buffer> validity;
  const int64_t nulls = data->GetNullCount();
  if (nulls > 0) {
    ARROW_ASSIGN_OR_RAISE(validity, arrow::internal::CopyBitmap(arrow::default_memory_pool(),
                                                                data->buffers[0]->data(),
                                                                data->offset, data->length));
  }
  return ArrayData::Make(data->type, data->length, {std::move(validity)}, std::move(members),
                         nulls);
}

// Null where nothing is left.
DataPtr leave_nulls_out(const DataPtr& data, int64_t* null_bytes) {
  if (is_null_throughout(*data)) {
    *null_bytes = std::max(*null_bytes, most_bytes_of(*storage_of(data->type), data->length));
    return nullptr;
  }
  if (data->type->id() != arrow::Type::STRUCT) return data;
  arrow::FieldVector fields;
  std::vector<DataPtr> members;
  for (size_t i = 0; i < data->child_data.size(); ++i) {
    DataPtr member = leave_nulls_out(member_of(*data, i), null_bytes);
    if (member == nullptr) continue;
    fields.push_back(data->type->field(static_cast<int>(i))->WithType(member->type));
    members.push_back(std::move(member));
  }
  // Its own validity is measured as if it began here.
  return ArrayData::Make(arrow::struct_(fields), data->length, {data->buffers[0]},
                         std::move(members), arrow::kUnknownNullCount);
}

}  // namespace

Result<DataPtr> shared_nulls(const TypePtr& type, int64_t rows) {
  const int64_t bytes = most_bytes_of(*storage_of(type), rows);
  if (bytes <= kSharedBytes) return make_empty(type, rows, true, shared_zeros());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> zeros, arrow::AllocateBuffer(bytes));
  std::memset(zeros->mutable_data(), 0, static_cast<size_t>(bytes));
  return make_empty(type, rows, true, zeros);
}

bool is_of_shared_nulls(const arrow::Buffer& buffer) {
  return buffer.data() == shared_zeros()->data();
}

Result<BatchPtr> share_nulls(const BatchPtr& batch) {
  std::vector<DataPtr> columns;
  for (const DataPtr& column : batch->column_data()) {
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), share(column));
  }
  return arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), std::move(columns));
}

BesideNulls beside_nulls(const BatchPtr& batch) {
  int64_t null_bytes = 0;
  arrow::FieldVector fields;
  std::vector<DataPtr> columns;
  for (int i = 0; i < batch->num_columns(); ++i) {
    DataPtr column = leave_nulls_out(batch->column_data(i), &null_bytes);
    if (column == nullptr) continue;
    fields.push_back(batch->schema()->field(i)->WithType(column->type));
    columns.push_back(std::move(column));
  }
  const int64_t rows = std::max<int64_t>(batch->num_rows(), 1);
  return {.batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch->num_rows(),
                                            std::move(columns)),
          .null_row_bytes = (null_bytes + rows - 1) / rows};
}

}  // namespace mosaico::engine
