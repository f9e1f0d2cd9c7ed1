// The tool on a server with API keys and TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "mosaico/client.hpp"
#include "support/certificate.hpp"
#include "support/numbered.hpp"
#include "support/temporary_directory.hpp"
#include "tool_run.hpp"

namespace mosaico {
namespace {

using testing::HasSubstr;
using testing::Not;

class SecureServer : public testing::Test {
 protected:
  void SetUp() override {
    const auto files = make_certificate(directory_.path());
    if (!files) GTEST_SKIP() << "there is no program openssl";
    certificate_ = files->certificate;
    server_.emplace(store(), "0",
                    std::vector<std::string>{"--require-api-keys", "--tls-cert", files->certificate,
                                             "--tls-key", files->key});
  }
  void TearDown() override {
    for (const char* name : {"MOSAICO_API_KEY", "MOSAICO_TLS_CERT_FILE"}) ::unsetenv(name);
  }

  std::string store() const { return directory_.path() / "store"; }

  std::string make_key(const std::string& rights) const {
    Process process(program_path("mosaicod"), {"key", "create", "--description", "test", "--rights",
                                               rights, "--store", store()});
    const std::string token = process.read_line();
    EXPECT_EQ(process.wait(), 0) << process.read_err();
    return token;
  }

  ToolResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--host", "127.0.0.1", "--port", server_->port()});
    return run_mosaico(arguments);
  }

  const TemporaryDirectory directory_;
  std::string certificate_;
  std::optional<RunningServer> server_;
};

TEST_F(SecureServer, IsReachedWithFlags) {
  const ToolResult listed =
      run({"--tls-cert", certificate_, "--api-key", make_key("read"), "ls", "--json"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
}

TEST_F(SecureServer, IsReachedThroughTheEnvironment) {
  ::setenv("MOSAICO_TLS_CERT_FILE", certificate_.c_str(), 1);
  ::setenv("MOSAICO_API_KEY", make_key("read").c_str(), 1);
  EXPECT_EQ(run({"ls"}).exit_code, 0);
}

TEST_F(SecureServer, TakesACopy) {
  const std::string source = directory_.path() / "source";
  MosaicoClient::open(source).record("drive", nlohmann::json::object(), [](auto& sequence) {
    sequence.template topic_create<Numbered>("t").push(Numbered{.number = 1}, 1);
  });
  const std::vector<std::string> push = {"--store", source, "push",
                                         "drive",   "--to", "127.0.0.1:" + server_->port()};
  const auto push_with = [&](const std::vector<std::string>& flags) {
    auto arguments = push;
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_mosaico(arguments);
  };
  EXPECT_THAT(push_with({}).err, HasSubstr("the server speaks TLS"));
  EXPECT_EQ(push_with({"--to-tls-cert", certificate_}).exit_code, 4);
  const ToolResult pushed =
      push_with({"--to-tls-cert", certificate_, "--to-api-key", make_key("read,write")});
  EXPECT_EQ(pushed.exit_code, 0) << pushed.err;
}

TEST_F(SecureServer, RefusesWithAHint) {
  const ToolResult without = run({"--tls-cert", certificate_, "ls"});
  EXPECT_EQ(without.exit_code, 4);
  EXPECT_THAT(without.err, HasSubstr("--api-key"));

  const std::string token = make_key("write");
  const ToolResult denied = run({"--tls-cert", certificate_, "--api-key", token, "ls"});
  EXPECT_EQ(denied.exit_code, 4);
  EXPECT_THAT(denied.err, HasSubstr("sequence_list needs: read"));
  EXPECT_THAT(denied.err, Not(HasSubstr(token)));

  const ToolResult absent = run({"--tls-cert", "/no/such/file", "ls"});
  EXPECT_EQ(absent.exit_code, 3);
  EXPECT_THAT(absent.err, HasSubstr("/no/such/file"));
}

TEST_F(SecureServer, SpeaksTlsAndTheToolSaysSo) {
  const ToolResult plain = run({"ls"});
  EXPECT_EQ(plain.exit_code, 1);
  EXPECT_THAT(plain.err, HasSubstr("the server speaks TLS"));
  EXPECT_THAT(plain.err, HasSubstr("--tls"));
  const ToolResult untrusted = run({"--tls", "ls"});
  EXPECT_EQ(untrusted.exit_code, 1);
  EXPECT_THAT(untrusted.err, HasSubstr("not trusted"));
}

}  // namespace
}  // namespace mosaico
