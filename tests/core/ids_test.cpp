#include "core/ids.hpp"

#include <set>

#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

TEST(Uuid, IsCanonicalAndOfVersionFour) {
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = make_uuid();
    EXPECT_TRUE(is_uuid(uuid)) << uuid;
    EXPECT_EQ(uuid[14], '4') << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
  }
}

TEST(Uuid, NeverRepeats) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(make_uuid()).second);
}

TEST(Uuid, OtherTextIsNone) {
  for (const char* text :
       {"", "abc", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g",
        "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a456_426614174000"}) {
    EXPECT_FALSE(is_uuid(text)) << text;
  }
  EXPECT_TRUE(is_uuid("123e4567-e89b-12d3-a456-426614174000"));
}

TEST(Ulid, HasTheTimeInItsFirstTenCharacters) {
  // The example of the specification.
  EXPECT_EQ(make_ulid(1'469'918'176'385).substr(0, 10), "01ARYZ6S41");
  EXPECT_EQ(make_ulid(0).substr(0, 10), "0000000000");
  EXPECT_EQ(make_ulid((int64_t{1} << 48) - 1).substr(0, 10), "7ZZZZZZZZZ");
}

TEST(Ulid, SortsByTime) { EXPECT_LT(make_ulid(1'000), make_ulid(1'001)); }

TEST(Ulid, IsOneAndNeverRepeats) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string ulid = make_ulid(1'469'918'176'385);
    EXPECT_TRUE(is_ulid(ulid)) << ulid;
    EXPECT_TRUE(seen.insert(ulid).second);
  }
}

TEST(Ulid, OtherTextIsNone) {
  for (const char* text :
       {"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX",
        "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01arz3ndektsv4rrffq69g5fav"}) {
    EXPECT_FALSE(is_ulid(text)) << text;
  }
  EXPECT_TRUE(is_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
}

}  // namespace
}  // namespace mosaico::core
