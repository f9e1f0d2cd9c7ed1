#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mosaico {

/// A half precision number (IEEE 754 binary16), kept as its bits.
struct Float16 {
  std::uint16_t bits = 0x7e00;  // A quiet NaN.

  /// Rounds to nearest, ties to even.
  static Float16 from_float(float value) noexcept;
  float to_float() const noexcept;

  bool operator==(const Float16&) const = default;
};

/// The initial value of a floating point member that nobody set. It is a quiet NaN with a payload
/// of its own (as R's NA_real_ is): arithmetic sees a NaN, while a nullable column tells it from
/// a NaN that was measured and stores null. Reading a null gives it back.
template <typename Float>
inline constexpr Float unset_value =  // NOLINT(readability-identifier-naming): as std's templates.
    std::bit_cast<Float>(std::conditional_t<sizeof(Float) == 8, std::uint64_t, std::uint32_t>(
        sizeof(Float) == 8 ? 0x7ff8'4d4f'5341'4943ULL : 0x7fe0'4d4fULL));
inline constexpr double kUnset = unset_value<double>;
inline constexpr float kUnsetFloat = unset_value<float>;

/// Whether a value is the initial one, bit for bit.
inline bool is_unset(double value) noexcept {
  return std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(kUnset);
}
inline bool is_unset(float value) noexcept {
  return std::bit_cast<std::uint32_t>(value) == std::bit_cast<std::uint32_t>(kUnsetFloat);
}

/// A run of bytes and the shared owner of its memory. Copies share; nothing is ever copied but by
/// copy_of(). Bytes may be *lazy*: computed when first looked at, so that a pushed frame is
/// encoded on the executor pool and not in the thread that took it.
///
/// Thread-safe for reading, the first look at lazy bytes included.
class Bytes {
 public:
  Bytes() = default;
  Bytes(const Bytes&) = default;
  Bytes& operator=(const Bytes&) = default;
  /// The source is empty afterwards.
  Bytes(Bytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        owner_(std::move(other.owner_)),
        lazy_(std::move(other.lazy_)) {}
  Bytes& operator=(Bytes&& other) noexcept {
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    owner_ = std::move(other.owner_);
    lazy_ = std::move(other.lazy_);
    return *this;
  }
  /// Takes the vector over.
  Bytes(std::vector<std::uint8_t> bytes);  // NOLINT(google-explicit-constructor)
  /// Memory of somebody else, kept alive by `owner`.
  Bytes(std::span<const std::uint8_t> bytes, std::shared_ptr<const void> owner)
      : data_(bytes.data()), size_(bytes.size()), owner_(std::move(owner)) {}
  /// `produce` runs once, at the first look. `size_hint` is counted against budgets until then.
  /// What it throws is thrown by every span(), or, when pushed, becomes the error of the topic.
  /// It must not look at the bytes it is to produce.
  static Bytes lazy(std::size_t size_hint, std::function<Bytes()> produce);
  static Bytes copy_of(std::span<const std::uint8_t> bytes);
  static Bytes copy_of(std::string_view text);

  std::span<const std::uint8_t> span() const {
    return lazy_ == nullptr ? std::span(data_, size_) : produced();
  }
  const std::uint8_t* data() const { return span().data(); }
  std::size_t size() const { return span().size(); }
  bool empty() const { return size() == 0; }
  std::string_view text() const;

  bool is_lazy() const noexcept { return lazy_ != nullptr; }
  /// The size, or the hint of lazy bytes nobody looked at; never runs the producer.
  std::size_t size_hint() const noexcept { return lazy_ == nullptr ? size_ : lazy_size(); }

  /// Equal contents.
  bool operator==(const Bytes& other) const;

 private:
  struct Lazy;
  std::span<const std::uint8_t> produced() const;
  std::size_t lazy_size() const noexcept;

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<Lazy> lazy_;
};

}  // namespace mosaico
