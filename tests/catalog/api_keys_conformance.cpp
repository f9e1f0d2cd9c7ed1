#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

ApiKey new_key(const std::string& fingerprint) {
  ApiKey key;
  key.fingerprint = fingerprint;
  key.token_hash = std::string(32, '\0') + fingerprint;
  key.description = "the rover's \"recorder\", ünï";
  key.rights = {.read = false, .write = true, .erase = false};
  key.created_at_ns = 7;
  return key;
}

void expect_equal(const ApiKey& a, const ApiKey& b) {
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.token_hash, b.token_hash);
  EXPECT_EQ(a.description, b.description);
  EXPECT_EQ(a.rights, b.rights);
  EXPECT_EQ(a.created_at_ns, b.created_at_ns);
  EXPECT_EQ(a.expires_at_ns, b.expires_at_ns);
}

TEST_P(CatalogConformance, GivesBackAnApiKeyAsItWasCreated) {
  for (const Rights rights : {Rights{}, Rights{.read = true, .write = false, .erase = false},
                              Rights{.read = false, .write = true, .erase = false},
                              Rights{.read = false, .write = false, .erase = true},
                              Rights{.read = true, .write = true, .erase = true}}) {
    ApiKey key =
        new_key("0000000" + std::to_string(rights.read + 2 * rights.write + 4 * rights.erase));
    key.rights = rights;
    if (rights.erase) key.expires_at_ns = -3;
    ASSERT_THAT(catalog_->create_api_key(key), IsOk());
    reopen();
    ASSERT_OK_AND_ASSIGN(const ApiKey found, catalog_->find_api_key(key.fingerprint));
    expect_equal(found, key);
  }
}

TEST_P(CatalogConformance, ListsApiKeysInTheOrderOfTheirCreation) {
  EXPECT_EQ(core::value_or_throw(catalog_->list_api_keys()).size(), 0U);
  for (const char* fingerprint : {"bbbbbbbb", "aaaaaaaa", "cccccccc"}) {
    ASSERT_THAT(catalog_->create_api_key(new_key(fingerprint)), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto keys, catalog_->list_api_keys());
  ASSERT_EQ(keys.size(), 3U);
  expect_equal(keys[0], new_key("bbbbbbbb"));
  expect_equal(keys[1], new_key("aaaaaaaa"));
  expect_equal(keys[2], new_key("cccccccc"));
}

TEST_P(CatalogConformance, AnApiKeyIsRevokedForEverybodyAtOnce) {
  ASSERT_OK_AND_ASSIGN(const auto other, place_->open());
  ASSERT_THAT(other->create_api_key(new_key("aaaaaaaa")), IsOk());
  ASSERT_THAT(other->create_api_key(new_key("bbbbbbbb")), IsOk());
  EXPECT_THAT(catalog_->find_api_key("aaaaaaaa"), IsOk());
  ASSERT_THAT(other->revoke_api_key("aaaaaaaa"), IsOk());
  EXPECT_THAT(catalog_->find_api_key("aaaaaaaa"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->find_api_key("bbbbbbbb"), IsOk());
  EXPECT_THAT(catalog_->revoke_api_key("aaaaaaaa"), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, TakesAFingerprintOnce) {
  ASSERT_THAT(catalog_->create_api_key(new_key("aaaaaaaa")), IsOk());
  ApiKey second = new_key("aaaaaaaa");
  second.rights.read = true;
  EXPECT_THAT(catalog_->create_api_key(second), FailsAs(ErrorKind::AlreadyExists));
  expect_equal(core::value_or_throw(catalog_->find_api_key("aaaaaaaa")), new_key("aaaaaaaa"));
  ASSERT_THAT(catalog_->revoke_api_key("aaaaaaaa"), IsOk());
  EXPECT_THAT(catalog_->create_api_key(second), IsOk());
}

TEST_P(CatalogConformance, RefusesAnApiKeyWithAZeroByteInItsTexts) {
  ApiKey key = new_key("aaaaaaaa");
  key.description = std::string("a\0b", 3);
  EXPECT_THAT(catalog_->create_api_key(key), FailsAs(ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::catalog
