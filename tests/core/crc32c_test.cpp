#include "core/crc32c.hpp"

#include <string>

#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

std::string ascending_bytes(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST(Crc32c, GivesTheResultsOfRfc3720) {
  const std::string ascending = ascending_bytes(32);
  const std::string descending(ascending.rbegin(), ascending.rend());
  for (const auto function : {crc32c, crc32c_portable}) {
    EXPECT_EQ(function(std::string(32, '\0'), 0), 0x8a9136aaU);
    EXPECT_EQ(function(std::string(32, '\xff'), 0), 0x62a8ab43U);
    EXPECT_EQ(function(ascending, 0), 0x46dd794eU);
    EXPECT_EQ(function(descending, 0), 0x113fdb5cU);
    EXPECT_EQ(function("123456789", 0), 0xe3069283U);
    EXPECT_EQ(function("", 0), 0U);
  }
}

TEST(Crc32c, OfPiecesIsThatOfTheWhole) {
  const std::string bytes = ascending_bytes(100);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(crc32c(bytes.substr(cut), crc32c(bytes.substr(0, cut))), crc32c(bytes)) << cut;
  }
}

TEST(Crc32c, IsTheSameWithAndWithoutTheProcessorsInstruction) {
  const std::string bytes = ascending_bytes(1000);
  for (size_t length = 0; length < 70; ++length) {
    for (size_t offset = 0; offset < 9; ++offset) {
      const auto piece = std::string_view(bytes).substr(offset, length);
      EXPECT_EQ(crc32c(piece, 7), crc32c_portable(piece, 7)) << offset << "+" << length;
    }
  }
}

TEST(Crc32c, OfLongRunsIsTheSameWithAndWithoutTheProcessorsInstruction) {
  std::string bytes;
  for (uint32_t i = 0; i < 40'000; ++i) bytes += static_cast<char>((i * 2'654'435'761U) >> 24);
  for (size_t length = 3000; length < bytes.size(); length += 509) {
    const auto piece = std::string_view(bytes).substr(length % 11, length);
    EXPECT_EQ(crc32c(piece, 7), crc32c_portable(piece, 7)) << length;
  }
}

}  // namespace
}  // namespace mosaico::core
