#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/detail/column_view.hpp"
#include "mosaico/error.hpp"

namespace mosaico::detail {

/// Zero bytes that many all-null columns share. Fresh pages stay untouched, so they cost nothing.
class Zeros {
 public:
  ~Zeros();
  Zeros() = default;
  Zeros(const Zeros&) = delete;
  Zeros& operator=(const Zeros&) = delete;

  /// Grows to `bytes`; earlier results become invalid.
  void reserve(std::size_t bytes);
  const void* get() const { return memory_; }

 private:
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
  void finish(std::int64_t) {}
  void apply_to(ColumnView&, const Zeros&) const {}
  void clear() {}
};

template <bool kNullable>
using ValidityOf = std::conditional_t<kNullable, Validity, AlwaysValid>;

/// Column buffers of values of type V. All have
///   append(row, value)  the value of `row`; rows left out before it become null (or zero beneath a
///   null) finish(rows)        pads to the number of rows view(rows, zeros)   the finished column,
///   borrowed until the next append or clear clear()             empty again; memory is kept
///   variable_bytes(value), kFixedBytes: what a value adds to a batch
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
    if (at > values_.size()) values_.resize(at);
    values_.push_back(value);
    validity_.set(row);
  }

  void append_run(const V* first, std::size_t count) {
    static_assert(!kNullable);
    values_.insert(values_.end(), first, first + count);
  }

  void finish(std::int64_t rows) {
    if (!values_.empty()) values_.resize(static_cast<std::size_t>(rows));
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
  std::vector<V> values_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

template <bool kNullable>
class ColumnBuffer<bool, kNullable> {
 public:
  static constexpr std::size_t kFixedBytes = 1;
  static constexpr std::size_t variable_bytes(bool) { return 0; }

  void append(std::int64_t row, bool value) {
    const auto byte = static_cast<std::size_t>(row >> 3);
    if (byte >= bits_.size()) bits_.resize(byte + 1, 0);
    bits_[byte] = static_cast<std::uint8_t>(bits_[byte] | (value ? 1U << (row & 7) : 0U));
    validity_.set(row);
  }

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

/// The offsets of lists and texts.
class Offsets {
 public:
  /// Ends the value of `row` at `end`; rows left out before it are empty.
  void append(std::int64_t row, std::int64_t end) {
    const auto at = static_cast<std::size_t>(row) + 1;
    if (at > offsets_.size()) offsets_.resize(at, offsets_.empty() ? 0 : offsets_.back());
    offsets_.push_back(static_cast<std::int32_t>(end));
  }

  void finish(std::int64_t rows) {
    if (!offsets_.empty()) offsets_.resize(static_cast<std::size_t>(rows) + 1, offsets_.back());
  }

  const std::int32_t* get(const Zeros& zeros) const {
    return offsets_.empty() ? static_cast<const std::int32_t*>(zeros.get()) : offsets_.data();
  }
  std::int32_t& operator[](std::size_t at) { return offsets_[at]; }
  std::size_t size() const { return offsets_.size(); }
  void clear() { offsets_.clear(); }

 private:
  std::vector<std::int32_t> offsets_;
};

template <bool kNullable>
class ColumnBuffer<std::string, kNullable> {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(std::int32_t);
  static std::size_t variable_bytes(const std::string& value) { return value.size(); }

  void append(std::int64_t row, std::string_view value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    offsets_.append(row, static_cast<std::int64_t>(bytes_.size()));
    validity_.set(row);
  }

  void finish(std::int64_t rows) {
    offsets_.finish(rows);
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::String, .length = rows};
    view.values = bytes_.empty() ? zeros.get() : bytes_.data();
    view.values_bytes = static_cast<std::int64_t>(bytes_.size());
    view.offsets = offsets_.get(zeros);
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    bytes_.clear();
    offsets_.clear();
    validity_.clear();
  }

 private:
  std::vector<char> bytes_;
  Offsets offsets_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

template <bool kNullable>
class ColumnBuffer<Bytes, kNullable> {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(std::int32_t);
  static std::size_t variable_bytes(const Bytes& value) { return value.size_hint(); }

  void append(std::int64_t row, const Bytes& value) {
    if (value.is_lazy()) {
      lazy_.emplace_back(row, value);
    } else {
      const auto bytes = value.span();
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    offsets_.append(row, static_cast<std::int64_t>(bytes_.size()));
    validity_.set(row);
  }

  /// Runs the producers of lazy bytes and puts their results in their places.
  void finish(std::int64_t rows) {
    offsets_.finish(rows);
    validity_.finish(rows);
    if (!lazy_.empty()) insert_lazy(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::Binary, .length = rows};
    view.values = bytes_.empty() ? zeros.get() : bytes_.data();
    view.values_bytes = static_cast<std::int64_t>(bytes_.size());
    view.offsets = offsets_.get(zeros);
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    bytes_.clear();
    lazy_.clear();
    offsets_.clear();
    validity_.clear();
  }

 private:
  void insert_lazy(std::int64_t rows) {
    std::vector<std::uint8_t> merged;
    std::size_t next = 0;
    std::int32_t begin = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int32_t end = offsets_[static_cast<std::size_t>(row) + 1];
      if (next < lazy_.size() && lazy_[next].first == row) {
        const auto bytes = lazy_[next++].second.span();
        merged.insert(merged.end(), bytes.begin(), bytes.end());
      } else {
        merged.insert(merged.end(), bytes_.begin() + begin, bytes_.begin() + end);
      }
      begin = end;
      offsets_[static_cast<std::size_t>(row) + 1] = static_cast<std::int32_t>(merged.size());
    }
    if (merged.size() > std::numeric_limits<std::int32_t>::max()) {
      throw LimitExceededError("encoded data of one batch exceeds 2 GiB");
    }
    bytes_.swap(merged);
    lazy_.clear();
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<std::pair<std::int64_t, Bytes>> lazy_;
  Offsets offsets_;
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
class ColumnBuffer<std::vector<Element>, kNullable> {
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
class ColumnBuffer<std::array<Element, kSize>, kNullable> {
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
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

}  // namespace mosaico::detail
