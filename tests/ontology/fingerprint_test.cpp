#include "ontology/fingerprint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mosaico::ontology {
namespace {

std::string hex_sha1(std::string_view message) {
  std::string text;
  for (const std::uint8_t byte : sha1(message)) {
    text += "0123456789ABCDEF"[byte >> 4U];
    text += "0123456789ABCDEF"[byte & 0xfU];
  }
  return text;
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Sha1, GivesTheVectorsOfRfc3174) {
  EXPECT_EQ(hex_sha1("abc"), "A9993E364706816ABA3E25717850C26C9CD0D89D");
  EXPECT_EQ(hex_sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983E441C3BD26EBAAE4AA1F95129E5E54670F1");
  EXPECT_EQ(hex_sha1(std::string(1'000'000, 'a')), "34AA973CD4C4DAA4F61EEB2BDBAD27316534016F");
  EXPECT_EQ(
      hex_sha1(repeated("0123456701234567012345670123456701234567012345670123456701234567", 10)),
      "DEA356A2CDDD90C7A7ECEDC5EBB563934F460452");
}

TEST(Sha1, PadsMessagesAroundTheEndOfABlock) {
  EXPECT_EQ(hex_sha1(""), "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
  EXPECT_EQ(hex_sha1(std::string(55, 'x')), "CEF734BA81A024479E09EB5A75B6DDAE62E6ABF1");
  EXPECT_EQ(hex_sha1(std::string(56, 'x')), "901305367C259952F4E7AF8323F480D59F81335B");
  EXPECT_EQ(hex_sha1(std::string(63, 'x')), "0DDC4E0CCCD9A12850DEB5ABB0853A4425559FEC");
  EXPECT_EQ(hex_sha1(std::string(64, 'x')), "BB2FA3EE7AFB9F54C6DFB5D021F14B1FFE40C163");
}

TEST(Fingerprint, IsTheFirstTenDigits) {
  EXPECT_EQ(fingerprint_of("struct<data: bool not null>"), "ba7ff48a23");
  EXPECT_EQ(fingerprint_of("struct<seconds: int32 not null, nanoseconds: uint32 not null>"),
            "244214e2b9");
}

}  // namespace
}  // namespace mosaico::ontology
