#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "mosaico/values.hpp"

namespace mosaico {

/// The layout of a pixel, named as on the wire (pixel_encoding_name()): `Rgb8` is "rgb8", `U16C3`
/// is "16UC3", three unsigned elements of 16 bits.
enum class PixelEncoding : std::uint8_t {
  Rgb8,
  Bgr8,
  Rgba8,
  Bgra8,
  Mono8,
  BayerRggb8,
  BayerBggr8,
  BayerGbrg8,
  BayerGrbg8,
  Mono16,
  Rgb16,
  Bgr16,
  Rgba16,
  Bgra16,
  U8C1,
  U8C2,
  U8C3,
  U8C4,
  U16C1,
  U16C2,
  U16C3,
  U16C4,
  S16C1,
  S32C1,
  F32C1,
  F32C2,
  F32C3,
  F32C4,
  F64C1,
};

enum class PixelElement : std::uint8_t { UInt8, UInt16, Int16, Int32, Float32, Float64 };

/// How the channels of a pixel are to be seen. `Plain` elements are numbers, not light.
enum class PixelColor : std::uint8_t { Grey, Rgb, Bgr, Rgba, Bgra, Plain };

/// What an encoding means.
struct PixelLayout {
  std::string_view name;
  PixelElement element;
  int element_bytes;
  int channels;
  PixelColor color;

  int pixel_bytes() const noexcept { return element_bytes * channels; }
};

const PixelLayout& pixel_layout(PixelEncoding encoding) noexcept;
std::string_view pixel_encoding_name(PixelEncoding encoding) noexcept;
/// Empty for a name that PixelEncoding does not have.
std::optional<PixelEncoding> pixel_encoding_from_name(std::string_view name) noexcept;

/// A picture in memory of somebody else, row after row from the top.
struct PixelView {
  std::span<const std::uint8_t> data = {};
  std::int32_t width = 0;   ///< Pixels.
  std::int32_t height = 0;  ///< Pixels.
  std::int32_t stride = 0;  ///< Bytes from row to row; 0: rows follow each other without padding.
  PixelEncoding encoding = PixelEncoding::Rgb8;
  std::endian byte_order = std::endian::native;  ///< Of elements wider than a byte.
};

/// A picture and its memory, shared by copies. Its view() must not outlive it.
struct PixelImage {
  Bytes data = {};
  std::int32_t width = 0;   ///< Pixels.
  std::int32_t height = 0;  ///< Pixels.
  std::int32_t stride = 0;  ///< Bytes from row to row; 0: rows follow each other without padding.
  PixelEncoding encoding = PixelEncoding::Rgb8;
  std::endian byte_order = std::endian::native;  ///< Of elements wider than a byte.

  PixelView view() const {
    return {.data = data.span(),
            .width = width,
            .height = height,
            .stride = stride,
            .encoding = encoding,
            .byte_order = byte_order};
  }

  /// One element in the machine's byte order, as decode() gives it. `T` is the C++ type of the
  /// encoding's element; the position must lie inside the picture.
  template <typename T>
  T element(std::int32_t x, std::int32_t y, int channel = 0) const {
    const PixelLayout& layout = pixel_layout(encoding);
    const auto row_bytes =
        static_cast<std::size_t>(stride != 0 ? stride : width * layout.pixel_bytes());
    T value;
    std::memcpy(&value,
                data.data() + static_cast<std::size_t>(y) * row_bytes +
                    static_cast<std::size_t>(x) * static_cast<std::size_t>(layout.pixel_bytes()) +
                    static_cast<std::size_t>(channel) * sizeof(T),
                sizeof(T));
    return value;
  }
};

/// The picture as people see it: three channels of 8 bits, red first. Alpha is dropped, grey is
/// spread over the channels, 16 bits are divided by 256, a Bayer mosaic stays the grey it is.
/// Throws UnsupportedError for encodings without a colour ("32FC1", "8UC2", …), and InvalidError
/// when the data is too small for the picture.
PixelImage to_rgb8(const PixelView& pixels);

}  // namespace mosaico
