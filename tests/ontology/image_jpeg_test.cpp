#include "ontology/image_jpeg.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "pictures.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30U;

// The greatest difference of two pictures of one size.
int difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  EXPECT_EQ(a.size(), b.size());
  int greatest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    greatest = std::max(greatest, std::abs(a[i] - b[i]));
  }
  return greatest;
}

JpegSource smooth_source(const std::vector<std::uint8_t>& pixels, PixelColor color,
                         std::size_t channels) {
  return {.data = pixels.data(),
          .width = 32,
          .height = 24,
          .stride = 32 * channels,
          .color = color,
          .quality = 100};
}

// Slow changes from left to right, which JPEG keeps well; alpha is noise that must not show.
std::vector<std::uint8_t> smooth_picture(PixelColor color, std::size_t channels) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < 24; ++y) {
    for (int x = 0; x < 32; ++x) {
      const std::array<int, 3> rgb = {x * 4, 200 - y * 4, 50 + x + y};
      const bool is_bgr = color == PixelColor::Bgr || color == PixelColor::Bgra;
      for (std::size_t c = 0; c < channels; ++c) {
        const int value = c == 3 ? (x * 37) % 256 : rgb[is_bgr ? 2 - c : c];
        pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return pixels;
}

TEST(Jpeg, KeepsTheColoursOfEveryChannelOrder) {
  const auto expected = smooth_picture(PixelColor::Rgb, 3);
  for (const auto& [color, channels] :
       {std::pair{PixelColor::Rgb, 3}, std::pair{PixelColor::Bgr, 3},
        std::pair{PixelColor::Rgba, 4}, std::pair{PixelColor::Bgra, 4}}) {
    const auto size = static_cast<std::size_t>(channels);
    const auto pixels = smooth_picture(color, size);
    ASSERT_OK_AND_ASSIGN(const auto file, encode_jpeg(smooth_source(pixels, color, size)));
    ASSERT_OK_AND_ASSIGN(const JpegPixels decoded, decode_jpeg(file, kNoLimit));
    EXPECT_EQ(decoded.width, 32U);
    EXPECT_EQ(decoded.height, 24U);
    EXPECT_EQ(decoded.channels, 3);
    EXPECT_LE(difference(decoded.bytes, expected), 6) << static_cast<int>(color);
  }
}

TEST(Jpeg, KeepsGreyGrey) {
  const auto pixels = smooth_picture(PixelColor::Grey, 1);
  ASSERT_OK_AND_ASSIGN(const auto file, encode_jpeg(smooth_source(pixels, PixelColor::Grey, 1)));
  ASSERT_OK_AND_ASSIGN(const JpegPixels decoded, decode_jpeg(file, kNoLimit));
  EXPECT_EQ(decoded.channels, 1);
  EXPECT_LE(difference(decoded.bytes, pixels), 2);
}

TEST(Jpeg, IsSmallerAtLowerQuality) {
  const auto pixels = varied_bytes(32 * 24 * 3);
  auto source = smooth_source(pixels, PixelColor::Rgb, 3);
  ASSERT_OK_AND_ASSIGN(const auto fine, encode_jpeg(source));
  source.quality = 10;
  ASSERT_OK_AND_ASSIGN(const auto coarse, encode_jpeg(source));
  EXPECT_LT(coarse.size() * 2, fine.size());
}

TEST(Jpeg, GrowsBeyondOneBlockOfItsBuffer) {
  const auto pixels = varied_bytes(std::size_t{512} * 512 * 3);
  ASSERT_OK_AND_ASSIGN(const auto file, encode_jpeg({.data = pixels.data(),
                                                     .width = 512,
                                                     .height = 512,
                                                     .stride = std::size_t{512} * 3,
                                                     .quality = 95}));
  EXPECT_GT(file.size(), 100'000U);
  ASSERT_OK_AND_ASSIGN(const JpegPixels decoded, decode_jpeg(file, kNoLimit));
  EXPECT_EQ(decoded.bytes.size(), pixels.size());
}

TEST(Jpeg, CannotHoldSomeSizes) {
  EXPECT_THAT(encode_jpeg({.width = 0, .height = 1}), FailsAs(ErrorKind::Unsupported));
  EXPECT_THAT(encode_jpeg({.width = 65'501, .height = 1}), FailsAs(ErrorKind::Unsupported));
}

TEST(Jpeg, ReadsForeignFiles) {
  ASSERT_OK_AND_ASSIGN(auto pixels, decode_jpeg(read_picture("rgb8_16x12.jpeg"), kNoLimit));
  EXPECT_LE(difference(pixels.bytes, rgb_picture()), 8);
  ASSERT_OK_AND_ASSIGN(pixels, decode_jpeg(read_picture("rgb8_16x12_progressive.jpeg"), kNoLimit));
  EXPECT_LE(difference(pixels.bytes, rgb_picture()), 24);
  ASSERT_OK_AND_ASSIGN(pixels, decode_jpeg(read_picture("mono8_16x12.jpeg"), kNoLimit));
  EXPECT_EQ(pixels.channels, 1);
  EXPECT_LE(difference(pixels.bytes, grey_picture()), 8);
  EXPECT_THAT(decode_jpeg(read_picture("cmyk_16x12.jpeg"), kNoLimit),
              FailsAs(ErrorKind::Unsupported));
}

// A file may lose its end marker, which says nothing about pixels; then it gives the same ones.
TEST(Jpeg, NeverMakesUpPixelsOfACutFile) {
  for (const char* name : {"rgb8_16x12.jpeg", "rgb8_16x12_progressive.jpeg", "mono8_16x12.jpeg"}) {
    const auto file = read_picture(name);
    ASSERT_OK_AND_ASSIGN(const JpegPixels whole, decode_jpeg(file, kNoLimit));
    for (std::size_t size = 0; size < file.size(); ++size) {
      const std::vector<std::uint8_t> cut(file.begin(),
                                          file.begin() + static_cast<std::ptrdiff_t>(size));
      const auto pixels = decode_jpeg(cut, kNoLimit);
      if (pixels.ok()) {
        ASSERT_GE(size + 2, file.size()) << name << " " << size;
        ASSERT_EQ(pixels->bytes, whole.bytes) << name << " " << size;
      } else {
        ASSERT_THAT(pixels, FailsAs(ErrorKind::Corrupt)) << name << " " << size;
      }
    }
  }
}

TEST(Jpeg, SurvivesFlippedBits) {
  for (const char* name : {"rgb8_16x12_progressive.jpeg", "mono8_16x12.jpeg"}) {
    auto file = read_picture(name);
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
      file[bit / 8] ^= mask;
      const auto pixels = decode_jpeg(file, 1U << 20U);
      if (pixels.ok()) {
        EXPECT_FALSE(pixels->bytes.empty());
      }
      file[bit / 8] ^= mask;
    }
  }
}

TEST(Jpeg, StopsAtTheLimit) {
  const auto file = read_picture("rgb8_16x12.jpeg");
  const std::size_t size = rgb_picture().size();
  EXPECT_THAT(decode_jpeg(file, size), IsOk());
  EXPECT_THAT(decode_jpeg(file, size - 1), FailsAs(ErrorKind::LimitExceeded));
}

// A small file that asks for one scan after another.
TEST(Jpeg, RefusesScansWithoutEnd) {
  const auto file = read_picture("rgb8_16x12_progressive.jpeg");
  // The last scan: from the last start-of-scan marker to the end marker.
  std::size_t scan = 0;
  for (std::size_t i = 0; i + 1 < file.size(); ++i) {
    if (file[i] == 0xff && file[i + 1] == 0xda) scan = i;
  }
  std::vector<std::uint8_t> bomb(file.begin(), file.end() - 2);
  for (int i = 0; i < 1000; ++i) {
    bomb.insert(bomb.end(), file.begin() + static_cast<std::ptrdiff_t>(scan), file.end() - 2);
  }
  bomb.insert(bomb.end(), {0xff, 0xd9});
  EXPECT_THAT(decode_jpeg(bomb, kNoLimit), FailsAs(ErrorKind::Corrupt));
}

}  // namespace
}  // namespace mosaico::ontology
