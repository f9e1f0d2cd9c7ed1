#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "mosaico/ontology/pixels.hpp"

namespace mosaico::ontology {

// What libjpeg is to write: rows of `width` pixels of 8 bits a channel, `stride` bytes apart.
struct JpegSource {
  const std::uint8_t* data = nullptr;
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t stride = 0;
  PixelColor color = PixelColor::Rgb;  // Not Plain. Alpha is dropped.
  int quality = 90;
};

// Errors: Unsupported for sizes that JPEG cannot hold, Internal if libjpeg gives up.
core::Result<std::vector<std::uint8_t>> encode_jpeg(const JpegSource& source);

struct JpegPixels {
  std::vector<std::uint8_t> bytes;
  std::size_t width = 0;
  std::size_t height = 0;
  int channels = 0;  // 1 grey or 3 colour, red first.
};

bool has_jpeg_signature(std::span<const std::uint8_t> bytes);

// Errors: Corrupt for a broken or truncated file, Unsupported for CMYK, LimitExceeded beyond
// `max_bytes` of pixels.
core::Result<JpegPixels> decode_jpeg(std::span<const std::uint8_t> file, std::size_t max_bytes);

}  // namespace mosaico::ontology
