#include <gtest/gtest.h>

#include <limits>

#include "mosaico/error.hpp"
#include "mosaico/ontology/image.hpp"
#include "pictures.hpp"

namespace mosaico::ontology {
namespace {

std::vector<std::uint8_t> bytes_of(const Bytes& bytes) {
  return {bytes.span().begin(), bytes.span().end()};
}

TEST(Image, GivesBackThePixelsOfEveryEncoding) {
  for (const PixelEncoding encoding : all_encodings()) {
    for (const ImageFormat format : {ImageFormat::Raw, ImageFormat::Png}) {
      for (const std::int32_t padding : {0, 1, 5}) {
        constexpr std::int32_t kWidth = 6;
        constexpr std::int32_t kHeight = 4;
        const std::int32_t row = kWidth * pixel_layout(encoding).pixel_bytes();
        const std::int32_t stride = row + padding;
        const auto data = varied_bytes(static_cast<std::size_t>(stride) * kHeight);
        const Image image = Image::from_pixels(PixelView{.data = data,
                                                         .width = kWidth,
                                                         .height = kHeight,
                                                         .stride = stride,
                                                         .encoding = encoding},
                                               format);
        EXPECT_EQ(image.format, image_format_name(format));
        EXPECT_EQ(image.encoding, pixel_encoding_name(encoding));
        EXPECT_EQ(image.stride, row);
        EXPECT_EQ(image.is_bigendian, false);

        const PixelImage decoded = image.decode();
        EXPECT_EQ(decoded.encoding, encoding);
        EXPECT_EQ(decoded.stride, row);
        std::vector<std::uint8_t> expected;
        for (std::int32_t y = 0; y < kHeight; ++y) {
          expected.insert(expected.end(), data.begin() + y * stride,
                          data.begin() + y * stride + row);
        }
        EXPECT_EQ(bytes_of(decoded.data), expected) << image.encoding << " " << image.format;
      }
    }
  }
}

TEST(Image, IsPackedWhenItsBytesAreLookedAt) {
  const auto pixels = rgb_picture();
  const Image image = Image::from_pixels(
      PixelView{.data = pixels, .width = kPictureWidth, .height = kPictureHeight});
  EXPECT_EQ(image.format, "png");
  EXPECT_TRUE(image.data.is_lazy());
  EXPECT_EQ(image.data.size_hint(), pixels.size());
  EXPECT_GT(image.data.size(), 0U);
  EXPECT_EQ(image.data.size_hint(), image.data.size());
}

TEST(Image, SharesTheMemoryOfARawPicture) {
  const PixelImage picture{.data = Bytes(rgb_picture()),
                           .width = kPictureWidth,
                           .height = kPictureHeight,
                           .encoding = PixelEncoding::Rgb8};
  const Image image = Image::from_pixels(picture, ImageFormat::Raw);
  EXPECT_EQ(image.data.data(), picture.data.data());
  EXPECT_EQ(image.decode().data.data(), picture.data.data());
}

TEST(Image, ReadsWhatAPublishedWriterStored) {
  const Image image{.data = Bytes(read_picture("published_image_rgb8_5x3.png")),
                    .format = "png",
                    .width = 5,
                    .height = 3,
                    .stride = 15,
                    .encoding = "rgb8"};
  const PixelImage picture = image.decode();
  for (std::int32_t i = 0; i < 45; ++i) {
    EXPECT_EQ(picture.element<std::uint8_t>(i % 15 / 3, i / 15, i % 3), i * 5 % 256);
  }
}

TEST(Image, TurnsForeignByteOrderIntoTheMachines) {
  const std::vector<std::uint8_t> data = {0x12, 0x34, 0x56, 0x78};
  const Image image = Image::from_pixels(PixelView{.data = data,
                                                   .width = 2,
                                                   .height = 1,
                                                   .encoding = PixelEncoding::Mono16,
                                                   .byte_order = std::endian::big});
  EXPECT_EQ(image.is_bigendian, true);
  EXPECT_EQ(image.decode().element<std::uint16_t>(0, 0), 0x1234);
  EXPECT_EQ(image.decode().element<std::uint16_t>(1, 0), 0x5678);
}

TEST(Image, TakesDataThatSaysPngAndIsNoneAsItIs) {
  const Image image{.data = Bytes(std::vector<std::uint8_t>{1, 2, 3, 4}),
                    .format = "png",
                    .width = 2,
                    .height = 2,
                    .stride = 2,
                    .encoding = "mono8"};
  EXPECT_EQ(bytes_of(image.decode().data), (std::vector<std::uint8_t>{1, 2, 3, 4}));
}

TEST(Image, NeverTakesABrokenPngForPixels) {
  const auto file = read_picture("published_image_rgb8_5x3.png");
  const Image image{.data = Bytes::copy_of(std::span(file).first(57)),
                    .format = "png",
                    .width = 5,
                    .height = 3,
                    .stride = 15,
                    .encoding = "rgb8"};
  EXPECT_THROW(image.decode(), CorruptError);
}

TEST(Image, CutsASurplusAndIgnoresAStrideThatDoesNotFit) {
  Image image{.data = Bytes(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}),
              .format = "raw",
              .width = 2,
              .height = 2,
              .stride = 0,
              .encoding = "mono8"};
  EXPECT_EQ(bytes_of(image.decode().data), (std::vector<std::uint8_t>{1, 2, 3, 4}));
  image.stride = 4;
  EXPECT_EQ(bytes_of(image.decode().data), (std::vector<std::uint8_t>{1, 2, 5, 6}));
  image.stride = 100;
  EXPECT_EQ(bytes_of(image.decode().data), (std::vector<std::uint8_t>{1, 2, 3, 4}));
  image.stride = -1;
  EXPECT_EQ(bytes_of(image.decode().data), (std::vector<std::uint8_t>{1, 2, 3, 4}));
}

TEST(Image, RefusesToDecodeNonsense) {
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  const auto decode = [](std::int32_t width, std::int32_t height, const std::string& encoding) {
    return Image{.data = Bytes(std::vector<std::uint8_t>(16)),
                 .format = "raw",
                 .width = width,
                 .height = height,
                 .stride = width,
                 .encoding = encoding}
        .decode();
  };
  EXPECT_THROW(decode(5, 4, "mono8"), CorruptError);
  EXPECT_THROW(decode(kMax, kMax, "32FC4"), CorruptError);
  EXPECT_THROW(decode(kMax, 0, "32FC4"), CorruptError);
  EXPECT_THROW(decode(-1, 4, "mono8"), CorruptError);
  EXPECT_THROW(decode(2, 2, "yuv422"), UnsupportedError);
  EXPECT_EQ(decode(0, 0, "mono8").data.size(), 0U);
}

TEST(Image, StopsAtTheLimit) {
  const auto pixels = rgb_picture();
  const Image image = Image::from_pixels(
      PixelView{.data = pixels, .width = kPictureWidth, .height = kPictureHeight});
  EXPECT_THROW(image.decode({.max_decoded_bytes = pixels.size() - 1}), LimitExceededError);
  EXPECT_EQ(image.decode({.max_decoded_bytes = pixels.size()}).data.size(), pixels.size());
}

TEST(Image, RefusesPicturesThatAreNotWhole) {
  const std::vector<std::uint8_t> data(11);
  const PixelView view{.data = data, .width = 2, .height = 2};
  EXPECT_THROW(Image::from_pixels(view), InvalidError);
  EXPECT_THROW(Image::from_pixels(PixelView{}, ImageFormat::Jpeg), InvalidError);
}

TEST(Image, OfNoPixelsIsRaw) {
  const Image image = Image::from_pixels(PixelView{.width = 0, .height = 3});
  EXPECT_EQ(image.format, "raw");
  EXPECT_TRUE(image.data.empty());
  EXPECT_TRUE(image.decode().data.empty());
}

TEST(CompressedImage, HoldsAPngOfEveryEncodingThatHasAColour) {
  for (const PixelEncoding encoding : all_encodings()) {
    const PixelLayout& layout = pixel_layout(encoding);
    const auto data =
        varied_bytes(std::size_t{6 * 4} * static_cast<std::size_t>(layout.pixel_bytes()));
    const PixelView view{.data = data, .width = 6, .height = 4, .encoding = encoding};
    if (layout.color == PixelColor::Plain) {
      EXPECT_THROW(CompressedImage::encode(view, {.format = ImageFormat::Png}), UnsupportedError);
      continue;
    }
    const auto image = CompressedImage::encode(view, {.format = ImageFormat::Png});
    EXPECT_EQ(image.format, "png");
    EXPECT_TRUE(image.data.is_lazy());
    const PixelImage decoded = image.decode();
    const int element_bytes = pixel_layout(decoded.encoding).element_bytes;
    EXPECT_EQ(element_bytes, layout.element_bytes);
    EXPECT_EQ(pixel_layout(decoded.encoding).channels, layout.channels);
    EXPECT_EQ(to_rgb8(decoded.view()).data, to_rgb8(view).data) << layout.name;
  }
}

TEST(CompressedImage, HoldsAJpegOfEveryEncodingOfEightBitsThatHasAColour) {
  for (const PixelEncoding encoding : all_encodings()) {
    const PixelLayout& layout = pixel_layout(encoding);
    const std::vector<std::uint8_t> data(
        std::size_t{6 * 4} * static_cast<std::size_t>(layout.pixel_bytes()), 100);
    const PixelView view{.data = data, .width = 6, .height = 4, .encoding = encoding};
    if (layout.color == PixelColor::Plain || layout.element_bytes > 1) {
      EXPECT_THROW(CompressedImage::encode(view), UnsupportedError);
      continue;
    }
    const auto image = CompressedImage::encode(view, {.quality = 100});
    EXPECT_EQ(image.format, "jpeg");
    const PixelImage decoded = image.decode();
    EXPECT_EQ(decoded.encoding, layout.channels == 1 ? PixelEncoding::Mono8 : PixelEncoding::Rgb8);
    EXPECT_NEAR(decoded.element<std::uint8_t>(3, 2), 100, 2);
  }
}

TEST(CompressedImage, TakesRowsWithPadding) {
  const std::vector<std::uint8_t> data = {10, 20, 0, 30, 40, 0};
  const PixelView view{
      .data = data, .width = 2, .height = 2, .stride = 3, .encoding = PixelEncoding::Mono8};
  EXPECT_EQ(bytes_of(CompressedImage::encode(view, {.format = ImageFormat::Png}).decode().data),
            (std::vector<std::uint8_t>{10, 20, 30, 40}));
}

TEST(CompressedImage, SwapsBigEndianElements) {
  const std::vector<std::uint8_t> data = {0x12, 0x34};
  const auto image = CompressedImage::encode(PixelView{.data = data,
                                                       .width = 1,
                                                       .height = 1,
                                                       .encoding = PixelEncoding::Mono16,
                                                       .byte_order = std::endian::big},
                                             {.format = ImageFormat::Png});
  EXPECT_EQ(image.decode().element<std::uint16_t>(0, 0), 0x1234);
}

TEST(CompressedImage, IsReadByItsFirstBytes) {
  for (const char* format : {"jpeg", "jpg", "png", "rgb8; jpeg compressed bgr8"}) {
    const CompressedImage image{.data = Bytes(read_picture("rgb8_16x12.jpeg")), .format = format};
    EXPECT_EQ(image.decode().width, kPictureWidth) << format;
  }
}

TEST(CompressedImage, SaysWhatItCannotDecode) {
  const auto decode = [](const std::string& format, std::vector<std::uint8_t> data) {
    return CompressedImage{.data = Bytes(std::move(data)), .format = format}.decode();
  };
  EXPECT_THROW(decode("h264", {0, 0, 0, 1}), UnsupportedError);
  EXPECT_THROW(decode("hevc", {0, 0, 0, 1}), UnsupportedError);
  EXPECT_THROW(decode("tiff", {'I', 'I', 42, 0}), UnsupportedError);
  EXPECT_THROW(decode("jpeg", {1, 2, 3}), CorruptError);
  EXPECT_THROW(decode("png", {}), CorruptError);
  EXPECT_THROW(decode("jpeg", {0xff, 0xd8, 0xff}), CorruptError);
  const CompressedImage image{.data = Bytes(read_picture("rgb8_16x12.jpeg")), .format = "jpeg"};
  EXPECT_THROW(image.decode({.max_decoded_bytes = 100}), LimitExceededError);
}

TEST(CompressedImage, RefusesWhatItCannotEncode) {
  const std::vector<std::uint8_t> data(3);
  const PixelView view{.data = data, .width = 1, .height = 1};
  EXPECT_THROW(CompressedImage::encode(view, {.format = ImageFormat::Tiff}), InvalidError);
  EXPECT_THROW(CompressedImage::encode(view, {.quality = 0}), InvalidError);
  EXPECT_THROW(CompressedImage::encode(view, {.quality = 101}), InvalidError);
  EXPECT_THROW(CompressedImage::encode(PixelView{}), InvalidError);
  EXPECT_THROW(CompressedImage::encode(PixelView{.data = data, .width = 2, .height = 1}),
               InvalidError);
}

}  // namespace
}  // namespace mosaico::ontology
