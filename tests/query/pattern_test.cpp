#include <string>

#include <gtest/gtest.h>

#include "query/evaluate.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::query {
namespace {

TEST(Pattern, FitsTheWholeText) {
  EXPECT_TRUE(matches_pattern("imu", "imu"));
  EXPECT_FALSE(matches_pattern("imu", "imu2"));
  EXPECT_FALSE(matches_pattern("imu", "/imu"));
  EXPECT_FALSE(matches_pattern("Imu", "imu")) << "case counts";
  EXPECT_FALSE(matches_pattern("imu", ""));
}

TEST(Pattern, StarIsAnyRun) {
  for (const char* text : {"", "a", "abc", "a/b c"})
    EXPECT_TRUE(matches_pattern("*", text)) << text;
  EXPECT_TRUE(matches_pattern("/sensors/*", "/sensors/a/b"));
  EXPECT_TRUE(matches_pattern("*imu*", "/imu/left"));
  EXPECT_TRUE(matches_pattern("a*b*c", "axxbxxbxc"));
  EXPECT_TRUE(matches_pattern("a**c", "ac"));
  EXPECT_FALSE(matches_pattern("a*b*c", "axxbxxb"));
  EXPECT_TRUE(matches_pattern("*ab", "aab"));
}

TEST(Pattern, QuestionMarkIsOneCharacterAlsoOfSeveralBytes) {
  EXPECT_TRUE(matches_pattern("?imu", "/imu"));
  EXPECT_TRUE(matches_pattern("?", "é"));
  EXPECT_TRUE(matches_pattern("?", "😀"));
  EXPECT_FALSE(matches_pattern("?", "éé"));
  EXPECT_FALSE(matches_pattern("?", ""));
}

TEST(Pattern, HashIsOneDigit) {
  EXPECT_TRUE(matches_pattern("run##", "run42"));
  EXPECT_FALSE(matches_pattern("run##", "run4"));
  EXPECT_FALSE(matches_pattern("run#", "runx"));
}

TEST(Pattern, SetIsOneOfItsCharacters) {
  EXPECT_TRUE(matches_pattern("[abc]1", "b1"));
  EXPECT_TRUE(matches_pattern("[a-cx]", "b"));
  EXPECT_TRUE(matches_pattern("[a-cx]", "x"));
  EXPECT_FALSE(matches_pattern("[a-c]", "d"));
  EXPECT_TRUE(matches_pattern("[-a]", "-"));
  EXPECT_TRUE(matches_pattern("[a-]", "-"));
  EXPECT_TRUE(matches_pattern("[à-ü]", "é"));
  EXPECT_TRUE(matches_pattern("[!a]", "!")) << "there is no negation";
}

TEST(Pattern, SpecialCharactersInASetStandForThemselves) {
  EXPECT_TRUE(matches_pattern("*a[*][?][#][[]b*", "xa*?#[by"));
  EXPECT_FALSE(matches_pattern("a[*]b", "axb"));
}

TEST(Pattern, EverythingElseStandsForItself) {
  EXPECT_TRUE(matches_pattern("a.b+(c)\\]", "a.b+(c)\\]"));
  EXPECT_FALSE(matches_pattern("a.b", "axb"));
}

TEST(Pattern, PathologicalOnesEndSoon) {
  std::string pattern;
  for (int i = 0; i < 127; ++i) pattern += "*a";
  const std::string text(1 << 17, 'a');
  EXPECT_FALSE(matches_pattern(pattern + "b", text));
}

TEST(Pattern, MalformedOnesAreRefusedAndMatchNothing) {
  for (const char* pattern : {"", "[", "a[b", "[]", "a[]b", "[z-a]", "[é-a]"}) {
    EXPECT_THAT(validate_pattern(pattern), FailsAs(ErrorKind::Invalid)) << pattern;
  }
  EXPECT_FALSE(matches_pattern("a[b", "ab"));
  EXPECT_THAT(validate_pattern(std::string(256, 'a')), IsOk());
  EXPECT_THAT(validate_pattern(std::string(257, 'a')), FailsAs(ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::query
