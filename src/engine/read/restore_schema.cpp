#include "engine/read/restore_schema.hpp"

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace mosaico::engine {
namespace {

using arrow::ArrayData;
using arrow::DataType;
using DataPtr = std::shared_ptr<ArrayData>;
using TypePtr = std::shared_ptr<DataType>;

Result<DataPtr> restore(const DataPtr& data, const TypePtr& type);

Result<DataPtr> cast(const DataPtr& data, const TypePtr& type) {
  auto result = arrow::compute::Cast(arrow::Datum(data), type, arrow::compute::CastOptions::Safe());
  if (!result.ok()) {
    return core::error(ErrorKind::Corrupt, "stored type ", data->type->ToString(),
                       " does not give back ", type->ToString(), ": ", result.status().message());
  }
  return result->array();
}

// Zeros in the slots that `data` marks as null, so that no stale memory travels.
Result<std::shared_ptr<arrow::Buffer>> zeroed_values(const ArrayData& data, int bit_width) {
  const int64_t slots = data.offset + data.length;
  const uint8_t* validity = data.buffers[0]->data();
  if (bit_width == 1) {
    return arrow::internal::BitmapAnd(arrow::default_memory_pool(), data.buffers[1]->data(), 0,
                                      validity, 0, slots, 0);
  }
  const int64_t width = bit_width / 8;
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> values,
                        arrow::AllocateBuffer(slots * width));
  if (data.GetNullCount() == data.length) {
    std::memset(values->mutable_data(), 0, static_cast<size_t>(slots * width));
    return values;
  }
  std::memcpy(values->mutable_data(), data.buffers[1]->data(), static_cast<size_t>(slots * width));
  for (int64_t i = data.offset; i < slots; ++i) {
    if (!arrow::bit_util::GetBit(validity, i)) {
      std::memset(values->mutable_data() + i * width, 0, static_cast<size_t>(width));
    }
  }
  return values;
}

// Parquet marks a required child of a null struct as null as well; in Arrow its slot is valid and
// without meaning, and writers refuse anything else.
Result<DataPtr> without_nulls(const DataPtr& data) {
  if (!data->MayHaveNulls() || data->buffers.empty() || data->buffers[0] == nullptr) return data;
  auto result = data->Copy();
  const auto* fixed = dynamic_cast<const arrow::FixedWidthType*>(data->type.get());
  if (fixed != nullptr && data->buffers.size() == 2 && data->buffers[1] != nullptr &&
      data->GetNullCount() > 0) {
    ARROW_ASSIGN_OR_RAISE(result->buffers[1], zeroed_values(*data, fixed->bit_width()));
  }
  result->buffers[0] = nullptr;
  result->null_count = 0;
  return result;
}

Result<DataPtr> restore_children(const DataPtr& data, const TypePtr& type) {
  if (data->child_data.size() != static_cast<size_t>(type->num_fields())) {
    return core::error(ErrorKind::Corrupt, "stored type ", data->type->ToString(),
                       " has other members than ", type->ToString());
  }
  auto result = data->Copy();
  result->type = type;
  for (int i = 0; i < type->num_fields(); ++i) {
    auto& child = result->child_data[static_cast<size_t>(i)];
    const arrow::Field& field = *type->field(i);
    ARROW_ASSIGN_OR_RAISE(child, restore(child, field.type()));
    if (type->id() == arrow::Type::STRUCT && !field.nullable()) {
      ARROW_ASSIGN_OR_RAISE(child, without_nulls(child));
    }
  }
  return result;
}

bool same_layout(const DataType& from, const DataType& to) {
  if (from.id() == to.id()) {
    return from.id() != arrow::Type::FIXED_SIZE_LIST ||
           static_cast<const arrow::FixedSizeListType&>(from).list_size() ==
               static_cast<const arrow::FixedSizeListType&>(to).list_size();
  }
  auto list_or_map = [](const DataType& type) {
    return type.id() == arrow::Type::LIST || type.id() == arrow::Type::MAP;
  };
  return list_or_map(from) && list_or_map(to);
}

// The container of `type` around the child that the data has now, so that only the container is
// cast and names are put right afterwards.
Result<TypePtr> container_of(const DataType& type, const std::shared_ptr<arrow::Field>& child) {
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return arrow::list(child);
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(child);
    case arrow::Type::LIST_VIEW:
      return arrow::list_view(child);
    case arrow::Type::LARGE_LIST_VIEW:
      return arrow::large_list_view(child);
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(child,
                                    static_cast<const arrow::FixedSizeListType&>(type).list_size());
    default:
      return core::error(ErrorKind::Corrupt, "no conversion gives back the stored type ",
                         type.ToString());
  }
}

// Lists of one length, as variable lists. A null entry has no elements there but a full row of
// them here.
Result<DataPtr> fixed_from_list(const DataPtr& data, const TypePtr& target) {
  const auto list_size = static_cast<const arrow::FixedSizeListType&>(*target).list_size();
  const auto list = std::make_shared<arrow::ListArray>(data);
  std::vector<std::shared_ptr<arrow::Array>> parts;
  int64_t flushed = list->value_offset(0);
  for (int64_t i = 0; i < list->length(); ++i) {
    if (list->IsValid(i)) {
      if (list->value_length(i) == list_size) continue;
      return core::error(ErrorKind::Corrupt, "a list of ", list->value_length(i),
                         " elements where the type is ", target->ToString());
    }
    parts.push_back(list->values()->Slice(flushed, list->value_offset(i) - flushed));
    ARROW_ASSIGN_OR_RAISE(auto padding, arrow::MakeArrayOfNull(list->values()->type(), list_size));
    parts.push_back(std::move(padding));
    flushed = list->value_offset(i + 1);
  }
  parts.push_back(list->values()->Slice(flushed, list->value_offset(list->length()) - flushed));
  ARROW_ASSIGN_OR_RAISE(auto values, arrow::Concatenate(parts));
  std::shared_ptr<arrow::Buffer> validity;
  if (list->null_count() > 0) {
    ARROW_ASSIGN_OR_RAISE(validity, arrow::internal::CopyBitmap(arrow::default_memory_pool(),
                                                                list->null_bitmap_data(),
                                                                list->offset(), list->length()));
  }
  return ArrayData::Make(target, list->length(), {std::move(validity)}, {values->data()},
                         list->null_count());
}

Result<DataPtr> restore_nested(const DataPtr& data, const TypePtr& type) {
  if (same_layout(*data->type, *type)) return restore_children(data, type);
  if (data->type->num_fields() != 1) {
    return core::error(ErrorKind::Corrupt, "stored type ", data->type->ToString(),
                       " does not give back ", type->ToString());
  }
  ARROW_ASSIGN_OR_RAISE(auto container, container_of(*type, data->type->field(0)));
  if (type->id() == arrow::Type::FIXED_SIZE_LIST && data->type->id() == arrow::Type::LIST) {
    ARROW_ASSIGN_OR_RAISE(auto fixed, fixed_from_list(data, container));
    return restore_children(fixed, type);
  }
  ARROW_ASSIGN_OR_RAISE(auto converted, cast(data, container));
  return restore_children(converted, type);
}

Result<DataPtr> restore_extension(const DataPtr& data, const TypePtr& type) {
  auto storage = data;
  if (data->type->id() == arrow::Type::EXTENSION) {
    storage = data->Copy();
    storage->type = static_cast<const arrow::ExtensionType&>(*data->type).storage_type();
  }
  if (type->id() != arrow::Type::EXTENSION) return restore(storage, type);
  ARROW_ASSIGN_OR_RAISE(
      storage, restore(storage, static_cast<const arrow::ExtensionType&>(*type).storage_type()));
  auto result = storage->Copy();
  result->type = type;
  return result;
}

Result<DataPtr> restore(const DataPtr& data, const TypePtr& type) {
  const DataType& from = *data->type;
  if (from.id() == arrow::Type::EXTENSION || type->id() == arrow::Type::EXTENSION) {
    return restore_extension(data, type);
  }
  if (type->id() == arrow::Type::NA && from.id() != arrow::Type::NA) {
    ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(type, data->length));
    return nulls->data();
  }
  if (arrow::is_nested(from) && arrow::is_nested(*type)) return restore_nested(data, type);
  if (from.Equals(*type)) return data;
  return cast(data, type);
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> restore_type(const std::shared_ptr<arrow::Array>& array,
                                                   const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto data, restore(array->data(), type));
  return arrow::MakeArray(data);
}

Result<std::shared_ptr<arrow::RecordBatch>> restore_schema(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  if (batch.num_columns() != schema->num_fields()) {
    return core::error(ErrorKind::Corrupt, "a file has ", batch.num_columns(),
                       " columns where the stored schema has ", schema->num_fields());
  }
  std::vector<std::shared_ptr<ArrayData>> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (int i = 0; i < batch.num_columns(); ++i) {
    const arrow::Field& field = *schema->field(i);
    ARROW_ASSIGN_OR_RAISE(auto column, restore(batch.column_data(i), field.type()));
    if (!field.nullable() && column->GetNullCount() > 0) {
      return core::error(ErrorKind::Corrupt, "column ", field.name(),
                         " holds a null, which its type does not allow");
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace mosaico::engine
