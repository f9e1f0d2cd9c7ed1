// `mosaicod key` as a process, alone and beside a server.
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/sqlite/migrations.hpp"
#include "flight_fixture.hpp"
#include "protocol/headers.hpp"
#include "server/access/token.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class KeyCommand : public testing::Test {
 protected:
  std::string store() const { return directory_.path() / "store"; }

  static Outcome run_bare(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "key");
    Process process(program_path("mosaicod"), std::move(arguments));
    auto output = process.read_output();
    return {process.wait(), std::move(output.out), std::move(output.err)};
  }
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", store()});
    return run_bare(std::move(arguments));
  }

  // A new key; its JSON.
  json create(const std::string& rights, const std::string& description = "test") const {
    const Outcome made =
        run({"create", "--description", description, "--rights", rights, "--json"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return json::parse(made.out);
  }

  std::vector<json> list() const {
    const Outcome listed = run({"list", "--json"});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    std::vector<json> keys;
    std::istringstream lines(listed.out);
    for (std::string line; std::getline(lines, line);) keys.push_back(json::parse(line));
    return keys;
  }

  const TemporaryDirectory directory_;
};

TEST_F(KeyCommand, MakesAKeyAndShowsItsTokenOnce) {
  const Outcome made = run({"create", "--description", "the rover", "--rights", "read,write"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string token = made.out.substr(0, made.out.size() - 1);
  EXPECT_EQ(made.out, token + "\n");  // Nothing else, for scripts.
  const auto fingerprint = fingerprint_of_token(token);
  ASSERT_NE(fingerprint, std::nullopt) << token;
  EXPECT_THAT(made.err, HasSubstr(*fingerprint));
  EXPECT_THAT(made.err, HasSubstr("read,write"));
  EXPECT_THAT(made.err, HasSubstr("never"));

  const Outcome listed = run({"list"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.out, HasSubstr(*fingerprint));
  EXPECT_THAT(listed.out, HasSubstr("the rover"));
  EXPECT_THAT(listed.out, Not(HasSubstr(token.substr(5, 32))));
}

TEST_F(KeyCommand, SpeaksJson) {
  const json made = create("delete,read", "a");
  EXPECT_EQ(made.at("rights"), json({"read", "delete"}));
  EXPECT_EQ(made.at("expires_at_ns"), nullptr);
  EXPECT_EQ(made.at("expired"), false);
  const Outcome passing = run({"create", "--description", "b", "--rights", "none", "--expires",
                               "2100-01-01T00:00:00Z", "--json"});
  EXPECT_EQ(json::parse(passing.out).at("expires_at_ns"), 4'102'444'800'000'000'000);
  const auto keys = list();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].at("fingerprint"), made.at("fingerprint"));
  EXPECT_EQ(keys[0].at("created_at_ns"), made.at("created_at_ns"));
  EXPECT_FALSE(keys[0].contains("token"));
  EXPECT_EQ(keys[1].at("description"), "b");
  EXPECT_EQ(keys[1].at("rights"), json::array());
  const Outcome revoked = run({"revoke", made.at("fingerprint"), "--json"});
  EXPECT_EQ(json::parse(revoked.out), json({{"revoked", made.at("fingerprint")}}));
  EXPECT_EQ(list().size(), 1U);
}

TEST_F(KeyCommand, TakesItsStoreFromTheConfigFileOfTheServer) {
  const auto config = directory_.path() / "mosaicod.toml";
  std::ofstream(config) << "store = \"" << store() << "\"\nport = 7000\nrequire-api-keys = true\n";
  create("read");
  const Outcome listed = run_bare({"list", "--config", config, "--json"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("\"test\""));
}

TEST_F(KeyCommand, EndsWithTwoAfterWrongUsage) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"make"},
      {"create"},
      {"create", "--description", "x"},
      {"create", "--description", "x", "--rights", "admin"},
      {"create", "--description", "", "--rights", "read"},
      {"create", "--description", "x", "--rights", "read", "--expires", "soon"},
      {"create", "--description", "x", "--rights", "read", "--expires", "2001-01-01"},
      {"revoke"},
      {"revoke", "12345678x"}};
  for (const auto& arguments : wrong) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err, "");
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(store()));
  EXPECT_EQ(run_bare({"list"}).exit_code, 2);
}

TEST_F(KeyCommand, WhatIsNotThereIsNotFound) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"list"}, {"revoke", "1e3af8e4"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(outcome.err, HasSubstr(store()));
  }
  EXPECT_FALSE(std::filesystem::exists(store()));
  create("read");
  EXPECT_EQ(run({"revoke", "00000000"}).exit_code, 3);
}

// The tables of a running older server must stay as they are.
TEST_F(KeyCommand, DoesNotMigrateACatalog) {
  using catalog::sqlite::Database;
  std::filesystem::create_directory(store());
  ASSERT_OK_AND_ASSIGN(const auto older, Database::open(store() + "/catalog.sqlite",
                                                        catalog::sqlite::Access::ReadWrite, 1'000));
  ASSERT_THAT(catalog::sqlite::migrate(older.get(), catalog::sqlite::migrations().first(2)),
              IsOk());
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"create", "--description", "x", "--rights", "read"},
                                             {"list"},
                                             {"revoke", "1e3af8e4"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_THAT(outcome.err, HasSubstr("version 2"));
  }
  EXPECT_EQ(core::value_or_throw(catalog::sqlite::schema_version(older.get())), 2);
}

TEST_F(KeyCommand, WorksBesideAServerAndAtOnce) {
  const json all = create("read,write,delete");
  Process server(program_path("mosaicod"),
                 {"--port", "0", "--store", store(), "--require-api-keys", "--log-level", "debug"});
  const std::string line = server.read_line();
  ASSERT_OK_AND_ASSIGN(
      const auto location,
      flight::Location::ForGrpcTcp("127.0.0.1", std::stoi(line.substr(line.rfind(':') + 1))));
  ASSERT_OK_AND_ASSIGN(const auto client, flight::FlightClient::Connect(location));
  const auto try_with = [&](const std::string& token, const std::string& action) -> Status {
    flight::FlightCallOptions options;
    options.headers.emplace_back(protocol::kApiKeyHeader, token);
    auto results = client->DoAction(options, {action, arrow::Buffer::FromString("{}")});
    return protocol::from_flight(results.ok() ? (*results)->Drain() : results.status());
  };
  EXPECT_THAT(protocol::from_flight(client->ListFlights().status()),
              FailsAs(ErrorKind::Unauthenticated));
  EXPECT_THAT(try_with(all.at("token"), "info"), IsOk());

  const json made = create("write");  // While the server runs.
  EXPECT_THAT(try_with(made.at("token"), "info"), IsOk());
  EXPECT_THAT(try_with(made.at("token"), "sequence_list"), FailsAs(ErrorKind::PermissionDenied));
  ASSERT_EQ(run({"revoke", made.at("fingerprint")}).exit_code, 0);
  EXPECT_THAT(try_with(made.at("token"), "info"), FailsAs(ErrorKind::Unauthenticated));
  EXPECT_THAT(try_with(all.at("token"), "sequence_list"), IsOk());

  server.kill(SIGTERM);
  const auto output = server.read_output();
  EXPECT_EQ(server.wait(), 0) << output.err;
  // Refusals are logged at this level, and tokens never.
  EXPECT_THAT(output.err, HasSubstr(made.at("fingerprint").get<std::string>()));
  for (const json& key : {all, made}) {
    EXPECT_THAT(output.err, Not(HasSubstr(key.at("token").get<std::string>().substr(5, 32))));
  }
}

TEST_F(KeyCommand, AServerWithoutAnyKeySaysSo) {
  Process server(program_path("mosaicod"),
                 {"--port", "0", "--store", store(), "--require-api-keys"});
  EXPECT_THAT(server.read_line(), HasSubstr("listening on"));
  server.kill(SIGTERM);
  const auto output = server.read_output();
  EXPECT_EQ(server.wait(), 0);
  EXPECT_THAT(output.err, HasSubstr("mosaicod key create"));
}

}  // namespace
}  // namespace mosaico::server
