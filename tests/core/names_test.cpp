#include "core/names.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

using testing::HasSubstr;

constexpr const char* kUlid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

TEST(SequenceName, TakesOneSegmentOfLettersDigitsUnderscoreAndHyphen) {
  for (const char* name : {"a", "0", "mission_log_042", "A-b_C", "9lives", "a-", "a--b"}) {
    EXPECT_TRUE(validate_sequence_name(name).ok()) << name;
  }
  EXPECT_TRUE(validate_sequence_name(std::string(kNameBytesMax, 'x')).ok());
}

TEST(SequenceName, RefusesEverythingElse) {
  for (const std::string name :
       {"", "_a", "-a", "a/b", "/a", "a:b", "a b", ".", "..", "a.b", "a\\b", "é", "a\n", "a%2f"}) {
    EXPECT_TRUE(is_kind(validate_sequence_name(name), ErrorKind::Invalid)) << name;
  }
  EXPECT_TRUE(is_kind(validate_sequence_name({"a\0b", 3}), ErrorKind::Invalid));
  EXPECT_TRUE(
      is_kind(validate_sequence_name(std::string(kNameBytesMax + 1, 'x')), ErrorKind::Invalid));
}

TEST(SequenceName, ErrorSaysTheNameTheFaultAndWhatIsAllowed) {
  EXPECT_EQ(validate_sequence_name("a b").message(),
            "sequence name \"a b\" contains \" \"; allowed are letters, digits, '_', '-'");
  EXPECT_EQ(validate_sequence_name("_a").message(),
            "sequence name \"_a\" must begin with a letter or digit");
  EXPECT_EQ(validate_sequence_name("").message(), "sequence name is empty");
}

TEST(SequenceName, ErrorCutsAnAbsurdlyLongNameAndEscapesItsBytes) {
  const std::string text = validate_sequence_name(std::string(1 << 20, 'x')).message();
  EXPECT_LT(text.size(), 200U);
  EXPECT_THAT(text, HasSubstr("1048576 bytes; at most 255"));
  EXPECT_THAT(validate_sequence_name("a\xff").message(), HasSubstr("contains \"\\xff\""));
}

TEST(TopicName, TakesSegmentsJoinedBySlashes) {
  for (const char* name : {"imu", "sensors/imu", "a/b/c/d", "a/_b", "a/-b"}) {
    EXPECT_TRUE(validate_topic_name(name).ok()) << name;
  }
}

TEST(TopicName, RefusesEmptySegmentsDotsAndForeignCharacters) {
  for (const char* name : {"", "/", "/imu", "imu/", "a//b", "..", "a/../b", "a/./b", "_a", "-a",
                           "a:b", "a b", "a/b.parquet", "\xc3\xa9"}) {
    EXPECT_TRUE(is_kind(validate_topic_name(name), ErrorKind::Invalid)) << name;
  }
}

TEST(TopicName, IsGivenWithOrWithoutTheSlash) {
  EXPECT_EQ(topic_name_on_wire("/a/b"), "a/b");
  EXPECT_EQ(topic_name_on_wire("a/b"), "a/b");
  EXPECT_EQ(topic_name_for_user("a/b"), "/a/b");
  EXPECT_EQ(topic_name_for_user("/a/b"), "/a/b");
}

TEST(Locator, TellsItsThreeFormsApart) {
  const Locator sequence = value_or_throw(Locator::parse("run1"));
  EXPECT_TRUE(sequence.is_sequence());
  EXPECT_EQ(sequence.sequence, "run1");

  const Locator topic = value_or_throw(Locator::parse("run1/sensors/imu"));
  EXPECT_TRUE(topic.is_topic());
  EXPECT_EQ(topic.sequence, "run1");
  EXPECT_EQ(topic.topic, "sensors/imu");

  const Locator session = value_or_throw(Locator::parse(std::string("run1:") + kUlid));
  EXPECT_TRUE(session.is_session());
  EXPECT_EQ(session.sequence, "run1");
  EXPECT_EQ(session.session, kUlid);
}

TEST(Locator, PrintsWhatItWasParsedFrom) {
  for (const std::string& text :
       {std::string("run1"), std::string("run1/a/b"), std::string("run1:") + kUlid}) {
    EXPECT_EQ(value_or_throw(Locator::parse(text)).to_string(), text);
  }
}

TEST(Locator, RefusesMalformedText) {
  for (const std::string text : {"", "/", "run1/", "run1//imu", "run1:", "run1:abc", "/run1/imu",
                                 ":", "run1/a:b", "run 1"}) {
    EXPECT_TRUE(is_kind(Locator::parse(text).status(), ErrorKind::Invalid)) << text;
  }
}

TEST(Locator, OfAnotherFormIsRefused) {
  const std::string session = std::string("run1:") + kUlid;
  EXPECT_TRUE(parse_sequence_locator("run1").ok());
  EXPECT_TRUE(parse_topic_locator("run1/imu").ok());
  EXPECT_TRUE(parse_session_locator(session).ok());
  EXPECT_TRUE(is_kind(parse_sequence_locator("run1/imu").status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(parse_topic_locator(session).status(), ErrorKind::Invalid));
  EXPECT_TRUE(is_kind(parse_session_locator("run1").status(), ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::core
