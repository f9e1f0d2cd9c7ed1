#include "core/crc32c.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace mosaico::core {

namespace {

constexpr uint32_t kReversedPolynomial = 0x82f63b78;

// kTables[k][b] is what byte b contributes when k more bytes follow it ("slicing by eight").
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint64_t load_word(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

#if defined(__x86_64__)
// The instruction gives its result three cycles later, and takes one: three runs of bytes keep it
// busy. What kRunBytes more bytes of zeros make of a checksum joins them; it is linear, so a table
// for each byte of the checksum tells it.
constexpr size_t kRunBytes = 1024;
using Shift = std::array<std::array<uint32_t, 256>, 4>;

Shift make_shift() {
  Shift shift{};
  for (size_t bit = 0; bit < 32; ++bit) {
    uint32_t crc = uint32_t{1} << bit;
    for (size_t i = 0; i < kRunBytes; ++i) crc = (crc >> 8) ^ kTables[0][crc & 0xff];
    auto& table = shift[bit / 8];
    const size_t step = size_t{1} << (bit % 8);
    for (size_t byte = step; byte < table.size(); ++byte) {
      if ((byte & step) != 0) table[byte] ^= crc;
    }
  }
  return shift;
}

uint32_t shifted(const Shift& shift, uint64_t crc) {
  return shift[0][crc & 0xff] ^ shift[1][(crc >> 8) & 0xff] ^ shift[2][(crc >> 16) & 0xff] ^
         shift[3][(crc >> 24) & 0xff];
}

__attribute__((target("sse4.2"))) uint32_t crc32c_sse42(std::string_view bytes, uint32_t seed) {
  static const Shift kShift = make_shift();
  uint64_t crc = ~seed;
  while (bytes.size() >= 3 * kRunBytes) {
    uint64_t second = 0;
    uint64_t third = 0;
    for (const char* at = bytes.data(); at < bytes.data() + kRunBytes; at += sizeof(uint64_t)) {
      crc = _mm_crc32_u64(crc, load_word(at));
      second = _mm_crc32_u64(second, load_word(at + kRunBytes));
      third = _mm_crc32_u64(third, load_word(at + 2 * kRunBytes));
    }
    crc = shifted(kShift, shifted(kShift, crc) ^ second) ^ third;
    bytes.remove_prefix(3 * kRunBytes);
  }
  while (bytes.size() >= sizeof(uint64_t)) {
    crc = _mm_crc32_u64(crc, load_word(bytes.data()));
    bytes.remove_prefix(sizeof(uint64_t));
  }
  auto crc_32 = static_cast<uint32_t>(crc);
  for (const char byte : bytes) crc_32 = _mm_crc32_u8(crc_32, static_cast<unsigned char>(byte));
  return ~crc_32;
}
#endif

using Function = uint32_t (*)(std::string_view, uint32_t);

Function fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42;
#endif
  return crc32c_portable;
}

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t seed) {
  static const Function kFunction = fastest();
  return kFunction(bytes, seed);
}

uint32_t crc32c_portable(std::string_view bytes, uint32_t seed) {
  uint32_t crc = ~seed;
  if constexpr (std::endian::native == std::endian::little) {
    while (bytes.size() >= sizeof(uint64_t)) {
      const uint64_t word = load_word(bytes.data()) ^ crc;
      crc = 0;
      for (size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
      bytes.remove_prefix(sizeof(uint64_t));
    }
  }
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  }
  return ~crc;
}

}  // namespace mosaico::core
