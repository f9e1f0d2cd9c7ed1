#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mosaico/ontology/mixins.hpp"
#include "mosaico/values.hpp"

namespace mosaico {

/// One still picture as a buffer of pixels, packed losslessly.
struct Image {
  std::optional<Header> header = std::nullopt;
  Bytes data = {};
  std::string format = {};                          ///< How `data` is packed: "raw" or "png".
  std::int32_t width = 0;                           ///< Pixels.
  std::int32_t height = 0;                          ///< Pixels.
  std::int32_t stride = 0;                          ///< Bytes a row.
  std::string encoding = {};                        ///< Layout of a pixel, e.g. "rgb8".
  std::optional<bool> is_bigendian = std::nullopt;  ///< Unset: the order of the machine.
};

constexpr auto mosaico_ontology(const Image*) {
  using T = Image;
  return describe<T>("Image", "A still picture as a buffer of pixels.", SerializationFormat::Image,
                     detail::header_field<T>(),
                     field("data", &T::data, "The pixels, height * stride bytes, as packed."),
                     field("format", &T::format, "How the pixels are packed: raw or png."),
                     field("width", &T::width, "Width in pixels."),
                     field("height", &T::height, "Height in pixels."),
                     field("stride", &T::stride, "Bytes a row."),
                     field("encoding", &T::encoding, "Layout of a pixel, e.g. rgb8."),
                     field("is_bigendian", &T::is_bigendian,
                           "Byte order of the elements; null means that of the machine."));
}

/// A picture as a complete encoded file, or one packet of a video.
struct CompressedImage {
  std::optional<Header> header = std::nullopt;
  Bytes data = {};
  std::string format = {};  ///< "jpeg", "png", "tiff", "h264" or "hevc".
};

constexpr auto mosaico_ontology(const CompressedImage*) {
  using T = CompressedImage;
  return describe<T>("CompressedImage", "An encoded picture, or one packet of a video.",
                     SerializationFormat::Image, detail::header_field<T>(),
                     field("data", &T::data, "The encoded file or packet."),
                     field("format", &T::format, "jpeg, png, tiff, h264 or hevc."));
}

}  // namespace mosaico
