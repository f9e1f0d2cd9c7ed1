#include "server/access/token.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaico::server {
namespace {

constexpr const char* kToken = "msco_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p_1e3af8e4";

TEST(Token, HasTheFingerprintOfThePublishedOnes) {
  EXPECT_EQ(fingerprint_of_token(kToken), "1e3af8e4");
}

TEST(Token, OfAnyOtherFormIsNone) {
  const std::string good = kToken;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(fingerprint_of_token(bad), std::nullopt) << bad;
  }
  std::string upper = good;
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "0", good + '\0', " " + good, upper,
        std::string(good.size(), '\0'), std::string(100'000, 'm')}) {
    EXPECT_EQ(fingerprint_of_token(bad), std::nullopt) << bad.substr(0, 100);
  }
}

TEST(Token, NewOnesAreWellFormedAndDiffer) {
  std::set<std::string> tokens;
  std::set<char> characters;
  for (int i = 0; i < 500; ++i) {
    const std::string token = make_token();
    ASSERT_NE(fingerprint_of_token(token), std::nullopt) << token;
    for (const char c : token.substr(5, 32)) characters.insert(c);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 500U);
  EXPECT_EQ(characters.size(), 36U);  // That one of them never comes in 16,000 is no accident.
}

TEST(Token, IsKeptAsItsSha256) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(hash_of_token("abc"),
            std::string("\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
                        "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
                        32));
  EXPECT_TRUE(is_same_hash(hash_of_token("a"), hash_of_token("a")));
  EXPECT_FALSE(is_same_hash(hash_of_token("a"), hash_of_token("b")));
  EXPECT_FALSE(is_same_hash(hash_of_token("a"), ""));
}

TEST(Token, FingerprintsAreEightHexDigits) {
  EXPECT_TRUE(is_fingerprint("1e3af8e4"));
  for (const char* bad : {"", "1e3af8e", "1e3af8e40", "1E3AF8E4", "1e3af8eg"}) {
    EXPECT_FALSE(is_fingerprint(bad)) << bad;
  }
  EXPECT_FALSE(is_fingerprint(kToken));
}

}  // namespace
}  // namespace mosaico::server
