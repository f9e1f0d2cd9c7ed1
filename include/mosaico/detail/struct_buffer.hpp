#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "mosaico/detail/column_buffer.hpp"
#include "mosaico/detail/list_buffer.hpp"
#include "mosaico/detail/text_buffer.hpp"

namespace mosaico::detail {

/// One buffer a member of a described struct.
template <typename T>
class MemberBuffers {
  static constexpr auto kFields = description_of<T>().fields;
  static constexpr std::size_t kCount = std::tuple_size_v<decltype(kFields)>;

  template <std::size_t kIndex>
  using BufferAt = ColumnBuffer<ValueOf<typename std::tuple_element_t<
                                    kIndex, std::remove_const_t<decltype(kFields)>>::Member>,
                                std::get<kIndex>(kFields).nullable>;

  template <std::size_t... kIndex>
  static auto make(std::index_sequence<kIndex...>) -> std::tuple<BufferAt<kIndex>...>;
  using Buffers = decltype(make(std::make_index_sequence<kCount>()));

  template <typename Function>
  static constexpr void for_each(Function&& function) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      (function(std::integral_constant<std::size_t, kIndex>()), ...);
    }(std::make_index_sequence<kCount>());
  }

 public:
  static constexpr std::size_t kFixedBytes =
      []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
        return (std::size_t{0} + ... + BufferAt<kIndex>::kFixedBytes);
      }(std::make_index_sequence<kCount>());

  static std::size_t variable_bytes(const T& value) {
    std::size_t bytes = 0;
    for_each(
        [&](auto index) { bytes += variable_bytes_of(value.*(std::get<index>(kFields).member)); });
    return bytes;
  }

  void append(std::int64_t row, const T& value) {
    for_each([&](auto index) {
      append_member(std::get<index>(buffers_), row, value.*(std::get<index>(kFields).member));
    });
  }

  /// The same, with another value in place of the member `header`.
  template <typename Header>
  void append_with_header(std::int64_t row, const T& value, const Header& header) {
    for_each([&](auto index) {
      constexpr auto kEntry = std::get<index>(kFields);
      if constexpr (std::string_view(kEntry.name) == "header") {
        append_member(std::get<index>(buffers_), row, header);
      } else {
        append_member(std::get<index>(buffers_), row, value.*kEntry.member);
      }
    });
  }

  /// As those of a column. One that failed leaves all columns as they were.
  bool begin_steady(std::size_t rows, std::size_t capacity) {
    bool steady = true;
    for_each([&](auto index) {
      steady = steady && std::get<index>(buffers_).begin_steady(rows, capacity);
    });
    if (!steady) end_steady(rows);
    return steady;
  }

  /// While steady: whether all numbers have values and no optional member has, which is what most
  /// sensors send. Then an optional member is looked at and its column is not.
  bool is_plain() const {
    bool plain = true;
    for_each([&](auto index) {
      constexpr auto kEntry = std::get<index>(kFields);
      const auto& buffer = std::get<index>(buffers_);
      if constexpr (kIsOptional<typename decltype(kEntry)::Member>) {
        plain = plain && buffer.takes_null();
      } else {
        plain = plain && buffer.is_plain();
      }
    });
    return plain;
  }

  template <bool kPlain>
  [[gnu::always_inline]] bool append_steady(std::size_t row, const T& value) {
    return append_steady<kPlain>(row, value, std::make_index_sequence<kCount>());
  }

  void end_steady(std::size_t rows) {
    for_each([&](auto index) { std::get<index>(buffers_).end_steady(rows); });
  }

  void finish(std::int64_t rows) {
    for_each([&](auto index) { std::get<index>(buffers_).finish(rows); });
  }

  std::vector<ColumnView> views(std::int64_t rows, const Zeros& zeros) const {
    std::vector<ColumnView> views;
    views.reserve(kCount);
    for_each([&](auto index) { views.push_back(std::get<index>(buffers_).view(rows, zeros)); });
    return views;
  }

  void clear() {
    for_each([&](auto index) { std::get<index>(buffers_).clear(); });
  }

 private:
  template <bool kPlain, std::size_t... kIndex>
  [[gnu::always_inline]] bool append_steady(std::size_t row, const T& value,
                                            std::index_sequence<kIndex...> /*all*/) {
    return (append_member_steady<kPlain>(std::get<kIndex>(buffers_), row,
                                         value.*(std::get<kIndex>(kFields).member)) &&
            ...);
  }

  Buffers buffers_;
};

template <Described T, bool kNullable>
class ColumnBuffer<T, kNullable> {
 public:
  static constexpr std::size_t kFixedBytes = MemberBuffers<T>::kFixedBytes;
  static std::size_t variable_bytes(const T& value) {
    return MemberBuffers<T>::variable_bytes(value);
  }

  void append(std::int64_t row, const T& value) {
    members_.append(row, value);
    validity_.set(row);
  }

  bool begin_steady(std::size_t rows, std::size_t capacity) {
    if (validity_.none_set()) return true;  // So its members have no values either.
    steady_ = validity_.all_set(rows) && members_.begin_steady(rows, capacity);
    return steady_;
  }

  template <bool kPlain>
  [[gnu::always_inline]] bool append_steady(std::size_t row, const T& value) {
    if constexpr (kNullable) {
      if (!steady_) return false;
    }
    return members_.template append_steady<kPlain>(row, value);
  }

  void end_steady(std::size_t rows) {
    members_.end_steady(rows);
    if (steady_) validity_.set_all(rows);
    steady_ = false;
  }

  bool takes_null() const { return !steady_; }
  bool is_plain() const { return members_.is_plain(); }

  void finish(std::int64_t rows) {
    members_.finish(rows);
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::Struct, .length = rows};
    view.children = members_.views(rows, zeros);
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    members_.clear();
    validity_.clear();
  }

 private:
  MemberBuffers<T> members_;
  bool steady_ = false;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

}  // namespace mosaico::detail
