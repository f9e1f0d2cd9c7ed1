#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "mosaico/detail/column_view.hpp"

namespace mosaico::detail {

/// Zero bytes that many all-null columns share. Their pages are only read, so they cost no memory.
class Zeros {
 public:
  ~Zeros();
  Zeros() = default;
  /// A copy has none yet.
  Zeros(const Zeros& /*other*/) {}
  Zeros& operator=(const Zeros&) = delete;

  /// Grows to `bytes`; earlier results become invalid.
  void reserve(std::size_t bytes);
  const void* get() const { return memory_; }

 private:
  void release();

  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

/// The validity of a nullable column. Only valid rows are told; what lies between is null. No
/// bitmap is made while all rows are valid, none either while all are null.
class Validity {
 public:
  /// `row` is valid; rows skipped since the last call are null.
  void set(std::int64_t row) {
    if (row == length_ && bits_.empty()) [[likely]] {
      ++length_;
      return;
    }
    set_in_bitmap(row);
  }

  bool none_set() const { return length_ == 0; }
  bool all_set(std::size_t rows) const {
    return bits_.empty() && length_ == static_cast<std::int64_t>(rows);
  }
  /// Further rows are valid, up to this one; all before them must be.
  void set_all(std::size_t rows) { length_ = static_cast<std::int64_t>(rows); }

  void finish(std::int64_t rows) {
    if (length_ == 0 || (length_ == rows && bits_.empty())) return;
    if (bits_.empty()) fill_ones(length_);
    bits_.resize(static_cast<std::size_t>((rows + 7) / 8), 0);
  }

  void apply_to(ColumnView& view, const Zeros& zeros) const {
    if (length_ == 0 && view.length > 0) {
      view.validity = static_cast<const std::uint8_t*>(zeros.get());
      view.null_count = view.length;
    } else if (!bits_.empty()) {
      view.validity = bits_.data();
      view.null_count = view.length - valid_;
    }
  }

  void clear() {
    bits_.clear();
    length_ = 0;
    valid_ = 0;
  }

 private:
  void set_in_bitmap(std::int64_t row) {
    if (bits_.empty()) fill_ones(length_);
    const auto byte = static_cast<std::size_t>(row >> 3);
    if (byte >= bits_.size()) bits_.resize(byte + 1, 0);
    bits_[byte] = static_cast<std::uint8_t>(bits_[byte] | (1U << (row & 7)));
    ++valid_;
    length_ = row + 1;
  }

  void fill_ones(std::int64_t rows) {
    bits_.assign(static_cast<std::size_t>((rows + 7) / 8), 0xff);
    if (rows % 8 != 0) bits_.back() = static_cast<std::uint8_t>((1U << (rows % 8)) - 1);
    valid_ = rows;
  }

  std::vector<std::uint8_t> bits_;
  std::int64_t length_ = 0;  // Rows told so far, the last of them valid.
  std::int64_t valid_ = 0;   // Set bits; kept once there is a bitmap.
};

/// Stands in for the validity of a column that is never null.
struct AlwaysValid {
  void set(std::int64_t) {}
  static constexpr bool none_set() { return false; }
  static constexpr bool all_set(std::size_t) { return true; }
  void set_all(std::size_t) {}
  void finish(std::int64_t) {}
  void apply_to(ColumnView&, const Zeros&) const {}
  void clear() {}
};

template <bool kNullable>
using ValidityOf = std::conditional_t<kNullable, Validity, AlwaysValid>;

}  // namespace mosaico::detail
