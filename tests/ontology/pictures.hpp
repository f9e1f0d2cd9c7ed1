#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "golden.hpp"
#include "mosaico/ontology/pixels.hpp"

namespace mosaico::ontology {

inline std::vector<std::uint8_t> read_picture(const std::string& name) {
  return read_bytes(source_path("tests/golden/ontology/" + name));
}

// The picture that most golden files hold: grey counts up, colour is (grey, 255 - grey, grey / 2).
inline constexpr std::int32_t kPictureWidth = 16;
inline constexpr std::int32_t kPictureHeight = 12;

inline std::vector<std::uint8_t> grey_picture() {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kPictureWidth * kPictureHeight; ++i) {
    pixels.push_back(static_cast<std::uint8_t>(i));
  }
  return pixels;
}

inline std::vector<std::uint8_t> rgb_picture() {
  std::vector<std::uint8_t> pixels;
  for (const std::uint8_t grey : grey_picture()) {
    pixels.push_back(grey);
    pixels.push_back(static_cast<std::uint8_t>(255 - grey));
    pixels.push_back(static_cast<std::uint8_t>(grey / 2));
  }
  return pixels;
}

// Bytes without a pattern that a codec could be right about by accident.
inline std::vector<std::uint8_t> varied_bytes(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

inline std::vector<PixelEncoding> all_encodings() {
  std::vector<PixelEncoding> encodings;
  for (int i = 0; i <= static_cast<int>(PixelEncoding::F64C1); ++i) {
    encodings.push_back(static_cast<PixelEncoding>(i));
  }
  return encodings;
}

}  // namespace mosaico::ontology
