#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/detail/growing_array.hpp"
#include "mosaico/detail/validity.hpp"

namespace mosaico::detail {

/// Column buffers of values of type V. All have
///   append(row, value)   the value of `row`; rows left out before it become null, or zero beneath
///                        a null
///   finish(rows)         pads to the number of rows
///   view(rows, zeros)    the finished column, borrowed until the next append or clear
///   clear()              empty again; memory is kept
///   variable_bytes(value), kFixedBytes: what a value adds to a batch
///
/// Rows of one shape, that is with a value in the same columns, are what drivers push. Where all
/// rows so far have a value in a column, or none has, it can be *steady*: a row like those before
/// it is then a store a value, and no column counts for itself. For that they have
///   begin_steady(rows, capacity)   makes room; false for a column that is not as above
///   append_steady<kPlain>(row, value)   false: the row is of another shape, nothing of it counts
///   end_steady(rows)               takes note of the rows; also after a begin_steady() that failed
///   takes_null(), is_plain()       while steady: whether the column, and all beneath it, has no
///                                  values; all values, when kPlain may be set
/// append() and the others are not to be called in between.
template <typename V, bool kNullable>
class ColumnBuffer;

/// Numbers.
template <typename V, bool kNullable>
  requires(std::is_arithmetic_v<V> && !std::is_same_v<V, bool>) || std::is_same_v<V, Float16>
class ColumnBuffer<V, kNullable> {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(V);
  static constexpr std::size_t variable_bytes(const V&) { return 0; }

  void append(std::int64_t row, const V& value) {
    if constexpr (kNullable && std::is_floating_point_v<V>) {
      if (is_unset(value)) return;
    }
    // A column that is never null is skipped all the same beneath a null struct.
    const auto at = static_cast<std::size_t>(row);
    if (at > values_.size()) values_.pad_to(at);
    values_.push_back(value);
    validity_.set(row);
  }

  void append_run(const V* first, std::size_t count) {
    static_assert(!kNullable);
    values_.append(first, count);
  }

  bool begin_steady(std::size_t rows, std::size_t capacity) {
    if (values_.empty()) return true;
    if (values_.size() != rows || !validity_.all_set(rows)) return false;
    values_.reserve(capacity);
    steady_ = values_.data();
    return true;
  }

  template <bool kPlain>
  [[gnu::always_inline]] bool append_steady(std::size_t row, const V& value) {
    if constexpr (kNullable && std::is_floating_point_v<V>) {
      if (is_unset(value)) return !kPlain && takes_null();
    }
    if (!kPlain && steady_ == nullptr) return false;
    steady_[row] = value;
    return true;
  }

  void end_steady(std::size_t rows) {
    if (steady_ == nullptr) return;
    values_.set_size(rows);
    validity_.set_all(rows);
    steady_ = nullptr;
  }

  bool takes_null() const { return steady_ == nullptr; }
  bool is_plain() const { return steady_ != nullptr; }

  void finish(std::int64_t rows) {
    if (!values_.empty()) values_.pad_to(static_cast<std::size_t>(rows));
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = scalar_kind<V>(), .length = rows};
    view.values = values_.empty() ? zeros.get() : values_.data();
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    values_.clear();
    validity_.clear();
  }

 private:
  GrowingArray<V> values_;
  V* steady_ = nullptr;  // Where values go while steady.
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

/// The part of a column buffer that is steady only as long as it has no values at all.
class SteadyWithoutValues {
 public:
  template <bool kPlain>
  static bool append_steady(std::size_t /*row*/, const auto& /*value*/) {
    return false;
  }
  static void end_steady(std::size_t /*rows*/) {}
  static bool takes_null() { return true; }
  static bool is_plain() { return false; }
};

template <bool kNullable>
class ColumnBuffer<bool, kNullable> : public SteadyWithoutValues {
 public:
  static constexpr std::size_t kFixedBytes = 1;
  static constexpr std::size_t variable_bytes(bool) { return 0; }

  void append(std::int64_t row, bool value) {
    const auto byte = static_cast<std::size_t>(row >> 3);
    if (byte >= bits_.size()) bits_.resize(byte + 1, 0);
    bits_[byte] = static_cast<std::uint8_t>(bits_[byte] | (value ? 1U << (row & 7) : 0U));
    validity_.set(row);
  }

  bool begin_steady(std::size_t /*rows*/, std::size_t /*capacity*/) const { return bits_.empty(); }

  void finish(std::int64_t rows) {
    if (!bits_.empty()) bits_.resize(static_cast<std::size_t>((rows + 7) / 8), 0);
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::Bool, .length = rows};
    view.values = bits_.empty() ? zeros.get() : bits_.data();
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    bits_.clear();
    validity_.clear();
  }

 private:
  std::vector<std::uint8_t> bits_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

/// Lets a buffer of V take members of type V, std::optional<V>, or an enumeration over V.
template <typename V, bool kNullable, typename Member>
void append_member(ColumnBuffer<V, kNullable>& buffer, std::int64_t row, const Member& member) {
  if constexpr (kIsOptional<Member>) {
    if (member.has_value()) append_member(buffer, row, *member);
  } else if constexpr (std::is_enum_v<Member>) {
    buffer.append(row, static_cast<V>(member));
  } else {
    buffer.append(row, member);
  }
}

/// The same for append_steady().
template <bool kPlain, typename V, bool kNullable, typename Member>
[[gnu::always_inline]] inline bool append_member_steady(ColumnBuffer<V, kNullable>& buffer,
                                                        std::size_t row, const Member& member) {
  if constexpr (kIsOptional<Member>) {
    if constexpr (kPlain) return !member.has_value();
    return member.has_value() ? append_member_steady<kPlain>(buffer, row, *member)
                              : buffer.takes_null();
  } else if constexpr (std::is_enum_v<Member>) {
    return buffer.template append_steady<kPlain>(row, static_cast<V>(member));
  } else {
    return buffer.template append_steady<kPlain>(row, member);
  }
}

template <typename Member>
std::size_t variable_bytes_of(const Member& member) {
  if constexpr (kIsOptional<Member>) {
    return member.has_value() ? variable_bytes_of(*member) : 0;
  } else if constexpr (std::is_enum_v<Member>) {
    return 0;
  } else {
    return ColumnBuffer<Member, false>::variable_bytes(member);
  }
}

}  // namespace mosaico::detail
