// API keys over a real connection.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/sqlite_catalog.hpp"
#include "fake_engine.hpp"
#include "flight_fixture.hpp"
#include "protocol/headers.hpp"
#include "server/access/api_keys.hpp"
#include "server/access/rights.hpp"
#include "server/access/token.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

using catalog::Rights;
using testing::HasSubstr;

class KeyCheck : public FlightFixture {
 protected:
  void SetUp() override {
    ServiceOptions options;
    options.clock = [this] { return now_ns_.load(); };
    engine_->fake_scan = std::make_shared<FakeScan>(
        small_schema(), std::vector<std::shared_ptr<arrow::RecordBatch>>{}, false);
    start(engine_, options, keys_);
  }

  NewApiKey make(const Rights& rights, std::optional<int64_t> expires_at_ns = {}) {
    return core::value_or_throw(create_api_key(
        *keys_, {.description = "test", .rights = rights, .expires_at_ns = expires_at_ns},
        now_ns_));
  }

  // From now on every call carries these tokens.
  void use(const std::vector<std::string>& tokens) {
    call_options_ = {};
    for (const std::string& token : tokens) {
      call_options_.headers.emplace_back(protocol::kApiKeyHeader, token);
    }
  }

  Status try_get_flight_info() {
    return protocol::from_flight(
        client_->GetFlightInfo(call_options_, flight::FlightDescriptor::Command("{}")).status());
  }
  Status try_get_schema() {
    return protocol::from_flight(
        client_->GetSchema(call_options_, flight::FlightDescriptor::Command("{}")).status());
  }
  Status try_do_get() {
    auto stream = client_->DoGet(call_options_, {"no ticket"});
    if (!stream.ok()) return protocol::from_flight(stream.status());
    return protocol::from_flight((*stream)->GetSchema().status());
  }
  Status try_list_flights() {
    return protocol::from_flight(client_->ListFlights(call_options_, {}).status());
  }
  Status try_do_put() { return upload(kPutCommand, small_schema(), {rows_of({1})}); }

  // Every call there is, with the right that it needs.
  std::vector<std::pair<Right, Status>> try_everything() {
    std::vector<std::pair<Right, Status>> results;
    for (const ActionRight& entry : kActionRights) {
      results.emplace_back(entry.right, act(std::string(entry.action), "{}").status());
    }
    results.emplace_back(Right::Read, try_get_flight_info());
    results.emplace_back(Right::Read, try_get_schema());
    results.emplace_back(Right::Read, try_do_get());
    results.emplace_back(Right::Read, try_list_flights());
    results.emplace_back(Right::Write, try_do_put());
    return results;
  }

  const TemporaryDirectory directory_;
  const std::shared_ptr<catalog::Catalog> keys_ =
      core::value_or_throw(catalog::open_sqlite_catalog(directory_.path() / "catalog.sqlite"));
  const std::shared_ptr<FakeEngine> engine_ = std::make_shared<FakeEngine>();
  std::atomic<int64_t> now_ns_ = 1'000;
};

bool is_refusal(const Status& status) {
  return core::is_kind(status, ErrorKind::Unauthenticated) ||
         core::is_kind(status, ErrorKind::PermissionDenied);
}

TEST_F(KeyCheck, NoCallPassesWithoutAValidKey) {
  const std::string expired = make({true, true, true}, now_ns_ + 1).token;
  const NewApiKey revoked = make({true, true, true});
  ASSERT_THAT(keys_->revoke_api_key(revoked.key.fingerprint), IsOk());
  const std::string good = make({true, true, true}).token;
  now_ns_ += 1;
  const std::vector<std::vector<std::string>> bad = {
      {},          {""}, {"nonsense"}, {good + "0"}, {make_token()}, {expired}, {revoked.token},
      {good, good}};
  for (const auto& tokens : bad) {
    use(tokens);
    for (const auto& [right, status] : try_everything()) {
      EXPECT_THAT(status, FailsAs(ErrorKind::Unauthenticated)) << tokens.size();
    }
  }
  EXPECT_EQ(engine_->uploads.count(), 0U);
}

TEST_F(KeyCheck, AKeyOpensExactlyWhatItsRightsAllow) {
  for (const Rights& rights :
       {Rights{false, false, false}, Rights{true, false, false}, Rights{false, true, false},
        Rights{false, false, true}, Rights{true, true, true}}) {
    use({make(rights).token});
    for (const auto& [right, status] : try_everything()) {
      if (has_right(rights, right)) {
        EXPECT_FALSE(is_refusal(status)) << status.ToString();
      } else {
        EXPECT_THAT(status, FailsAs(ErrorKind::PermissionDenied)) << rights_text(rights);
      }
    }
  }
}

TEST_F(KeyCheck, EveryKeyMayConnect) {
  for (const Rights& rights : {Rights{}, Rights{false, true, false}, Rights{false, false, true}}) {
    use({make(rights).token});
    EXPECT_THAT(act("info", "{}"), IsOk());
    EXPECT_THAT(act("version", "{}"), IsOk());
  }
}

TEST_F(KeyCheck, SaysWhatIsMissing) {
  EXPECT_THAT(act("info", "{}").status().message(), HasSubstr(protocol::kApiKeyHeader));
  const NewApiKey made = make({true, false, false});
  use({made.token});
  const Status status = act_fails("sequence_create", "{}");
  EXPECT_THAT(status.message(), HasSubstr(made.key.fingerprint));
  EXPECT_THAT(status.message(), HasSubstr("sequence_create needs: write"));
  EXPECT_THAT(try_do_put().message(), HasSubstr("DoPut needs: write"));
  EXPECT_THAT(act_fails("sequence_rename", "{}"), FailsAs(ErrorKind::Unsupported));
}

TEST_F(KeyCheck, TakesAKeyMadeAndRefusesAKeyRevokedAtOnce) {
  const NewApiKey made = make({true, false, false});
  use({made.token});
  EXPECT_THAT(act("info", "{}"), IsOk());
  ASSERT_THAT(keys_->revoke_api_key(made.key.fingerprint), IsOk());
  EXPECT_THAT(act("info", "{}"), FailsAs(ErrorKind::Unauthenticated));
}

TEST_F(KeyCheck, UploadsPassWithTheRightToWrite) {
  use({make({false, true, false}).token});
  EXPECT_THAT(try_do_put(), IsOk());
  EXPECT_EQ(engine_->upload_log->ending.wait(), "finished");
}

TEST_F(KeyCheck, WithoutItHeadersDoNotMatter) {
  TearDown();
  start(engine_);
  use({"nonsense"});
  EXPECT_THAT(act("info", "{}"), IsOk());
}

}  // namespace
}  // namespace mosaico::server
