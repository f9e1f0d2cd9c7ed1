#include "server/flags.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

class Flags : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }

  void set_variable(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }

  std::string write_config(const std::string& text) {
    const auto path = directory_.path() / "mosaicod.toml";
    std::ofstream(path) << text;
    return path;
  }

  ServerOptions parse(const std::vector<std::string>& arguments) {
    ServerOptions options;
    CLI::App app;
    add_flags(app, options);
    app.parse(with_environment(app, arguments));
    return options;
  }

  const TemporaryDirectory directory_;
  std::vector<std::string> variables_;
};

TEST_F(Flags, HaveTheDocumentedDefaults) {
  const ServerOptions options = parse({"--store", "dir"});
  EXPECT_EQ(options.service.host, "127.0.0.1");
  EXPECT_EQ(options.service.port, 6726);
  EXPECT_EQ(options.store, "dir");
  EXPECT_FALSE(options.engine.allow_delete_finalized);
  EXPECT_FALSE(options.require_api_keys);
  EXPECT_EQ(options.tls_cert, "");
  EXPECT_EQ(options.service.limits.max_decode_bytes, 32 << 20);
  EXPECT_EQ(options.service.limits.max_record_bytes, 256 << 20);
  EXPECT_EQ(options.service.json_bytes_max, 1 << 20);
  EXPECT_EQ(options.engine.name_bytes_max, 255);
  EXPECT_EQ(options.engine.user_metadata_bytes_max, 256 << 10);
  EXPECT_EQ(options.engine.ingest_memory_bytes, 256 << 20);
  EXPECT_EQ(options.engine.scan_memory_bytes, 256 << 20);
  EXPECT_EQ(options.engine.query_memory_bytes, 256 << 20);
  EXPECT_EQ(options.engine.group_commit, std::chrono::milliseconds(20));
  EXPECT_EQ(options.engine.chunk_bytes, 64 << 20);
  EXPECT_EQ(options.engine.chunk_rows, 1'000'000);
  EXPECT_EQ(options.shutdown_grace, std::chrono::seconds(5));
  EXPECT_THAT(validate(options), IsOk());
}

TEST_F(Flags, WinOverTheEnvironmentAndThatOverTheFile) {
  const std::string config = write_config("store = \"from_file\"\nport = 1\nhost = \"file\"\n");
  set_variable("MOSAICO_PORT", "2");
  set_variable("MOSAICO_HOST", "environment");
  const ServerOptions options = parse({"--config", config, "--port", "3"});
  EXPECT_EQ(options.service.port, 3);
  EXPECT_EQ(options.service.host, "environment");
  EXPECT_EQ(options.store, "from_file");
}

TEST_F(Flags, AreTakenFromTheEnvironmentAlone) {
  set_variable("MOSAICO_CONFIG", write_config("allow-delete-finalized = true\n"));
  set_variable("MOSAICO_STORE", "dir");
  set_variable("MOSAICO_MAX_RECORD_BYTES", "64MiB");
  set_variable("MOSAICO_GROUP_COMMIT_MS", "7");
  const ServerOptions options = parse({});
  EXPECT_TRUE(options.engine.allow_delete_finalized);
  EXPECT_EQ(options.service.limits.max_record_bytes, 64 << 20);
  EXPECT_EQ(options.engine.group_commit, std::chrono::milliseconds(7));
}

TEST_F(Flags, OfTheEnvironmentCanBeTakenBack) {
  set_variable("MOSAICO_ALLOW_DELETE_FINALIZED", "true");
  EXPECT_TRUE(parse({"--store", "dir"}).engine.allow_delete_finalized);
  EXPECT_FALSE(
      parse({"--store", "dir", "--allow-delete-finalized=false"}).engine.allow_delete_finalized);
}

TEST_F(Flags, RefuseWhatTheyDoNotKnow) {
  EXPECT_THROW(parse({}), CLI::ParseError);
  EXPECT_THROW(parse({"--store", "dir", "--prot", "1"}), CLI::ParseError);
  EXPECT_THROW(parse({"--store", "dir", "--port", "65536"}), CLI::ParseError);
  EXPECT_THROW(parse({"--store", "dir", "--max-decode-bytes", "many"}), CLI::ParseError);
  EXPECT_THROW(parse({"--store", "dir", "--chunk-rows", "0"}), CLI::ParseError);
  EXPECT_EQ(parse({"--store", "dir", "--min-free-bytes", "0"}).engine.min_free_bytes, 0);
  EXPECT_THROW(parse({"--store", "dir", "--config", "/no/such/file"}), CLI::ParseError);
  EXPECT_THROW(parse({"--store", "dir", "--config", write_config("prot = 1\n")}), CLI::ParseError);
}

TEST_F(Flags, OfSmallChunks) {
  const auto defaults = parse({"--store", "dir"}).engine;
  EXPECT_TRUE(defaults.compaction);
  EXPECT_EQ(defaults.chunk_age.count(), 0);
  const std::string config = write_config("compaction = false\nchunk-age-ms = 250\n");
  const auto set = parse({"--store", "dir", "--config", config}).engine;
  EXPECT_FALSE(set.compaction);
  EXPECT_EQ(set.chunk_age, std::chrono::milliseconds(250));
  EXPECT_TRUE(
      parse({"--store", "dir", "--config", config, "--compaction", "on"}).engine.compaction);
  EXPECT_FALSE(parse({"--store", "dir", "--compaction", "off"}).engine.compaction);
  EXPECT_THROW(parse({"--store", "dir", "--compaction", "perhaps"}), CLI::ParseError);
  EXPECT_THROW(parse({"--store", "dir", "--chunk-age-ms", "-1"}), CLI::ParseError);
}

TEST_F(Flags, OfKeysAndTls) {
  set_variable("MOSAICO_REQUIRE_API_KEYS", "true");
  set_variable("MOSAICO_TLS_KEY", "key.pem");
  const std::string config = write_config("tls-cert = \"cert.pem\"\n");
  const ServerOptions options = parse({"--store", "dir", "--config", config});
  EXPECT_TRUE(options.require_api_keys);
  EXPECT_EQ(options.tls_cert, "cert.pem");
  EXPECT_EQ(options.tls_key, "key.pem");
  EXPECT_THAT(validate(options), IsOk());
}

TEST_F(Flags, RefuseHalfAnIdentity) {
  EXPECT_THAT(validate(parse({"--store", "dir", "--tls-cert", "f"})), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(validate(parse({"--store", "dir", "--tls-key", "f"})), FailsAs(ErrorKind::Invalid));
}

TEST_F(Flags, RefuseLimitsThatCannotWork) {
  const auto with = [&](const std::string& flag, const std::string& value) {
    return validate(parse({"--store", "dir", flag, value}));
  };
  EXPECT_THAT(with("--max-decode-bytes", "16MiB"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--max-decode-bytes", "17MiB"), IsOk());
  EXPECT_THAT(with("--max-encode-bytes", "513MiB"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--target-encode-bytes", "33MiB"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--max-record-bytes", "2GiB"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--ingest-memory-bytes", "64MiB"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--name-bytes", "255"), IsOk());
  EXPECT_THAT(with("--name-bytes", "256"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--json-bytes", "18MiB"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(with("--json-bytes", "128KiB"), FailsAs(ErrorKind::Invalid))
      << "smaller than the metadata in it";
  EXPECT_THAT(with("--user-metadata-bytes", "2MiB"), FailsAs(ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::server
