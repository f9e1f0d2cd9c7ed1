#include "core/utf8.hpp"

#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

// The first thing that its process does with Arrow.
TEST(IsUtf8, KnowsBytesThatAreNone) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain, \xc3\xa4 and \xf0\x9f\xa4\x96"));
  EXPECT_FALSE(is_utf8("\xff"));
  EXPECT_FALSE(is_utf8("cut \xc3"));
  EXPECT_FALSE(is_utf8("too long \xc0\xaf"));
  EXPECT_FALSE(is_utf8("surrogate \xed\xa0\x80"));
}

}  // namespace
}  // namespace mosaico::core
