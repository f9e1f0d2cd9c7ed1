#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.hpp"

namespace mosaico::ontology {

// What libpng is to write: rows of `width` pixels, `stride` bytes apart.
struct PngSource {
  const std::uint8_t* data = nullptr;
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t stride = 0;
  int channels = 1;   // 1 grey, 3 colour, 4 colour and alpha.
  int bit_depth = 8;  // 8 or 16.
  bool is_bgr = false;
  bool is_little_endian = false;  // Of 16 bits.
};

// Errors: Unsupported for sizes that PNG cannot hold, Internal if libpng gives up.
core::Result<std::vector<std::uint8_t>> encode_png(const PngSource& source);

// A decoded PNG: elements of 16 bits in the machine's byte order, palettes and grey with alpha
// turned into colour, fewer than 8 bits widened.
struct PngPixels {
  std::vector<std::uint8_t> bytes;
  std::size_t width = 0;
  std::size_t height = 0;
  int channels = 0;   // 1, 3 or 4.
  int bit_depth = 0;  // 8 or 16.
};

bool has_png_signature(std::span<const std::uint8_t> bytes);

// Errors: Corrupt for a broken or truncated file, LimitExceeded beyond `max_bytes` of pixels.
core::Result<PngPixels> decode_png(std::span<const std::uint8_t> file, std::size_t max_bytes);

}  // namespace mosaico::ontology
