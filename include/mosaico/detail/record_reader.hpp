#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mosaico/describe.hpp"
#include "mosaico/detail/column_view.hpp"

namespace mosaico::detail {

/// The memory behind the columns, which blobs share.
using ColumnOwner = std::shared_ptr<const void>;

/// Whether a value and everything beneath it is null. Published writers send a valid struct of
/// nulls for an absent one.
inline bool all_null(const ColumnView& column, std::int64_t row) {
  if (!column.is_valid(row)) return true;
  if (column.kind != TypeKind::Struct || column.children.empty()) return false;
  for (const ColumnView& child : column.children) {
    if (!all_null(child, column.child_row(row))) return false;
  }
  return true;
}

template <typename T>
void read_members(const std::vector<ColumnView>& columns, std::int64_t row,
                  const ColumnOwner& owner, T& value);

/// Reads one value. The column's type is that of T: the caller compared schemas. Null gives an
/// empty optional, the unset value of a float, or the value T starts with.
template <typename T>
void read_value(const ColumnView& column, std::int64_t row, const ColumnOwner& owner, T& value) {
  if constexpr (kIsOptional<T>) {
    using V = typename T::value_type;
    if (Described<V> ? all_null(column, row) : !column.is_valid(row)) {
      value.reset();
    } else {
      read_value(column, row, owner, value.emplace());
    }
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(column.number<std::underlying_type_t<T>>(row));
  } else if constexpr (std::is_floating_point_v<T>) {
    value = column.is_valid(row) ? column.number<T>(row) : unset_value<T>;
  } else if constexpr (std::is_same_v<T, bool>) {
    value = column.bit(row);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, Float16>) {
    value = column.number<T>(row);
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = column.text(row);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    const auto text = column.text(row);
    value = Bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, owner);
  } else if constexpr (Described<T>) {
    read_members(column.children, column.child_row(row), owner, value);
  } else {
    const auto [first, last] = column.elements(row);
    const ColumnView& items = column.children.front();
    if constexpr (IsVector<T>::value) value.resize(static_cast<std::size_t>(last - first));
    for (std::int64_t i = first; i < last; ++i) {
      const auto at = static_cast<std::size_t>(i - first);
      if constexpr (std::is_same_v<T, std::vector<bool>>) {
        value[at] = items.bit(i);
      } else {
        read_value(items, i, owner, value[at]);
      }
    }
  }
}

template <typename T>
void read_members(const std::vector<ColumnView>& columns, std::int64_t row,
                  const ColumnOwner& owner, T& value) {
  constexpr auto kFields = description_of<T>().fields;
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    (read_value(columns[kIndex], row, owner, value.*(std::get<kIndex>(kFields).member)), ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(kFields)>>());
}

}  // namespace mosaico::detail
