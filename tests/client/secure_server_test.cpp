// Servers that ask for API keys, and that speak TLS.
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/sqlite_catalog.hpp"
#include "client/places.hpp"
#include "engine/directory/layout.hpp"
#include "engine/engine.hpp"
#include "server/access/api_keys.hpp"
#include "server/flight_service.hpp"
#include "support/certificate.hpp"
#include "support/numbered.hpp"

namespace mosaico {
namespace {

using catalog::Rights;
using testing::HasSubstr;

constexpr Rights kAll = {.read = true, .write = true, .erase = true};

template <typename Call>
std::string thrown_text(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

class SecureServer : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"MOSAICO_API_KEY", "MOSAICO_TLS_CERT_FILE"}) ::unsetenv(name);
    if (service_ != nullptr) service_->stop(std::chrono::milliseconds(100));
    service_.reset();
    EXPECT_TRUE(engine_->close().ok());
  }

  void start(bool with_keys, const server::TlsIdentity& tls = {}) {
    server::ServiceOptions options;
    options.port = 0;
    options.tls = tls;
    if (with_keys) {
      keys_ = core::value_or_throw(catalog::open_sqlite_catalog(engine::catalog_path(store())));
    }
    service_ = std::make_unique<server::FlightService>(engine_, options, keys_);
    core::throw_if_error(service_->start());
  }

  // With keys, and a certificate in files_; false where none can be made.
  bool start_with_tls(const std::string& host = "localhost", bool with_keys = false) {
    const auto files = make_certificate(directory_.path(), "server", host);
    if (!files) return false;
    files_ = *files;
    start(with_keys, core::value_or_throw(server::read_tls_identity(files_.certificate, files_.key,
                                                                    core::system_clock()())));
    return true;
  }

  std::string make_key(const Rights& rights) {
    return core::value_or_throw(server::create_api_key(
                                    *keys_,
                                    {.description = "test", .rights = rights, .expires_at_ns = {}},
                                    core::system_clock()()))
        .token;
  }

  MosaicoClient connect(const ClientConfig& config) const {
    return MosaicoClient::connect("127.0.0.1", service_->port(), config);
  }

  std::string store() const { return directory_.path() / "store"; }

  const TemporaryDirectory directory_;
  CertificateFiles files_;
  std::shared_ptr<engine::Engine> engine_ =
      core::value_or_throw(engine::open_directory(store(), engine::EngineOptions()));
  std::shared_ptr<catalog::Catalog> keys_;
  std::unique_ptr<server::FlightService> service_;
};

void record(MosaicoClient& client, const std::string& name) {
  client.record(name, nlohmann::json::object(), [](SequenceWriter& sequence) {
    auto topic = sequence.topic_create<Numbered>("t");
    for (int i = 0; i < 1'000; ++i) topic.push(Numbered{.number = i}, i);
  });
}

std::int64_t count_rows(MosaicoClient& client, const std::string& name) {
  std::int64_t rows = 0;
  for (const auto& [topic, message] : client.sequence_handler(name).value().get_data_streamer()) {
    rows += topic == "/t" && message.timestamp_ns() == rows ? 1 : 0;
  }
  return rows;
}

TEST_F(SecureServer, WantsAKeyFromTheFirstCallOn) {
  start(true);
  EXPECT_THROW(connect({}), UnauthenticatedError);
  EXPECT_THROW(connect({.api_key = "nonsense"}), UnauthenticatedError);
  EXPECT_THROW(connect({.api_key = "msco_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p_1e3af8e4"}),
               UnauthenticatedError);
  EXPECT_NO_THROW(connect({.api_key = make_key({})}));
}

TEST_F(SecureServer, AKeyThatCannotTravelIsInvalid) {
  start(true);
  const std::string key = make_key(kAll);
  for (const std::string& bad : {key + "\n", " " + key, std::string("\0", 1), std::string("ü")}) {
    EXPECT_THROW(connect({.api_key = bad}), InvalidError);
  }
}

TEST_F(SecureServer, EachRightOpensItsCalls) {
  start(true);
  auto writer = connect({.api_key = make_key({.read = false, .write = true, .erase = false})});
  record(writer, "drive");
  EXPECT_THROW(writer.list_sequences(), PermissionDeniedError);
  EXPECT_THROW(writer.sequence_handler("drive"), PermissionDeniedError);
  EXPECT_THROW(writer.sequence_delete("drive"), PermissionDeniedError);

  auto reader = connect({.api_key = make_key({.read = true, .write = false, .erase = false})});
  EXPECT_EQ(count_rows(reader, "drive"), 1'000);
  EXPECT_EQ(reader.list_sequences().sequences.size(), 1U);
  EXPECT_THROW(reader.sequence_create("other"), PermissionDeniedError);
  EXPECT_THROW(reader.sequence_delete("drive"), PermissionDeniedError);
  EXPECT_THROW(reader.clear_sequence_notifications("drive"), PermissionDeniedError);

  auto deleter = connect({.api_key = make_key({.read = false, .write = false, .erase = true})});
  EXPECT_THROW(deleter.sequence_handler("drive"), PermissionDeniedError);
  EXPECT_THROW(deleter.sequence_delete("drive"), LockedError);  // Finalized: past the right.
  EXPECT_NO_THROW(deleter.clear_sequence_notifications("drive"));
}

// A recording that runs is not broken off; what it starts afterwards is refused.
TEST_F(SecureServer, ARevokedKeyStartsNothingMore) {
  start(true);
  const std::string key = make_key(kAll);
  auto client = connect({.api_key = key});
  auto sequence = client.sequence_create("drive");
  auto topic = sequence.topic_create<Numbered>("t");
  topic.push(Numbered{.number = 0}, 0);
  topic.flush();
  core::throw_if_error(keys_->revoke_api_key(key.substr(key.size() - 8)));
  topic.push(Numbered{.number = 1}, 1);
  topic.flush();
  EXPECT_EQ(topic.stats().acknowledged_rows, 2);
  EXPECT_THROW(sequence.topic_create<Numbered>("u"), UnauthenticatedError);
  EXPECT_THROW(sequence.close(), UnauthenticatedError);
}

TEST_F(SecureServer, RecordsAndReadsOverTls) {
  if (!start_with_tls("localhost", true)) GTEST_SKIP() << "there is no program openssl";
  const ClientConfig config{.api_key = make_key(kAll), .tls_root_certs = files_.certificate};
  auto client = connect(config);
  record(client, "drive");
  EXPECT_EQ(count_rows(client, "drive"), 1'000);
  auto by_name = MosaicoClient::connect("localhost", service_->port(), config);
  EXPECT_EQ(by_name.info().server, "mosaico-cpp");
  EXPECT_THROW(connect({.tls_root_certs = files_.certificate}), UnauthenticatedError);
}

TEST_F(SecureServer, TheEnvironmentFillsWhatTheConfigLeavesOpen) {
  if (!start_with_tls("localhost", true)) GTEST_SKIP() << "there is no program openssl";
  const int port = service_->port();
  ::setenv("MOSAICO_TLS_CERT_FILE", files_.certificate.c_str(), 1);
  EXPECT_THROW(MosaicoClient::from_env("localhost", port), UnauthenticatedError);
  ::setenv("MOSAICO_API_KEY", make_key({.read = true, .write = false, .erase = false}).c_str(), 1);
  auto reader = MosaicoClient::from_env("localhost", port);
  EXPECT_NO_THROW(reader.list_sequences());
  EXPECT_THROW(reader.sequence_create("drive"), PermissionDeniedError);
  auto writer = MosaicoClient::from_env(
      "localhost", port, {.api_key = make_key({.read = false, .write = true, .erase = false})});
  EXPECT_NO_THROW(writer.sequence_create("drive").abort());
  // connect() looks at nothing but its config.
  EXPECT_THROW(MosaicoClient::connect("localhost", port, {.connect_timeout = {}}),
               UnavailableError);
}

TEST_F(SecureServer, AClientWithoutTlsIsToldOfIt) {
  for (const bool with_keys : {false, true}) {
    if (!start_with_tls("localhost", with_keys)) GTEST_SKIP() << "there is no program openssl";
    const auto try_it = [&] { connect({.connect_timeout = {}}); };
    EXPECT_THROW(try_it(), UnavailableError);
    EXPECT_THAT(thrown_text(try_it), HasSubstr("the server speaks TLS"));
    service_->stop({});
  }
}

TEST_F(SecureServer, AClientWithTlsIsToldThatTheServerHasNone) {
  start(false);
  const auto try_it = [&] { connect({.connect_timeout = {}, .enable_tls = true}); };
  EXPECT_THROW(try_it(), UnavailableError);
  EXPECT_THAT(thrown_text(try_it), HasSubstr("the server speaks without TLS"));
}

TEST_F(SecureServer, ACertificateThatIsNotTrustedIsToldAsSuch) {
  if (!start_with_tls()) GTEST_SKIP() << "there is no program openssl";
  const auto other = make_certificate(directory_.path(), "other");
  ASSERT_TRUE(other);
  const auto with_roots = [&] {
    connect({.connect_timeout = {}, .tls_root_certs = other->certificate});
  };
  const auto with_system = [&] { connect({.connect_timeout = {}, .enable_tls = true}); };
  EXPECT_THROW(with_roots(), UnavailableError);
  EXPECT_THAT(thrown_text(with_roots), HasSubstr("not trusted"));
  EXPECT_THAT(thrown_text(with_system), HasSubstr("not trusted"));
}

TEST_F(SecureServer, ACertificateForAnotherHostIsToldAsSuch) {
  if (!start_with_tls("elsewhere.example")) GTEST_SKIP() << "there is no program openssl";
  const auto try_it = [&] {
    connect({.connect_timeout = {}, .tls_root_certs = files_.certificate});
  };
  EXPECT_THROW(try_it(), UnavailableError);
  EXPECT_THAT(thrown_text(try_it), HasSubstr("for another host"));
}

TEST_F(SecureServer, TheFileOfRootsMustBeOne) {
  start(false);
  const std::string path = directory_.path() / "roots.pem";
  const auto try_it = [&] { connect({.tls_root_certs = path}); };
  EXPECT_THROW(try_it(), NotFoundError);
  EXPECT_THAT(thrown_text(try_it), HasSubstr(path));
  std::ofstream(path) << "nonsense";
  EXPECT_THROW(try_it(), InvalidError);
  EXPECT_THROW(connect({.tls_root_certs = directory_.path()}), IoError);
}

TEST_F(SecureServer, NobodyListeningStaysWhatItIs) {
  start(false);
  const int port = service_->port();
  service_->stop({});
  const auto try_it = [&] { MosaicoClient::connect("127.0.0.1", port, {.connect_timeout = {}}); };
  EXPECT_THROW(try_it(), UnavailableError);
  EXPECT_THAT(thrown_text(try_it), testing::Not(HasSubstr("TLS")));
}

}  // namespace
}  // namespace mosaico
