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
__attribute__((target("sse4.2"))) uint32_t crc32c_sse42(std::string_view bytes, uint32_t seed) {
  uint64_t crc = ~seed;
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
