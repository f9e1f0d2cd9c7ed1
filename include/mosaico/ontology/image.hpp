#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mosaico/ontology/mixins.hpp"
#include "mosaico/ontology/pixels.hpp"
#include "mosaico/values.hpp"

namespace mosaico {

/// The words that `format` of Image and CompressedImage may be.
enum class ImageFormat : std::uint8_t { Raw, Png, Jpeg, Tiff, H264, Hevc };
std::string_view image_format_name(ImageFormat format) noexcept;

/// Bounds on what foreign bytes may make decoding do.
struct DecodeOptions {
  std::size_t max_decoded_bytes = std::size_t{256} << 20U;  ///< Pixels of one picture.
};

/// One still picture as a buffer of pixels, packed losslessly.
///
///     camera.push(Image::from_pixels(PixelView{.data = frame, .width = 1920, .height = 1080,
///                                              .encoding = PixelEncoding::Bgr8}),
///                 timestamp_ns);
struct Image {
  std::optional<Header> header = std::nullopt;
  Bytes data = {};
  std::string format = {};                          ///< How `data` is packed: "raw" or "png".
  std::int32_t width = 0;                           ///< Pixels.
  std::int32_t height = 0;                          ///< Pixels.
  std::int32_t stride = 0;                          ///< Bytes a row.
  std::string encoding = {};                        ///< Layout of a pixel, e.g. "rgb8".
  std::optional<bool> is_bigendian = std::nullopt;  ///< Unset: the order of the machine.

  /// Packs a picture. `Png` compresses when the data is first looked at: pushed, on the executor
  /// pool. Padding at the end of rows is left out, because published readers do not expect it.
  /// The view is copied, the image is shared. An empty picture is always raw.
  ///
  /// Throws InvalidError for a format other than Raw and Png, negative sizes, a stride shorter
  /// than a row or data shorter than the picture.
  static Image from_pixels(const PixelView& pixels, ImageFormat format = ImageFormat::Png);
  static Image from_pixels(PixelImage pixels, ImageFormat format = ImageFormat::Png);

  /// The buffer as it was packed. Data that says "png" and is none is given back as it is.
  /// Throws CorruptError for a broken PNG, LimitExceededError beyond the options.
  Bytes to_linear_pixels(const DecodeOptions& options = {}) const;

  /// The picture in its own encoding (see to_rgb8() for one to show): rows without padding,
  /// elements in the machine's byte order. Nothing is copied unless one of these asks for it.
  ///
  /// Throws what to_linear_pixels() throws, CorruptError when the data is too small for the
  /// picture, and UnsupportedError for an encoding that PixelEncoding does not have.
  PixelImage decode(const DecodeOptions& options = {}) const;
};

constexpr auto mosaico_ontology(const Image*) {
  using T = Image;
  return describe<T>("Image", "A still picture as a buffer of pixels.", SerializationFormat::Image,
                     detail::header_field<T>(),
                     MOSAICO_FIELD(T, data, "The pixels, height * stride bytes, as packed."),
                     MOSAICO_FIELD(T, format, "How the pixels are packed: raw or png."),
                     MOSAICO_FIELD(T, width, "Width in pixels."),
                     MOSAICO_FIELD(T, height, "Height in pixels."),
                     MOSAICO_FIELD(T, stride, "Bytes a row."),
                     MOSAICO_FIELD(T, encoding, "Layout of a pixel, e.g. rgb8."),
                     MOSAICO_FIELD(T, is_bigendian,
                                   "Byte order of the elements; null means that of the machine."));
}

/// How CompressedImage::encode() writes.
struct EncodeOptions {
  ImageFormat format = ImageFormat::Jpeg;  ///< Jpeg or Png.
  int quality = 90;                        ///< Of a JPEG, 1 to 100.
};

/// A picture as a complete encoded file, or one packet of a video.
struct CompressedImage {
  std::optional<Header> header = std::nullopt;
  Bytes data = {};
  std::string format = {};  ///< "jpeg", "png", "tiff", "h264" or "hevc".

  /// Encodes when the data is first looked at: pushed, on the executor pool. JPEG takes encodings
  /// of 8 bits that have a colour and drops alpha; PNG takes 16 bits and alpha as well. The view
  /// is copied, the image is shared.
  ///
  /// Throws InvalidError for an empty or malformed picture or bad options, UnsupportedError for
  /// an encoding or a size that the format cannot hold.
  static CompressedImage encode(const PixelView& pixels, const EncodeOptions& options = {});
  static CompressedImage encode(PixelImage pixels, const EncodeOptions& options = {});

  /// The picture of a JPEG or PNG file as Rgb8, Rgba8, Mono8, Mono16, Rgb16 or Rgba16, whichever
  /// the file holds; palettes are resolved. The file's first bytes decide, not `format`.
  ///
  /// Throws CorruptError for a broken or truncated file, LimitExceededError beyond the options,
  /// and UnsupportedError for other formats; packets of a video need a video decoder.
  PixelImage decode(const DecodeOptions& options = {}) const;
};

constexpr auto mosaico_ontology(const CompressedImage*) {
  using T = CompressedImage;
  return describe<T>("CompressedImage", "An encoded picture, or one packet of a video.",
                     SerializationFormat::Image, detail::header_field<T>(),
                     MOSAICO_FIELD(T, data, "The encoded file or packet."),
                     MOSAICO_FIELD(T, format, "jpeg, png, tiff, h264 or hevc."));
}

}  // namespace mosaico
