#include "server/access/api_keys.hpp"

#include <limits>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/sqlite_catalog.hpp"
#include "server/access/token.hpp"
#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

class ApiKeys : public testing::Test {
 protected:
  NewApiKey make(std::optional<int64_t> expires_at_ns = {}) {
    return core::value_or_throw(create_api_key(
        *catalog_,
        {.description = "rover", .rights = {true, false, false}, .expires_at_ns = expires_at_ns},
        kNow));
  }

  const TemporaryDirectory directory_;
  const std::unique_ptr<catalog::Catalog> catalog_ =
      core::value_or_throw(catalog::open_sqlite_catalog(directory_.path() / "catalog.sqlite"));
};

TEST_F(ApiKeys, AreRecognizedByTheirToken) {
  const NewApiKey made = make();
  EXPECT_EQ(made.key.created_at_ns, kNow);
  ASSERT_OK_AND_ASSIGN(const auto key, recognize_token(*catalog_, made.token, kNow));
  EXPECT_EQ(key.fingerprint, fingerprint_of_token(made.token));
  EXPECT_EQ(key.description, "rover");
  EXPECT_EQ(key.rights, (catalog::Rights{true, false, false}));
}

TEST_F(ApiKeys, TheTokenIsNotKept) {
  const NewApiKey made = make();
  const std::string secret = made.token.substr(5, 32);
  for (const auto& key : core::value_or_throw(catalog_->list_api_keys())) {
    EXPECT_EQ(key.token_hash, hash_of_token(made.token));
    EXPECT_THAT(key.token_hash + key.fingerprint + key.description, Not(HasSubstr(secret)));
  }
}

TEST_F(ApiKeys, UnknownAndMalformedTokensAreRefused) {
  const std::string foreign = make_token();
  const auto refusal = [&](const std::string& token) {
    const auto found = recognize_token(*catalog_, token, kNow);
    EXPECT_THAT(found, FailsAs(ErrorKind::Unauthenticated));
    return found.status().message();
  };
  EXPECT_THAT(refusal(foreign), HasSubstr(foreign.substr(38) + " is unknown"));
  EXPECT_THAT(refusal(foreign), Not(HasSubstr(foreign.substr(5, 32))));
  EXPECT_THAT(refusal(foreign + "x"), HasSubstr("malformed"));
  EXPECT_THAT(refusal(foreign + "x"), Not(HasSubstr(foreign.substr(5, 8))));
  EXPECT_THAT(refusal(""), HasSubstr("malformed"));
}

TEST_F(ApiKeys, AFingerprintAloneOpensNothing) {
  // Another token with the fingerprint of a key, as somebody could make who has seen the list.
  const std::string token = make_token();
  ASSERT_THAT(catalog_->create_api_key({.fingerprint = token.substr(38),
                                        .token_hash = hash_of_token("of another token"),
                                        .description = "x",
                                        .rights = {true, true, true},
                                        .created_at_ns = 0,
                                        .expires_at_ns = {}}),
              IsOk());
  EXPECT_THAT(recognize_token(*catalog_, token, kNow), FailsAs(ErrorKind::Unauthenticated));
}

TEST_F(ApiKeys, AreRefusedOnceRevokedOrExpired) {
  const NewApiKey lasting = make();
  const NewApiKey passing = make(kNow + 10);
  EXPECT_THAT(recognize_token(*catalog_, passing.token, kNow + 9), IsOk());
  const auto late = recognize_token(*catalog_, passing.token, kNow + 10);
  EXPECT_THAT(late, FailsAs(ErrorKind::Unauthenticated));
  EXPECT_THAT(late.status().message(), HasSubstr("expired at 2023-11-14 22:13:20"));
  ASSERT_THAT(catalog_->revoke_api_key(lasting.key.fingerprint), IsOk());
  EXPECT_THAT(recognize_token(*catalog_, lasting.token, kNow), FailsAs(ErrorKind::Unauthenticated));
}

TEST_F(ApiKeys, NeedADescriptionAndAFuture) {
  const auto create = [&](const std::string& description, std::optional<int64_t> expires = {}) {
    return create_api_key(
        *catalog_, {.description = description, .rights = {}, .expires_at_ns = expires}, kNow);
  };
  EXPECT_THAT(create(std::string(255, 'x')), IsOk());
  EXPECT_THAT(create("ünï"), IsOk());
  EXPECT_THAT(create(""), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(create(std::string(256, 'x')), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(create("two\nlines"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(create("\xff"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(create("late", kNow), FailsAs(ErrorKind::Invalid));
  EXPECT_EQ(core::value_or_throw(catalog_->list_api_keys()).size(), 2U);
}

TEST(ParseExpiry, TakesTimesAndSpans) {
  const auto parsed = [](const std::string& text) {
    return core::value_or_throw(parse_expiry(text, kNow));
  };
  EXPECT_EQ(parsed("30d"), kNow + 30 * 86'400 * kSecond);
  EXPECT_EQ(parsed("12h"), kNow + 12 * 3600 * kSecond);
  EXPECT_EQ(parsed("90m"), kNow + 5400 * kSecond);
  EXPECT_EQ(parsed("1s"), kNow + kSecond);
  EXPECT_EQ(parsed("2027-01-01T00:00:00Z"), 1'798'761'600 * kSecond);
  EXPECT_EQ(parsed("2027-01-01"), 1'798'761'600 * kSecond);
  EXPECT_EQ(parsed("2027-01-01T00:00:00.5+01:00"), 1'798'758'000 * kSecond + kSecond / 2);
}

TEST(ParseExpiry, RefusesTheRest) {
  for (const char* bad :
       {"", "30", "d", "0d", "-1d", "30 d", "30days", "tomorrow", "2027-13-01", "2023-01-01",
        "9999-01-01", "9223372036854775807s", "99999999999999d", "9223372035s"}) {
    EXPECT_THAT(parse_expiry(bad, kNow), FailsAs(ErrorKind::Invalid)) << bad;
  }
}

}  // namespace
}  // namespace mosaico::server
