#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "mosaico/ontology/image.hpp"
#include "ontology/image_jpeg.hpp"
#include "ontology/image_pixels.hpp"
#include "ontology/image_png.hpp"

namespace mosaico {

namespace {

using ontology::PixelExtent;

constexpr std::size_t kMaxStride = std::numeric_limits<std::int32_t>::max();

PixelExtent checked_extent(const PixelView& pixels) {
  return core::value_or_throw(ontology::extent_of(pixels));
}

// The view's rows in memory of their own.
PixelImage copy_of(const PixelView& pixels) {
  const PixelExtent extent = checked_extent(pixels);
  return PixelImage{.data = Bytes(ontology::copy_rows(pixels.data, extent)),
                    .width = pixels.width,
                    .height = pixels.height,
                    .stride = 0,
                    .encoding = pixels.encoding,
                    .byte_order = pixels.byte_order};
}

// The rows without padding and nothing behind them; shared where that is all there is.
Bytes exact_rows(const Bytes& data, const PixelExtent& extent) {
  if (extent.is_empty()) return {};
  if (extent.is_padded()) return Bytes(ontology::copy_rows(data.span(), extent));
  if (data.size() == extent.bytes()) return data;
  auto owner = std::make_shared<const Bytes>(data);
  const auto rows = owner->span().first(extent.bytes());
  return Bytes(rows, std::move(owner));
}

// The buffer as a matrix of bytes, whatever its pixels are, in a grey PNG.
Bytes pack_as_png(const Bytes& data, const PixelExtent& extent) {
  return Bytes(core::value_or_throw(ontology::encode_png({.data = data.data(),
                                                          .width = extent.row_bytes,
                                                          .height = extent.height,
                                                          .stride = extent.stride})));
}

bool is_bigendian(std::endian order) { return order == std::endian::big; }

// Throws when the file format cannot hold the picture: here and not when the bytes are looked at,
// so that the mistake shows where it was made.
void check_encodable(const PixelLayout& layout, const PixelExtent& extent,
                     const EncodeOptions& options) {
  if (options.format != ImageFormat::Jpeg && options.format != ImageFormat::Png) {
    throw InvalidError("a compressed image can be encoded as jpeg or png, not " +
                       std::string(image_format_name(options.format)));
  }
  if (options.quality < 1 || options.quality > 100) {
    throw InvalidError("the quality of a JPEG lies in 1 to 100, not " +
                       std::to_string(options.quality));
  }
  if (extent.is_empty()) throw InvalidError("a compressed image cannot be empty");
  const int max_element_bytes = options.format == ImageFormat::Jpeg ? 1 : 2;
  if (layout.color == PixelColor::Plain || layout.element_bytes > max_element_bytes) {
    throw UnsupportedError(std::string(image_format_name(options.format)) +
                           " cannot hold pixels of the encoding " + std::string(layout.name));
  }
  constexpr std::size_t kMaxJpegSide = 65'500;
  if (options.format == ImageFormat::Jpeg &&
      (extent.width > kMaxJpegSide || extent.height > kMaxJpegSide)) {
    throw UnsupportedError("jpeg cannot hold pictures of more than 65500 pixels a side");
  }
}

Bytes encode_file(const PixelImage& pixels, const PixelExtent& extent,
                  const EncodeOptions& options) {
  const PixelLayout& layout = pixel_layout(pixels.encoding);
  if (options.format == ImageFormat::Jpeg) {
    return Bytes(core::value_or_throw(ontology::encode_jpeg({.data = pixels.data.data(),
                                                             .width = extent.width,
                                                             .height = extent.height,
                                                             .stride = extent.stride,
                                                             .color = layout.color,
                                                             .quality = options.quality})));
  }
  const bool is_bgr = layout.color == PixelColor::Bgr || layout.color == PixelColor::Bgra;
  return Bytes(core::value_or_throw(
      ontology::encode_png({.data = pixels.data.data(),
                            .width = extent.width,
                            .height = extent.height,
                            .stride = extent.stride,
                            .channels = layout.channels,
                            .bit_depth = layout.element_bytes * 8,
                            .is_bgr = is_bgr,
                            .is_little_endian = pixels.byte_order == std::endian::little})));
}

PixelEncoding encoding_of(const ontology::PngPixels& pixels) {
  const bool is_wide = pixels.bit_depth == 16;
  switch (pixels.channels) {
    case 3:
      return is_wide ? PixelEncoding::Rgb16 : PixelEncoding::Rgb8;
    case 4:
      return is_wide ? PixelEncoding::Rgba16 : PixelEncoding::Rgba8;
    default:
      return is_wide ? PixelEncoding::Mono16 : PixelEncoding::Mono8;
  }
}

template <typename Decoded>
PixelImage image_of(Decoded decoded, PixelEncoding encoding) {
  const std::size_t stride =
      decoded.width * static_cast<std::size_t>(pixel_layout(encoding).pixel_bytes());
  if (stride > kMaxStride) {
    throw LimitExceededError("rows of a decoded picture may have 2^31 bytes, not " +
                             std::to_string(stride));
  }
  return PixelImage{.data = Bytes(std::move(decoded.bytes)),
                    .width = static_cast<std::int32_t>(decoded.width),
                    .height = static_cast<std::int32_t>(decoded.height),
                    .stride = static_cast<std::int32_t>(stride),
                    .encoding = encoding};
}

}  // namespace

std::string_view image_format_name(ImageFormat format) noexcept {
  switch (format) {
    case ImageFormat::Raw:
      return "raw";
    case ImageFormat::Png:
      return "png";
    case ImageFormat::Jpeg:
      return "jpeg";
    case ImageFormat::Tiff:
      return "tiff";
    case ImageFormat::H264:
      return "h264";
    case ImageFormat::Hevc:
      return "hevc";
  }
  return "raw";
}

Image Image::from_pixels(const PixelView& pixels, ImageFormat format) {
  return from_pixels(copy_of(pixels), format);
}

Image Image::from_pixels(PixelImage pixels, ImageFormat format) {
  if (format != ImageFormat::Raw && format != ImageFormat::Png) {
    throw InvalidError("an image can be packed as raw or png, not " +
                       std::string(image_format_name(format)));
  }
  const PixelExtent extent = checked_extent(pixels.view());
  if (extent.row_bytes > kMaxStride) {
    throw InvalidError("rows of an image may have 2^31 bytes, not " +
                       std::to_string(extent.row_bytes));
  }
  Image image{.width = pixels.width,
              .height = pixels.height,
              .stride = static_cast<std::int32_t>(extent.row_bytes),
              .encoding = std::string(pixel_encoding_name(pixels.encoding)),
              .is_bigendian = mosaico::is_bigendian(pixels.byte_order)};
  if (format == ImageFormat::Raw || extent.is_empty()) {
    image.format = image_format_name(ImageFormat::Raw);
    image.data = exact_rows(pixels.data, extent);
    return image;
  }
  image.format = image_format_name(ImageFormat::Png);
  image.data = Bytes::lazy(extent.bytes(), [data = std::move(pixels.data), extent] {
    return pack_as_png(data, extent);
  });
  return image;
}

Bytes Image::to_linear_pixels(const DecodeOptions& options) const {
  if (format != image_format_name(ImageFormat::Png) || !ontology::has_png_signature(data.span())) {
    return data;
  }
  return Bytes(
      core::value_or_throw(ontology::decode_png(data.span(), options.max_decoded_bytes)).bytes);
}

PixelImage Image::decode(const DecodeOptions& options) const {
  const auto pixel_encoding = pixel_encoding_from_name(encoding);
  if (!pixel_encoding.has_value()) {
    throw UnsupportedError("pixels of this encoding cannot be decoded: " + encoding);
  }
  const Bytes buffer = to_linear_pixels(options);
  PixelView view{.data = buffer.span(),
                 .width = width,
                 .height = height,
                 .stride = stride,
                 .encoding = *pixel_encoding};
  auto extent = ontology::extent_of(view);
  if (!extent.ok()) {
    // A stride that does not fit: rows without padding, as published readers take them.
    view.stride = 0;
    extent = ontology::extent_of(view);
  }
  if (!extent.ok()) throw CorruptError(extent.status().message());
  if (extent->row_bytes > kMaxStride) {
    throw CorruptError("rows of an image may have 2^31 bytes, not " +
                       std::to_string(extent->row_bytes));
  }

  PixelImage image{.data = exact_rows(buffer, *extent),
                   .width = width,
                   .height = height,
                   .stride = static_cast<std::int32_t>(extent->row_bytes),
                   .encoding = *pixel_encoding};
  const bool is_foreign_order =
      is_bigendian.has_value() && *is_bigendian != mosaico::is_bigendian(std::endian::native);
  const int element_bytes = pixel_layout(*pixel_encoding).element_bytes;
  if (is_foreign_order && element_bytes > 1) {
    const auto rows = image.data.span();
    std::vector<std::uint8_t> swapped(rows.begin(), rows.end());
    ontology::swap_elements(swapped, element_bytes);
    image.data = Bytes(std::move(swapped));
  }
  return image;
}

CompressedImage CompressedImage::encode(const PixelView& pixels, const EncodeOptions& options) {
  return encode(copy_of(pixels), options);
}

CompressedImage CompressedImage::encode(PixelImage pixels, const EncodeOptions& options) {
  const PixelExtent extent = checked_extent(pixels.view());
  check_encodable(pixel_layout(pixels.encoding), extent, options);
  CompressedImage image{.format = std::string(image_format_name(options.format))};
  image.data = Bytes::lazy(extent.bytes(), [pixels = std::move(pixels), extent, options] {
    return encode_file(pixels, extent, options);
  });
  return image;
}

PixelImage CompressedImage::decode(const DecodeOptions& options) const {
  if (format == "h264" || format == "hevc") {
    throw UnsupportedError("a packet of a video needs a video decoder, which is not built in: " +
                           format);
  }
  const auto file = data.span();
  if (ontology::has_png_signature(file)) {
    auto pixels = core::value_or_throw(ontology::decode_png(file, options.max_decoded_bytes));
    const PixelEncoding encoding = encoding_of(pixels);
    return image_of(std::move(pixels), encoding);
  }
  if (ontology::has_jpeg_signature(file)) {
    auto pixels = core::value_or_throw(ontology::decode_jpeg(file, options.max_decoded_bytes));
    const auto encoding = pixels.channels == 1 ? PixelEncoding::Mono8 : PixelEncoding::Rgb8;
    return image_of(std::move(pixels), encoding);
  }
  if (format == "jpeg" || format == "jpg" || format == "png") {
    throw CorruptError("a compressed image does not begin as a file of its format: " + format);
  }
  throw UnsupportedError("compressed images of this format cannot be decoded: " + format);
}

}  // namespace mosaico
