#include "ontology/image_pixels.hpp"

#include <gtest/gtest.h>

#include <map>

#include "mosaico/error.hpp"
#include "pictures.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

TEST(PixelEncoding, HasItsNameOnTheWire) {
  for (const PixelEncoding encoding : all_encodings()) {
    EXPECT_EQ(pixel_encoding_from_name(pixel_encoding_name(encoding)), encoding);
  }
  EXPECT_EQ(pixel_encoding_from_name("yuv422"), std::nullopt);
  EXPECT_EQ(pixel_encoding_from_name(""), std::nullopt);
}

TEST(PixelEncoding, HasThePublishedSizeOfAPixel) {
  const std::map<std::string_view, std::pair<int, int>> published = {
      {"rgb8", {1, 3}},        {"bgr8", {1, 3}},        {"8UC3", {1, 3}},   {"rgba8", {1, 4}},
      {"bgra8", {1, 4}},       {"8UC4", {1, 4}},        {"mono8", {1, 1}},  {"8UC1", {1, 1}},
      {"bayer_rggb8", {1, 1}}, {"bayer_bggr8", {1, 1}}, {"mono16", {2, 1}}, {"16UC1", {2, 1}},
      {"bayer_gbrg8", {1, 1}}, {"bayer_grbg8", {1, 1}}, {"rgb16", {2, 3}},  {"bgr16", {2, 3}},
      {"16UC3", {2, 3}},       {"rgba16", {2, 4}},      {"bgra16", {2, 4}}, {"16UC4", {2, 4}},
      {"16SC1", {2, 1}},       {"32SC1", {4, 1}},       {"32FC1", {4, 1}},  {"8UC2", {1, 2}},
      {"16UC2", {2, 2}},       {"32FC2", {4, 2}},       {"32FC3", {4, 3}},  {"32FC4", {4, 4}},
      {"64FC1", {8, 1}}};
  EXPECT_EQ(published.size(), all_encodings().size());
  for (const PixelEncoding encoding : all_encodings()) {
    const PixelLayout& layout = pixel_layout(encoding);
    ASSERT_TRUE(published.contains(layout.name)) << layout.name;
    EXPECT_EQ(std::pair(layout.element_bytes, layout.channels), published.at(layout.name))
        << layout.name;
  }
}

TEST(PixelExtent, KnowsWhenThePictureIsWhole) {
  const std::vector<std::uint8_t> data(8 + 8 + 6);
  PixelView view{.data = data, .width = 2, .height = 3, .stride = 8};
  ASSERT_OK_AND_ASSIGN(const PixelExtent extent, extent_of(view));
  EXPECT_EQ(extent.row_bytes, 6U);
  EXPECT_EQ(extent.stride, 8U);
  EXPECT_EQ(extent.bytes(), 18U);
  EXPECT_TRUE(extent.is_padded());

  view.data = std::span(data).first(21);
  EXPECT_THAT(extent_of(view), FailsAs(ErrorKind::Invalid));
  view.stride = 0;
  EXPECT_THAT(extent_of(view), IsOk());
  view.stride = 5;
  EXPECT_THAT(extent_of(view), FailsAs(ErrorKind::Invalid));
}

TEST(PixelExtent, RefusesSizesThatOverflow) {
  const std::vector<std::uint8_t> data(64);
  constexpr std::int32_t kMax = 0x7fff'ffff;
  const auto extent = [&data](std::int32_t width, std::int32_t height, std::int32_t stride) {
    return extent_of({.data = data,
                      .width = width,
                      .height = height,
                      .stride = stride,
                      .encoding = PixelEncoding::F32C4});
  };
  EXPECT_THAT(extent(kMax, kMax, 0), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(extent(1, kMax, kMax), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(extent(kMax, 1, 0), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(extent(-1, 1, 0), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(extent(1, -1, 0), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(extent(1, 1, -16), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(extent(0, kMax, 0), IsOk());
  EXPECT_THAT(extent(1, 4, 16), IsOk());
}

PixelImage shown(PixelEncoding encoding, std::vector<std::uint8_t> pixel,
                 std::endian order = std::endian::native) {
  return to_rgb8(
      {.data = pixel, .width = 1, .height = 1, .encoding = encoding, .byte_order = order});
}

std::vector<std::uint8_t> bytes_of(const PixelImage& image) {
  return {image.data.span().begin(), image.data.span().end()};
}

TEST(ToRgb8, PutsRedFirstAndDropsAlpha) {
  using Bytes3 = std::vector<std::uint8_t>;
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Rgb8, {1, 2, 3})), (Bytes3{1, 2, 3}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Bgr8, {1, 2, 3})), (Bytes3{3, 2, 1}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Rgba8, {1, 2, 3, 4})), (Bytes3{1, 2, 3}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Bgra8, {1, 2, 3, 4})), (Bytes3{3, 2, 1}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Mono8, {9})), (Bytes3{9, 9, 9}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::BayerGrbg8, {9})), (Bytes3{9, 9, 9}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::U8C3, {1, 2, 3})), (Bytes3{1, 2, 3}));
}

TEST(ToRgb8, DividesSixteenBitsInEitherByteOrder) {
  using Bytes3 = std::vector<std::uint8_t>;
  const std::vector<std::uint8_t> big = {0x12, 0xff, 0x34, 0xff, 0x56, 0xff};
  const std::vector<std::uint8_t> little = {0xff, 0x12, 0xff, 0x34, 0xff, 0x56};
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Rgb16, big, std::endian::big)),
            (Bytes3{0x12, 0x34, 0x56}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Bgr16, little, std::endian::little)),
            (Bytes3{0x56, 0x34, 0x12}));
  EXPECT_EQ(bytes_of(shown(PixelEncoding::Mono16, {0xff, 0x12}, std::endian::little)),
            (Bytes3{0x12, 0x12, 0x12}));
}

TEST(ToRgb8, LeavesPaddingOut) {
  const std::vector<std::uint8_t> data = {1, 2, 99, 3, 4};
  const PixelImage image = to_rgb8(
      {.data = data, .width = 2, .height = 2, .stride = 3, .encoding = PixelEncoding::Mono8});
  EXPECT_EQ(bytes_of(image), (std::vector<std::uint8_t>{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}));
  EXPECT_EQ(image.element<std::uint8_t>(1, 1, 2), 4);
}

TEST(ToRgb8, RefusesNumbersAndMissingData) {
  const std::vector<std::uint8_t> data(32);
  EXPECT_THROW(to_rgb8({.data = data, .width = 1, .height = 1, .encoding = PixelEncoding::F32C1}),
               UnsupportedError);
  EXPECT_THROW(to_rgb8({.data = data, .width = 4, .height = 4}), InvalidError);
}

TEST(SwapElements, ReversesEachElement) {
  std::vector<std::uint8_t> data = {1, 2, 3, 4, 5, 6, 7, 8};
  swap_elements(data, 2);
  EXPECT_EQ(data, (std::vector<std::uint8_t>{2, 1, 4, 3, 6, 5, 8, 7}));
  swap_elements(data, 8);
  EXPECT_EQ(data, (std::vector<std::uint8_t>{7, 8, 5, 6, 3, 4, 1, 2}));
}

}  // namespace
}  // namespace mosaico::ontology
