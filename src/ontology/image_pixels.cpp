#include "ontology/image_pixels.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "mosaico/error.hpp"

namespace mosaico {

namespace {

using Element = PixelElement;
using Color = PixelColor;

// In the order of PixelEncoding.
constexpr std::array<PixelLayout, 29> kLayouts = {{
    {"rgb8", Element::UInt8, 1, 3, Color::Rgb},
    {"bgr8", Element::UInt8, 1, 3, Color::Bgr},
    {"rgba8", Element::UInt8, 1, 4, Color::Rgba},
    {"bgra8", Element::UInt8, 1, 4, Color::Bgra},
    {"mono8", Element::UInt8, 1, 1, Color::Grey},
    {"bayer_rggb8", Element::UInt8, 1, 1, Color::Grey},
    {"bayer_bggr8", Element::UInt8, 1, 1, Color::Grey},
    {"bayer_gbrg8", Element::UInt8, 1, 1, Color::Grey},
    {"bayer_grbg8", Element::UInt8, 1, 1, Color::Grey},
    {"mono16", Element::UInt16, 2, 1, Color::Grey},
    {"rgb16", Element::UInt16, 2, 3, Color::Rgb},
    {"bgr16", Element::UInt16, 2, 3, Color::Bgr},
    {"rgba16", Element::UInt16, 2, 4, Color::Rgba},
    {"bgra16", Element::UInt16, 2, 4, Color::Bgra},
    {"8UC1", Element::UInt8, 1, 1, Color::Grey},
    {"8UC2", Element::UInt8, 1, 2, Color::Plain},
    {"8UC3", Element::UInt8, 1, 3, Color::Rgb},
    {"8UC4", Element::UInt8, 1, 4, Color::Rgba},
    {"16UC1", Element::UInt16, 2, 1, Color::Grey},
    {"16UC2", Element::UInt16, 2, 2, Color::Plain},
    {"16UC3", Element::UInt16, 2, 3, Color::Rgb},
    {"16UC4", Element::UInt16, 2, 4, Color::Rgba},
    {"16SC1", Element::Int16, 2, 1, Color::Plain},
    {"32SC1", Element::Int32, 4, 1, Color::Plain},
    {"32FC1", Element::Float32, 4, 1, Color::Plain},
    {"32FC2", Element::Float32, 4, 2, Color::Plain},
    {"32FC3", Element::Float32, 4, 3, Color::Plain},
    {"32FC4", Element::Float32, 4, 4, Color::Plain},
    {"64FC1", Element::Float64, 8, 1, Color::Plain},
}};
static_assert(kLayouts.size() == static_cast<std::size_t>(PixelEncoding::F64C1) + 1);

// Which element of a pixel is red, green and blue.
std::array<std::size_t, 3> rgb_channels(PixelColor color) {
  switch (color) {
    case Color::Bgr:
    case Color::Bgra:
      return {2, 1, 0};
    case Color::Rgb:
    case Color::Rgba:
      return {0, 1, 2};
    default:
      return {0, 0, 0};
  }
}

}  // namespace

const PixelLayout& pixel_layout(PixelEncoding encoding) noexcept {
  return kLayouts[static_cast<std::size_t>(encoding)];
}

std::string_view pixel_encoding_name(PixelEncoding encoding) noexcept {
  return pixel_layout(encoding).name;
}

std::optional<PixelEncoding> pixel_encoding_from_name(std::string_view name) noexcept {
  const auto at = std::ranges::find(kLayouts, name, &PixelLayout::name);
  if (at == kLayouts.end()) return std::nullopt;
  return static_cast<PixelEncoding>(at - kLayouts.begin());
}

PixelImage to_rgb8(const PixelView& pixels) {
  const PixelLayout& layout = pixel_layout(pixels.encoding);
  if (layout.color == Color::Plain) {
    throw UnsupportedError("pixels of this encoding have no colour to show: " +
                           std::string(layout.name));
  }
  const auto extent = core::value_or_throw(ontology::extent_of(pixels));
  if (extent.width > std::numeric_limits<std::int32_t>::max() / 3) {
    throw InvalidError("the picture is too wide: " + std::to_string(extent.width));
  }

  const auto pixel_bytes = static_cast<std::size_t>(layout.pixel_bytes());
  const auto element_bytes = static_cast<std::size_t>(layout.element_bytes);
  // Of 16 bits the more significant byte is the value divided by 256.
  const std::size_t high_byte =
      element_bytes == 2 && pixels.byte_order == std::endian::little ? 1 : 0;
  std::array<std::size_t, 3> offsets = rgb_channels(layout.color);
  for (std::size_t& offset : offsets) offset = offset * element_bytes + high_byte;

  std::vector<std::uint8_t> rgb(extent.width * extent.height * 3);
  std::uint8_t* out = rgb.data();
  for (std::size_t y = 0; y < extent.height; ++y) {
    const std::uint8_t* pixel = pixels.data.data() + y * extent.stride;
    for (std::size_t x = 0; x < extent.width; ++x, pixel += pixel_bytes) {
      for (const std::size_t offset : offsets) *out++ = pixel[offset];
    }
  }
  return PixelImage{.data = Bytes(std::move(rgb)),
                    .width = pixels.width,
                    .height = pixels.height,
                    .stride = pixels.width * 3,
                    .encoding = PixelEncoding::Rgb8};
}

namespace ontology {

core::Result<PixelExtent> extent_of(const PixelView& pixels) {
  if (pixels.width < 0 || pixels.height < 0 || pixels.stride < 0) {
    return core::error(ErrorKind::Invalid,
                       "the sizes of a picture cannot be negative: ", pixels.width, " x ",
                       pixels.height, ", stride ", pixels.stride);
  }
  PixelExtent extent;
  extent.width = static_cast<std::size_t>(pixels.width);
  extent.height = static_cast<std::size_t>(pixels.height);
  // At most 2^31 pixels of 16 bytes: no overflow in 64 bits.
  extent.row_bytes =
      extent.width * static_cast<std::size_t>(pixel_layout(pixels.encoding).pixel_bytes());
  extent.stride = pixels.stride == 0 ? extent.row_bytes : static_cast<std::size_t>(pixels.stride);
  if (extent.stride < extent.row_bytes) {
    return core::error(ErrorKind::Invalid,
                       "the stride is shorter than a row of pixels: ", extent.stride, " of ",
                       extent.row_bytes, " bytes");
  }
  if (extent.is_empty()) return extent;
  // (height - 1) * stride + row_bytes, below 2^31 * 2^35: it may pass 64 bits, so divide.
  const std::size_t size = pixels.data.size();
  const bool is_whole =
      size >= extent.row_bytes &&
      (extent.height == 1 || (size - extent.row_bytes) / (extent.height - 1) >= extent.stride);
  if (!is_whole) {
    return core::error(ErrorKind::Invalid, "the data is too small for the picture: ", size,
                       " bytes for ", pixels.width, " x ", pixels.height, " ",
                       pixel_encoding_name(pixels.encoding), ", stride ", extent.stride);
  }
  return extent;
}

std::vector<std::uint8_t> copy_rows(std::span<const std::uint8_t> data, const PixelExtent& extent) {
  std::vector<std::uint8_t> rows;
  if (extent.is_empty()) return rows;
  rows.reserve(extent.bytes());
  for (std::size_t y = 0; y < extent.height; ++y) {
    const auto row = data.subspan(y * extent.stride, extent.row_bytes);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

void swap_elements(std::span<std::uint8_t> data, int element_bytes) {
  const auto step = static_cast<std::size_t>(element_bytes);
  for (std::size_t at = 0; at + step <= data.size(); at += step) {
    std::ranges::reverse(data.subspan(at, step));
  }
}

}  // namespace ontology

}  // namespace mosaico
