#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "mosaico/schema.hpp"

namespace mosaico::detail {

/// A column's buffers in Arrow's layout, borrowed. Writing and reading of records meet Arrow here:
/// templates in public headers fill and read these, sources turn them from and into arrays.
struct ColumnView {
  TypeKind kind = TypeKind::Other;
  std::int64_t length = 0;
  std::int64_t offset = 0;  // Element 0 of this view is element `offset` of the buffers.
  std::int64_t null_count = 0;
  const std::uint8_t* validity = nullptr;  // Absent: all valid.
  const void* values = nullptr;            // Numbers, bool bits, or the bytes of texts.
  const std::int32_t* offsets = nullptr;   // String, Binary, List: length + 1 of them.
  std::int64_t values_bytes = 0;           // Of texts; other sizes follow from the length.
  std::int32_t list_size = 0;              // FixedList.
  std::vector<ColumnView> children = {};
  const void* foreign = nullptr;  // Other: the arrow::Array.

  bool is_valid(std::int64_t row) const {
    if (validity == nullptr) return true;
    const std::int64_t bit = offset + row;
    return ((validity[bit >> 3] >> (bit & 7)) & 1) != 0;
  }

  template <typename T>
  T number(std::int64_t row) const {
    return static_cast<const T*>(values)[offset + row];
  }

  bool bit(std::int64_t row) const {
    const std::int64_t at = offset + row;
    return ((static_cast<const std::uint8_t*>(values)[at >> 3] >> (at & 7)) & 1) != 0;
  }

  std::string_view text(std::int64_t row) const {
    const std::int32_t begin = offsets[offset + row];
    const std::int32_t end = offsets[offset + row + 1];
    return {static_cast<const char*>(values) + begin, static_cast<std::size_t>(end - begin)};
  }

  /// The elements of a list value as rows [first, second) of children[0].
  std::pair<std::int64_t, std::int64_t> elements(std::int64_t row) const {
    if (kind == TypeKind::FixedList) {
      const std::int64_t first = (offset + row) * list_size;
      return {first, first + list_size};
    }
    return {offsets[offset + row], offsets[offset + row + 1]};
  }

  /// The row of a struct's children that belongs to a row of the struct.
  std::int64_t child_row(std::int64_t row) const { return offset + row; }
};

}  // namespace mosaico::detail
