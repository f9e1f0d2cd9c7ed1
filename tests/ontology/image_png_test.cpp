#include "ontology/image_png.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <bit>
#include <cstring>

#include "pictures.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30U;

// The rows of an 8-bit grey PNG as libpng's own simple reader sees them.
std::vector<std::uint8_t> matrix_of(const std::vector<std::uint8_t>& file) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, file.data(), file.size()), 0);
  EXPECT_EQ(image.format, static_cast<png_uint_32>(PNG_FORMAT_GRAY));
  std::vector<std::uint8_t> bytes(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, bytes.data(), 0, nullptr), 0);
  return bytes;
}

TEST(Png, StoresAMatrixOfBytes) {
  const auto bytes = varied_bytes(15 * 9);
  ASSERT_OK_AND_ASSIGN(const auto file,
                       encode_png({.data = bytes.data(), .width = 15, .height = 9, .stride = 15}));
  EXPECT_EQ(matrix_of(file), bytes);
}

TEST(Png, LeavesPaddingOut) {
  const std::vector<std::uint8_t> padded = {1, 2, 3, 99, 4, 5, 6};
  ASSERT_OK_AND_ASSIGN(const auto file,
                       encode_png({.data = padded.data(), .width = 3, .height = 2, .stride = 4}));
  EXPECT_EQ(matrix_of(file), (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST(Png, ReadsWhatItWrote) {
  for (const int channels : {1, 3, 4}) {
    for (const int bit_depth : {8, 16}) {
      const std::size_t row = 7 * static_cast<std::size_t>(channels * bit_depth / 8);
      const auto bytes = varied_bytes(row * 5);
      ASSERT_OK_AND_ASSIGN(const auto file, encode_png({.data = bytes.data(),
                                                        .width = 7,
                                                        .height = 5,
                                                        .stride = row,
                                                        .channels = channels,
                                                        .bit_depth = bit_depth,
                                                        .is_little_endian = std::endian::native ==
                                                                            std::endian::little}));
      ASSERT_OK_AND_ASSIGN(const PngPixels pixels, decode_png(file, kNoLimit));
      EXPECT_EQ(pixels.bytes, bytes) << channels << " " << bit_depth;
      EXPECT_EQ(pixels.width, 7U);
      EXPECT_EQ(pixels.height, 5U);
      EXPECT_EQ(pixels.channels, channels);
      EXPECT_EQ(pixels.bit_depth, bit_depth);
    }
  }
}

TEST(Png, HoldsRowsLongerThanLibpngAllowsByDefault) {
  const auto bytes = varied_bytes(1'500'000);
  ASSERT_OK_AND_ASSIGN(
      const auto file,
      encode_png(
          {.data = bytes.data(), .width = bytes.size(), .height = 1, .stride = bytes.size()}));
  ASSERT_OK_AND_ASSIGN(const PngPixels pixels, decode_png(file, kNoLimit));
  EXPECT_EQ(pixels.bytes, bytes);
}

TEST(Png, CannotHoldAnEmptyPicture) {
  EXPECT_THAT(encode_png({.width = 0, .height = 1}), FailsAs(ErrorKind::Unsupported));
  EXPECT_THAT(encode_png({.width = 1, .height = 0}), FailsAs(ErrorKind::Unsupported));
  EXPECT_THAT(encode_png({.width = std::size_t{1} << 31U, .height = 1}),
              FailsAs(ErrorKind::Unsupported));
}

TEST(Png, ReadsForeignFiles) {
  ASSERT_OK_AND_ASSIGN(auto pixels,
                       decode_png(read_picture("interlaced_rgb8_16x12.png"), kNoLimit));
  EXPECT_EQ(pixels.channels, 3);
  EXPECT_EQ(pixels.bytes, rgb_picture());

  ASSERT_OK_AND_ASSIGN(pixels, decode_png(read_picture("one_bit_16x12.png"), kNoLimit));
  EXPECT_EQ(pixels.channels, 1);
  EXPECT_EQ(pixels.bit_depth, 8);
  EXPECT_EQ(pixels.bytes[90], 0);
  EXPECT_EQ(pixels.bytes[91], 255);

  ASSERT_OK_AND_ASSIGN(pixels, decode_png(read_picture("palette_16x12.png"), kNoLimit));
  EXPECT_EQ(pixels.channels, 3);
  EXPECT_EQ(pixels.bytes.size(), rgb_picture().size());

  ASSERT_OK_AND_ASSIGN(pixels, decode_png(read_picture("grey_alpha_16x12.png"), kNoLimit));
  EXPECT_EQ(pixels.channels, 4);
  EXPECT_EQ(std::vector<std::uint8_t>(pixels.bytes.end() - 4, pixels.bytes.end()),
            (std::vector<std::uint8_t>{191, 191, 191, 64}));

  ASSERT_OK_AND_ASSIGN(pixels, decode_png(read_picture("mono16_16x12.png"), kNoLimit));
  EXPECT_EQ(pixels.channels, 1);
  EXPECT_EQ(pixels.bit_depth, 16);
  std::uint16_t last = 0;
  std::memcpy(&last, pixels.bytes.data() + pixels.bytes.size() - 2, 2);
  EXPECT_EQ(last, 191 * 257);
}

TEST(Png, RefusesFilesCutAtAnyPlace) {
  for (const char* name :
       {"published_image_rgb8_5x3.png", "palette_16x12.png", "interlaced_rgb8_16x12.png"}) {
    const auto file = read_picture(name);
    ASSERT_THAT(decode_png(file, kNoLimit), IsOk());
    for (std::size_t size = 0; size < file.size(); ++size) {
      const std::vector<std::uint8_t> cut(file.begin(),
                                          file.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_THAT(decode_png(cut, kNoLimit), FailsAs(ErrorKind::Corrupt)) << name << " " << size;
    }
  }
}

TEST(Png, SurvivesFlippedBits) {
  for (const char* name : {"published_image_rgb8_5x3.png", "palette_16x12.png"}) {
    auto file = read_picture(name);
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
      file[bit / 8] ^= mask;
      const auto pixels = decode_png(file, 1U << 20U);
      if (pixels.ok()) {
        EXPECT_FALSE(pixels->bytes.empty());
      }
      file[bit / 8] ^= mask;
    }
  }
}

TEST(Png, StopsAtTheLimit) {
  const auto file = read_picture("interlaced_rgb8_16x12.png");
  const std::size_t size = rgb_picture().size();
  EXPECT_THAT(decode_png(file, size), IsOk());
  EXPECT_THAT(decode_png(file, size - 1), FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(decode_png(file, 0), FailsAs(ErrorKind::LimitExceeded));
}

TEST(Png, IsKnownByItsSignature) {
  EXPECT_TRUE(has_png_signature(read_picture("palette_16x12.png")));
  EXPECT_FALSE(has_png_signature(read_picture("rgb8_16x12.jpeg")));
  EXPECT_FALSE(has_png_signature({}));
}

}  // namespace
}  // namespace mosaico::ontology
