#include "mosaico/values.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

namespace mosaico {

namespace {

constexpr std::uint32_t kFloatInfinity = 0x7f80'0000;
constexpr std::uint32_t kHalfInfinity = 0x7c00;
constexpr std::uint32_t kHalfQuietBit = 0x0200;
constexpr int kMantissaShift = 23 - 10;
// A float's exponent is biased by 127, a half's by 15.
constexpr std::uint32_t kBiasDifference = 127 - 15;

// `value` shifted right, the bits that fall out rounded to nearest, ties to even.
std::uint32_t shift_right_rounded(std::uint32_t value, std::uint32_t shift) {
  const std::uint32_t half = 1U << (shift - 1);
  const std::uint32_t odd = (value >> shift) & 1U;
  return (value + half - 1U + odd) >> shift;
}

}  // namespace

Float16 Float16::from_float(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fff'ffffU;

  std::uint32_t half = 0;
  if (magnitude > kFloatInfinity) {
    half = kHalfInfinity | kHalfQuietBit | ((magnitude >> kMantissaShift) & 0x3ffU);
  } else if (magnitude >= (kBiasDifference + 31U) << 23) {
    half = kHalfInfinity;
  } else if (magnitude >= (kBiasDifference + 1U) << 23) {
    // Normal. A carry out of the mantissa goes into the exponent, up to infinity, which is right.
    half = shift_right_rounded(magnitude - (kBiasDifference << 23), kMantissaShift);
  } else if (const std::uint32_t exponent = magnitude >> 23; exponent >= kBiasDifference - 10U) {
    // Subnormal: a multiple of 2^-24.
    const std::uint32_t mantissa = (magnitude & 0x7f'ffffU) | 0x80'0000U;
    half = shift_right_rounded(mantissa, kBiasDifference + 1U - exponent + kMantissaShift);
  }
  return Float16{.bits = static_cast<std::uint16_t>(sign | half)};
}

float Float16::to_float() const noexcept {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;

  if (exponent == 0) {
    constexpr float kSmallestHalf = 0x1p-24F;
    const float magnitude = static_cast<float>(mantissa) * kSmallestHalf;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  if (exponent == 0x1fU) {
    return std::bit_cast<float>(sign | kFloatInfinity | (mantissa << kMantissaShift));
  }
  return std::bit_cast<float>(sign | ((exponent + kBiasDifference) << 23) |
                              (mantissa << kMantissaShift));
}

struct Bytes::Lazy {
  Lazy(std::size_t size_hint, std::function<Bytes()> producer)
      : produce(std::move(producer)), size(size_hint) {}

  std::once_flag once;
  std::function<Bytes()> produce;
  std::atomic<std::size_t> size;  // The hint, then the true size.
  // Written once, under `once`.
  Bytes result;
  std::exception_ptr error;
};

Bytes::Bytes(std::vector<std::uint8_t> bytes) {
  const auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
  data_ = owner->data();
  size_ = owner->size();
  owner_ = owner;
}

Bytes Bytes::lazy(std::size_t size_hint, std::function<Bytes()> produce) {
  Bytes bytes;
  bytes.lazy_ = std::make_shared<Lazy>(size_hint, std::move(produce));
  return bytes;
}

Bytes Bytes::copy_of(std::span<const std::uint8_t> bytes) {
  return Bytes(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

Bytes Bytes::copy_of(std::string_view text) {
  return Bytes(std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::string_view Bytes::text() const {
  const auto bytes = span();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool Bytes::operator==(const Bytes& other) const {
  return std::ranges::equal(span(), other.span());
}

std::span<const std::uint8_t> Bytes::produced() const {
  // The error is kept instead of leaving call_once, which would run the producer again.
  std::call_once(lazy_->once, [&lazy = *lazy_] {
    try {
      lazy.result = lazy.produce();
      lazy.size = lazy.result.size();
    } catch (...) {
      lazy.error = std::current_exception();
    }
    lazy.produce = nullptr;  // What it captured, often a whole frame, is not needed any more.
  });
  if (lazy_->error != nullptr) std::rethrow_exception(lazy_->error);
  return lazy_->result.span();
}

std::size_t Bytes::lazy_size() const noexcept { return lazy_->size; }

}  // namespace mosaico
