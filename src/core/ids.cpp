#include "core/ids.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace mosaico::core {

namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kUlidLength = 26;
constexpr size_t kUuidLength = 36;

using Bytes16 = std::array<unsigned char, 16>;

// A UUID is the proof of authorship, so it comes from the kernel's generator; a kernel without
// one cannot run us safely.
Bytes16 random_bytes() {
  Bytes16 bytes;
  if (getentropy(bytes.data(), bytes.size()) != 0) std::abort();
  return bytes;
}

bool is_hyphen_position(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

std::string make_uuid() {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  Bytes16 bytes = random_bytes();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // Version 4.
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // Variant of RFC 9562.

  std::string text;
  text.reserve(kUuidLength);
  for (const unsigned char byte : bytes) {
    if (is_hyphen_position(text.size())) text += '-';
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::string make_ulid(int64_t unix_ms) {
  Bytes16 bytes = random_bytes();
  for (size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(static_cast<uint64_t>(unix_ms) >> (40 - 8 * i));
  }

  // 128 bits in groups of five, read from the top with two zero bits in front.
  std::string text;
  text.reserve(kUlidLength);
  for (size_t i = 0; i < kUlidLength; ++i) {
    unsigned digit = 0;
    for (size_t bit = 5 * i; bit < 5 * i + 5; ++bit) {
      const size_t position = bit - 2;
      const unsigned value = bit < 2 ? 0U : (bytes[position / 8] >> (7 - position % 8)) & 1U;
      digit = digit << 1 | value;
    }
    text += kCrockford[digit];
  }
  return text;
}

bool is_uuid(const std::string& text) {
  if (text.size() != kUuidLength) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_position(i) ? text[i] != '-' : !is_hex_digit(text[i])) return false;
  }
  return true;
}

bool is_ulid(const std::string& text) {
  // A first digit above 7 would not fit 128 bits.
  return text.size() == kUlidLength && text.front() <= '7' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return kCrockford.find(c) != std::string_view::npos; });
}

}  // namespace mosaico::core
