#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace mosaico::detail {

/// The numbers of a column. Unlike in a vector, elements within the capacity may be written before
/// they count. Memory is kept until destruction.
template <typename V>
  requires std::is_trivially_copyable_v<V>
class GrowingArray {
 public:
  GrowingArray() = default;
  /// All memory of a copy has been written to, so that the kernel has given it its pages.
  GrowingArray(const GrowingArray& other)
      : values_(std::make_unique<V[]>(other.capacity_)),
        size_(other.size_),
        capacity_(other.capacity_) {
    std::copy_n(other.data(), size_, data());
  }
  GrowingArray& operator=(const GrowingArray&) = delete;
  ~GrowingArray() = default;

  V* data() { return values_.get(); }
  const V* data() const { return values_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Elements up to here count; those past the old size must have been written. At most what was
  /// reserved.
  void set_size(std::size_t size) { size_ = size; }

  void reserve(std::size_t size) {
    if (size > capacity_) grow(size);
  }
  /// Makes it this long; new elements are zero.
  void pad_to(std::size_t size) {
    reserve(size);
    if (size > size_) std::fill(data() + size_, data() + size, V{});
    size_ = size;
  }
  void push_back(const V& value) {
    const V copy = value;
    reserve(size_ + 1);
    values_[size_++] = copy;
  }
  void append(const V* first, std::size_t count) {
    reserve(size_ + count);
    std::copy_n(first, count, data() + size_);
    size_ += count;
  }
  void clear() { size_ = 0; }

 private:
  static constexpr std::size_t kCapacityMin = 64;

  // At least doubles, so that appending one after the other stays cheap.
  void grow(std::size_t size) {
    const std::size_t capacity = std::max({size, 2 * capacity_, kCapacityMin});
    auto values = std::make_unique_for_overwrite<V[]>(capacity);
    std::copy_n(data(), size_, values.get());
    values_ = std::move(values);
    capacity_ = capacity;
  }

  std::unique_ptr<V[]> values_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace mosaico::detail
