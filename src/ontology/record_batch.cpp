#include "ontology/record_batch.hpp"

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "ontology/arrow_schema.hpp"

namespace mosaico::ontology {

namespace {

using detail::ColumnView;

// Memory of a record buffer, kept alive by the buffers that point into it.
class SharedBuffer : public arrow::Buffer {
 public:
  SharedBuffer(const void* data, int64_t bytes, std::shared_ptr<const void> owner)
      : Buffer(static_cast<const uint8_t*>(data), bytes), owner_(std::move(owner)) {}

 private:
  std::shared_ptr<const void> owner_;
};

int64_t bytes_for_bits(int64_t bits) { return (bits + 7) / 8; }

class ArrayMaker {
 public:
  explicit ArrayMaker(std::shared_ptr<const void> owner) : owner_(std::move(owner)) {}

  std::shared_ptr<arrow::ArrayData> make(const ColumnView& view,
                                         const std::shared_ptr<arrow::DataType>& type) const {
    auto data = arrow::ArrayData::Make(type, view.length, view.null_count);
    data->buffers.push_back(
        view.validity == nullptr ? nullptr : share(view.validity, bytes_for_bits(view.length)));
    switch (view.kind) {
      case TypeKind::Struct:
      case TypeKind::FixedList:
        break;
      case TypeKind::List:
        data->buffers.push_back(share_offsets(view));
        break;
      case TypeKind::String:
      case TypeKind::Binary:
        data->buffers.push_back(share_offsets(view));
        data->buffers.push_back(share(view.values, view.values_bytes));
        break;
      case TypeKind::Bool:
        data->buffers.push_back(share(view.values, bytes_for_bits(view.length)));
        break;
      default:
        data->buffers.push_back(share(view.values, view.length * type->byte_width()));
        break;
    }
    for (size_t i = 0; i < view.children.size(); ++i) {
      data->child_data.push_back(make(view.children[i], type->field(static_cast<int>(i))->type()));
    }
    return data;
  }

 private:
  std::shared_ptr<arrow::Buffer> share(const void* data, int64_t bytes) const {
    return std::make_shared<SharedBuffer>(data, bytes, owner_);
  }
  std::shared_ptr<arrow::Buffer> share_offsets(const ColumnView& view) const {
    return share(view.offsets, (view.length + 1) * static_cast<int64_t>(sizeof(int32_t)));
  }

  std::shared_ptr<const void> owner_;
};

TypeKind kind_of_type(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::BOOL:
      return TypeKind::Bool;
    case arrow::Type::INT8:
      return TypeKind::Int8;
    case arrow::Type::INT16:
      return TypeKind::Int16;
    case arrow::Type::INT32:
      return TypeKind::Int32;
    case arrow::Type::INT64:
      return TypeKind::Int64;
    case arrow::Type::UINT8:
      return TypeKind::UInt8;
    case arrow::Type::UINT16:
      return TypeKind::UInt16;
    case arrow::Type::UINT32:
      return TypeKind::UInt32;
    case arrow::Type::UINT64:
      return TypeKind::UInt64;
    case arrow::Type::HALF_FLOAT:
      return TypeKind::Float16;
    case arrow::Type::FLOAT:
      return TypeKind::Float32;
    case arrow::Type::DOUBLE:
      return TypeKind::Float64;
    case arrow::Type::STRING:
      return TypeKind::String;
    case arrow::Type::BINARY:
      return TypeKind::Binary;
    case arrow::Type::LIST:
      return TypeKind::List;
    case arrow::Type::FIXED_SIZE_LIST:
      return TypeKind::FixedList;
    case arrow::Type::STRUCT:
      return TypeKind::Struct;
    default:
      return TypeKind::Other;
  }
}

const uint8_t* buffer_at(const arrow::ArrayData& data, size_t index) {
  return index < data.buffers.size() && data.buffers[index] != nullptr ? data.buffers[index]->data()
                                                                       : nullptr;
}

// The validity of all columns without a value up to so many rows. A merge of many topics reads one
// row here and the next there: what is the same for all of them stays in the cache.
constexpr int64_t kNullRows = 1 << 15;
constexpr std::array<uint8_t, kNullRows / 8> kNullBits = {};

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

// `kept` takes the arrays of kinds the SDK has no values for.
ColumnView view_data(const std::shared_ptr<arrow::ArrayData>& shared, Arrays& kept) {
  const arrow::ArrayData& data = *shared;
  ColumnView view{.kind = kind_of_type(data.type->id()),
                  .length = data.length,
                  .offset = data.offset,
                  .null_count = data.GetNullCount()};
  view.validity = view.null_count == 0 ? nullptr : buffer_at(data, 0);
  if (view.validity != nullptr && view.null_count == view.length &&
      view.offset + view.length <= kNullRows) {
    view.validity = kNullBits.data();
  }
  switch (view.kind) {
    case TypeKind::Struct:
      break;
    case TypeKind::FixedList:
      view.list_size = static_cast<const arrow::FixedSizeListType&>(*data.type).list_size();
      break;
    case TypeKind::List:
    case TypeKind::String:
    case TypeKind::Binary:
      view.offsets = reinterpret_cast<const int32_t*>(buffer_at(data, 1));
      view.values = buffer_at(data, 2);
      break;
    case TypeKind::Other:
      kept.push_back(arrow::MakeArray(shared));
      view.foreign = kept.back().get();
      return view;
    default:
      view.values = buffer_at(data, 1);
      break;
  }
  for (const auto& child : data.child_data) {
    view.children.push_back(view_data(child, kept));
  }
  return view;
}

std::shared_ptr<arrow::DataType> plain_type(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return arrow::utf8();
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return arrow::binary();
    default:
      return nullptr;
  }
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> to_record_batch(
    const std::shared_ptr<arrow::Schema>& schema,
    const std::shared_ptr<const detail::RecordBuffer>& buffer) {
  const std::vector<ColumnView> columns = buffer->columns();
  if (static_cast<size_t>(schema->num_fields()) != columns.size() + 1) {
    return core::error(ErrorKind::Internal, "a record buffer of ", columns.size(),
                       " columns for a schema of ", schema->num_fields());
  }
  const ArrayMaker maker(buffer);
  std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
  arrays.reserve(columns.size() + 1);
  arrays.push_back(maker.make(buffer->timestamp_column(), arrow::int64()));
  for (size_t i = 0; i < columns.size(); ++i) {
    arrays.push_back(maker.make(columns[i], schema->field(static_cast<int>(i) + 1)->type()));
  }
  return arrow::RecordBatch::Make(schema, buffer->rows(), std::move(arrays));
}

Result<std::shared_ptr<const detail::StreamBatch>> to_stream_batch(
    const std::shared_ptr<arrow::RecordBatch>& batch, OntologyType type) {
  auto result = std::make_shared<detail::StreamBatch>();
  auto kept = std::make_shared<Arrays>();
  result->type = type;
  result->rows = batch->num_rows();
  ARROW_ASSIGN_OR_RAISE(result->bytes, bytes_of(*batch));
  for (int i = 0; i < batch->num_columns(); ++i) {
    std::shared_ptr<arrow::Array> array = batch->column(i);
    if (const auto plain = plain_type(*array->type()); plain != nullptr) {
      ARROW_ASSIGN_OR_RAISE(array, arrow::compute::Cast(*array, plain));
    }
    kept->push_back(array);
    ColumnView view = view_data(array->data(), *kept);
    if (batch->column_name(i) == kTimestampColumn) {
      result->timestamps = std::move(view);
    } else {
      result->columns.push_back(std::move(view));
    }
  }
  if (result->timestamps.kind != TypeKind::Int64) {
    return core::error(ErrorKind::Corrupt, "a batch without an int64 column timestamp_ns");
  }
  result->owner = std::move(kept);
  const auto& fields = type.schema().fields;
  for (size_t i = 0; i < fields.size() && i < result->columns.size(); ++i) {
    if (fields[i].name == "header") result->header = &result->columns[i];
  }
  return result;
}

namespace {

// The pieces of memory that a column shows. ReferencedRanges() of Arrow tells the same of every
// type, as arrays, which takes most of the time that a small batch takes to read; so it is asked of
// types that no topic has.
class ShownMemory {
 public:
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
  };

  Status add(const arrow::ArrayData& column) {
    const size_t before = ranges_.size();
    if (add(column, *column.type, {column.offset, column.length})) return Status::OK();
    ranges_.resize(before);
    return add_as_arrow(column);
  }

  std::vector<Range>& ranges() { return ranges_; }

 private:
  struct Rows {
    int64_t offset = 0;  // In the buffers.
    int64_t length = 0;
  };

  void add_bits(const arrow::Buffer& buffer, const Rows& rows, int64_t width) {
    const auto address = reinterpret_cast<uint64_t>(buffer.data());
    const int64_t begin = rows.offset * width / 8;
    const int64_t end = arrow::bit_util::BytesForBits((rows.offset + rows.length) * width);
    ranges_.push_back(
        {address + static_cast<uint64_t>(begin), address + static_cast<uint64_t>(end)});
  }

  // Gives what the offsets of a list or a text show.
  template <typename Offset>
  Rows add_offsets(const arrow::ArrayData& data, const Rows& rows) {
    constexpr auto kWidth = static_cast<int64_t>(8 * sizeof(Offset));
    if (rows.length == 0) return {};  // They may be missing.
    add_bits(*data.buffers[1], rows, kWidth);
    const auto* offsets = reinterpret_cast<const Offset*>(data.buffers[1]->data()) + rows.offset;
    return {static_cast<int64_t>(offsets[0]),
            static_cast<int64_t>(offsets[rows.length]) - static_cast<int64_t>(offsets[0])};
  }

  template <typename Offset>
  bool add_text(const arrow::ArrayData& data, const Rows& rows) {
    const Rows shown = add_offsets<Offset>(data, rows);
    if (data.buffers[2] != nullptr) add_bits(*data.buffers[2], shown, 8);
    return true;
  }

  bool add_children(const arrow::ArrayData& data, const arrow::DataType& type, const Rows& rows) {
    for (size_t i = 0; i < data.child_data.size(); ++i) {
      const arrow::ArrayData& child = *data.child_data[i];
      const arrow::DataType& child_type = *type.field(static_cast<int>(i))->type();
      if (!add(child, child_type, {child.offset + rows.offset, rows.length})) return false;
    }
    return true;
  }

  // False for a type that is not known here.
  bool add(const arrow::ArrayData& data, const arrow::DataType& type, const Rows& rows) {
    if (type.id() == arrow::Type::EXTENSION) {
      return add(data, *static_cast<const arrow::ExtensionType&>(type).storage_type(), rows);
    }
    // As Arrow does, which leaves out whether structs are there.
    if (type.id() == arrow::Type::STRUCT) return add_children(data, type, rows);
    if (!data.buffers.empty() && data.buffers[0] != nullptr) add_bits(*data.buffers[0], rows, 1);
    switch (type.id()) {
      case arrow::Type::NA:
        return true;
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        return add_text<int32_t>(data, rows);
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        return add_text<int64_t>(data, rows);
      case arrow::Type::LIST:
      case arrow::Type::MAP:
        return add_children(data, type, add_offsets<int32_t>(data, rows));
      case arrow::Type::LARGE_LIST:
        return add_children(data, type, add_offsets<int64_t>(data, rows));
      case arrow::Type::FIXED_SIZE_LIST: {
        const int64_t size = static_cast<const arrow::FixedSizeListType&>(type).list_size();
        return add_children(data, type, {rows.offset * size, rows.length * size});
      }
      default:
        if (!arrow::is_primitive(type.id()) && !arrow::is_fixed_size_binary(type.id()))
          return false;
        if (data.buffers[1] != nullptr) add_bits(*data.buffers[1], rows, type.bit_width());
        return true;
    }
  }

  Status add_as_arrow(const arrow::ArrayData& column) {
    ARROW_ASSIGN_OR_RAISE(const auto found, arrow::util::ReferencedRanges(column));
    const auto& fields = static_cast<const arrow::StructArray&>(*found);
    const auto number = [&](int field, int64_t row) {
      return static_cast<const arrow::UInt64Array&>(*fields.field(field)).Value(row);
    };
    for (int64_t row = 0; row < fields.length(); ++row) {
      const uint64_t begin = number(0, row) + number(1, row);
      ranges_.push_back({begin, begin + number(2, row)});
    }
    return Status::OK();
  }

  std::vector<Range> ranges_;
};

Result<std::vector<ShownMemory::Range>> ranges_of(const arrow::RecordBatch& batch) {
  ShownMemory memory;
  for (const auto& column : batch.column_data()) ARROW_RETURN_NOT_OK(memory.add(*column));
  return std::move(memory.ranges());
}

}  // namespace

Result<int64_t> bytes_of(const arrow::RecordBatch& batch) {
  using Range = ShownMemory::Range;
  ARROW_ASSIGN_OR_RAISE(std::vector<Range> ranges, ranges_of(batch));
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  uint64_t bytes = 0;
  uint64_t counted_to = 0;
  for (const Range& range : ranges) {
    const uint64_t begin = std::max(range.begin, counted_to);
    if (range.end <= begin) continue;
    bytes += range.end - begin;
    counted_to = range.end;
  }
  return static_cast<int64_t>(bytes);
}

Result<int64_t> bytes_of_columns(const arrow::RecordBatch& batch) {
  ARROW_ASSIGN_OR_RAISE(const auto ranges, ranges_of(batch));
  uint64_t bytes = 0;
  for (const auto& range : ranges) bytes += range.end - range.begin;
  return static_cast<int64_t>(bytes);
}

}  // namespace mosaico::ontology
