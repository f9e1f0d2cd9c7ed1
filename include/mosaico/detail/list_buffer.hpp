#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "mosaico/detail/column_buffer.hpp"
#include "mosaico/detail/text_buffer.hpp"

namespace mosaico::detail {

/// The elements of lists. Scalars are copied in one go.
template <typename Element>
class ElementBuffer {
 public:
  using V = ValueOf<Element>;
  static constexpr bool kBulk = (std::is_arithmetic_v<Element> && !std::is_same_v<Element, bool>) ||
                                std::is_same_v<Element, Float16>;

  template <typename Range>
  void append_all(const Range& range) {
    if constexpr (kBulk) {
      buffer_.append_run(range.data(), range.size());
      count_ += static_cast<std::int64_t>(range.size());
    } else {
      for (const auto& element : range) append_member(buffer_, count_++, element);
    }
  }

  template <typename Range>
  static std::size_t bytes_of(const Range& range) {
    std::size_t bytes = range.size() * Buffer::kFixedBytes;
    if constexpr (!kBulk && !std::is_same_v<V, bool>) {
      for (const auto& element : range) bytes += variable_bytes_of(element);
    }
    return bytes;
  }

  std::int64_t count() const { return count_; }
  void finish() { buffer_.finish(count_); }
  ColumnView view(const Zeros& zeros) const { return buffer_.view(count_, zeros); }
  void clear() {
    buffer_.clear();
    count_ = 0;
  }

 private:
  using Buffer = ColumnBuffer<V, kIsOptional<Element>>;
  Buffer buffer_;
  std::int64_t count_ = 0;
};

template <typename Element, bool kNullable>
class ColumnBuffer<std::vector<Element>, kNullable> : public SteadyWithoutValues {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(std::int32_t);
  static std::size_t variable_bytes(const std::vector<Element>& value) {
    return ElementBuffer<Element>::bytes_of(value);
  }

  void append(std::int64_t row, const std::vector<Element>& value) {
    elements_.append_all(value);
    offsets_.append(row, elements_.count());
    validity_.set(row);
  }

  bool begin_steady(std::size_t /*rows*/, std::size_t /*capacity*/) const {
    return offsets_.size() == 0;
  }

  void finish(std::int64_t rows) {
    elements_.finish();
    offsets_.finish(rows);
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::List, .length = rows};
    view.offsets = offsets_.get(zeros);
    view.children.push_back(elements_.view(zeros));
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    elements_.clear();
    offsets_.clear();
    validity_.clear();
  }

 private:
  ElementBuffer<Element> elements_;
  Offsets offsets_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

template <typename Element, std::size_t kSize, bool kNullable>
class ColumnBuffer<std::array<Element, kSize>, kNullable> : public SteadyWithoutValues {
  using Elements = ColumnBuffer<ValueOf<Element>, kIsOptional<Element>>;

 public:
  static constexpr std::size_t kFixedBytes = kSize * Elements::kFixedBytes;
  static std::size_t variable_bytes(const std::array<Element, kSize>& value) {
    return ElementBuffer<Element>::bytes_of(value) - kFixedBytes;
  }

  void append(std::int64_t row, const std::array<Element, kSize>& value) {
    const std::int64_t first = row * static_cast<std::int64_t>(kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
      append_member(elements_, first + static_cast<std::int64_t>(i), value[i]);
    }
    validity_.set(row);
  }

  /// One that may not be null has values wherever the struct around it has.
  bool begin_steady(std::size_t /*rows*/, std::size_t /*capacity*/) const {
    return validity_.none_set();
  }

  void finish(std::int64_t rows) {
    elements_.finish(rows * static_cast<std::int64_t>(kSize));
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::FixedList, .length = rows};
    view.list_size = static_cast<std::int32_t>(kSize);
    view.children.push_back(elements_.view(rows * static_cast<std::int64_t>(kSize), zeros));
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    elements_.clear();
    validity_.clear();
  }

 private:
  Elements elements_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

}  // namespace mosaico::detail
