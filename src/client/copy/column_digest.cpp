#include "client/copy/column_digest.hpp"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_run_reader.h>
#include <arrow/util/bit_util.h>

#include <cstdio>
#include <string_view>

#include "core/crc32c.hpp"

namespace mosaico::client {

namespace {

using arrow::ArrayData;

void extend(uint32_t& checksum, const void* bytes, int64_t size) {
  if (size == 0) return;
  checksum = core::crc32c({static_cast<const char*>(bytes), static_cast<size_t>(size)}, checksum);
}

template <typename Number>
void extend_with_number(uint32_t& checksum, Number number) {
  extend(checksum, &number, sizeof number);
}

// Bits as bytes of 0 and 1, so that it does not matter where a batch begins.
void extend_with_bits(uint32_t& checksum, const uint8_t* bits, int64_t first, int64_t count) {
  std::string bytes(static_cast<size_t>(count), '\1');
  if (bits != nullptr) {
    for (int64_t i = 0; i < count; ++i) {
      bytes[static_cast<size_t>(i)] = arrow::bit_util::GetBit(bits, first + i) ? '\1' : '\0';
    }
  }
  extend(checksum, bytes.data(), count);
}

const arrow::DataType& storage_of(const arrow::DataType& type) {
  return type.id() == arrow::Type::EXTENSION
             ? *static_cast<const arrow::ExtensionType&>(type).storage_type()
             : type;
}

}  // namespace

// Rows are counted from the start of an array's data, its offset not included.
class ColumnDigest::Visitor {
 public:
  static Status add(const ArrayData& data, const arrow::DataType& logical_type, int64_t first,
                    int64_t rows, Column& column) {
    const arrow::DataType& type = storage_of(logical_type);
    if (type.id() == arrow::Type::NA) return Status::OK();
    const uint8_t* validity = data.GetNullCount() == 0 ? nullptr : data.GetValues<uint8_t>(0, 0);
    extend_with_bits(column.nulls, validity, data.offset + first, rows);
    if (validity == nullptr) return add_values(data, type, first, rows, column);
    return arrow::internal::VisitSetBitRuns(
        validity, data.offset + first, rows, [&](int64_t start, int64_t count) {
          return add_values(data, type, first + start, count, column);
        });
  }

 private:
  // Of rows without a null among them.
  static Status add_values(const ArrayData& data, const arrow::DataType& type, int64_t first,
                           int64_t rows, Column& column) {
    switch (type.id()) {
      case arrow::Type::BOOL:
        extend_with_bits(column.values, data.GetValues<uint8_t>(1, 0), data.offset + first, rows);
        return Status::OK();
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        add_bytes<int32_t>(data, first, rows, column);
        return Status::OK();
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        add_bytes<int64_t>(data, first, rows, column);
        return Status::OK();
      case arrow::Type::STRING_VIEW:
      case arrow::Type::BINARY_VIEW:
        add_views(data, first, rows, column);
        return Status::OK();
      case arrow::Type::LIST:
      case arrow::Type::MAP:
        return add_lists<int32_t>(data, type, first, rows, column);
      case arrow::Type::LARGE_LIST:
        return add_lists<int64_t>(data, type, first, rows, column);
      case arrow::Type::FIXED_SIZE_LIST: {
        const int64_t size = static_cast<const arrow::FixedSizeListType&>(type).list_size();
        return add_child(data, type, 0, {(data.offset + first) * size, rows * size}, column);
      }
      case arrow::Type::STRUCT:
        for (int i = 0; i < type.num_fields(); ++i) {
          ARROW_RETURN_NOT_OK(add_child(data, type, i, {data.offset + first, rows}, column));
        }
        return Status::OK();
      default:
        return add_fixed_width(data, type, first, rows, column);
    }
  }

  static Status add_fixed_width(const ArrayData& data, const arrow::DataType& type, int64_t first,
                                int64_t rows, Column& column) {
    if (!arrow::is_fixed_width(type.id()) || type.id() == arrow::Type::DICTIONARY) {
      return core::error(ErrorKind::Unsupported, "there is no checksum of columns of type ",
                         type.ToString());
    }
    const int64_t width = static_cast<const arrow::FixedWidthType&>(type).bit_width() / 8;
    extend(column.values, data.GetValues<uint8_t>(1, 0) + (data.offset + first) * width,
           rows * width);
    return Status::OK();
  }

  template <typename Offset>
  static void add_lengths(const Offset* offsets, int64_t rows, Column& column) {
    for (int64_t i = 0; i < rows; ++i) {
      extend_with_number(column.lengths, static_cast<int64_t>(offsets[i + 1] - offsets[i]));
    }
  }

  template <typename Offset>
  static void add_bytes(const ArrayData& data, int64_t first, int64_t rows, Column& column) {
    const Offset* offsets = data.GetValues<Offset>(1) + first;
    add_lengths(offsets, rows, column);
    const int64_t bytes = offsets[rows] - offsets[0];
    if (bytes > 0) extend(column.values, data.GetValues<uint8_t>(2, 0) + offsets[0], bytes);
  }

  static void add_views(const ArrayData& data, int64_t first, int64_t rows, Column& column) {
    const arrow::BinaryViewArray views(std::make_shared<ArrayData>(data));
    for (int64_t i = first; i < first + rows; ++i) {
      const std::string_view bytes = views.GetView(i);
      extend_with_number(column.lengths, static_cast<int64_t>(bytes.size()));
      extend(column.values, bytes.data(), static_cast<int64_t>(bytes.size()));
    }
  }

  template <typename Offset>
  static Status add_lists(const ArrayData& data, const arrow::DataType& type, int64_t first,
                          int64_t rows, Column& column) {
    const Offset* offsets = data.GetValues<Offset>(1) + first;
    add_lengths(offsets, rows, column);
    return add_child(data, type, 0, {offsets[0], offsets[rows] - offsets[0]}, column);
  }

  struct Range {
    int64_t first;
    int64_t rows;
  };
  static Status add_child(const ArrayData& data, const arrow::DataType& type, int index,
                          Range range, Column& column) {
    const auto position = static_cast<size_t>(index);
    if (column.children.size() <= position) column.children.resize(position + 1);
    return add(*data.child_data[position], *type.field(index)->type(), range.first, range.rows,
               column.children[position]);
  }
};

Status ColumnDigest::update(const arrow::RecordBatch& batch) {
  const auto count = static_cast<size_t>(batch.num_columns());
  if (columns_.empty()) columns_.resize(count);
  if (columns_.size() != count) {
    return core::error(ErrorKind::Invalid, "a batch has ", count, " columns, the first had ",
                       columns_.size());
  }
  for (size_t i = 0; i < count; ++i) {
    const ArrayData& data = *batch.column_data(static_cast<int>(i));
    ARROW_RETURN_NOT_OK(
        core::with_context(Visitor::add(data, *data.type, 0, batch.num_rows(), columns_[i]),
                           "column " + batch.column_name(static_cast<int>(i))));
  }
  rows_ += batch.num_rows();
  return Status::OK();
}

std::string ColumnDigest::text() const {
  uint32_t checksum = 0;
  const auto fold = [&checksum](const auto& self, const Column& column) -> void {
    extend_with_number(checksum, column.nulls);
    extend_with_number(checksum, column.lengths);
    extend_with_number(checksum, column.values);
    for (const Column& child : column.children) self(self, child);
  };
  for (const Column& column : columns_) fold(fold, column);
  extend_with_number(checksum, rows_);
  char text[9];
  std::snprintf(text, sizeof text, "%08x", checksum);
  return text;
}

}  // namespace mosaico::client
