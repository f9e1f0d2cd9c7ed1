// The server as a process.
#include <signal.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flight_fixture.hpp"
#include "support/process.hpp"
#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

using testing::HasSubstr;

class Server : public Process {
 public:
  explicit Server(std::vector<std::string> arguments)
      : Process(program_path("mosaicod"), std::move(arguments)) {}
};

class Mosaicod : public testing::Test {
 protected:
  std::string store() const { return directory_.path() / "store"; }

  static std::string port_of(const std::string& line) {
    EXPECT_THAT(line, testing::MatchesRegex("listening on 127\\.0\\.0\\.1:[0-9]+"));
    return line.substr(line.rfind(':') + 1);
  }

  static Result<std::unique_ptr<flight::FlightClient>> connect(const std::string& port) {
    ARROW_ASSIGN_OR_RAISE(const auto location,
                          flight::Location::ForGrpcTcp("127.0.0.1", std::stoi(port)));
    return flight::FlightClient::Connect(location);
  }

  const TemporaryDirectory directory_;
};

TEST_F(Mosaicod, ListensServesAndStopsAtSigterm) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Server process({"--port", "0", "--store", store()});
    const std::string port = port_of(process.read_line());
    ASSERT_OK_AND_ASSIGN(const auto client, connect(port));
    ASSERT_OK_AND_ASSIGN(const auto results,
                         client->DoAction({"version", arrow::Buffer::FromString("{}")}));
    EXPECT_THAT(results->Drain(), IsOk());
    process.kill(signal);
    EXPECT_EQ(process.wait(), 0) << process.read_err();
    EXPECT_EQ(process.read_out(), "");
  }
}

TEST_F(Mosaicod, BreaksOpenUploadsAfterTheGrace) {
  Server process({"--port", "0", "--store", store(), "--shutdown-grace-ms", "50"});
  ASSERT_OK_AND_ASSIGN(const auto client, connect(port_of(process.read_line())));
  const auto act = [&](const std::string& action, const std::string& body) {
    auto results = client->DoAction({action, arrow::Buffer::FromString(body)}).ValueOrDie();
    return json::parse(results->Next().ValueOrDie()->body->ToString()).at("response");
  };
  act("sequence_create", R"({"locator": "run1", "user_metadata": {}})");
  const json session = act("session_create", R"({"locator": "run1"})");
  const json topic = act("topic_create", json({{"session_uuid", session.at("uuid")},
                                               {"locator", "run1/imu"},
                                               {"serialization_format", "default"},
                                               {"ontology_tag", "IMU"},
                                               {"user_metadata", json::object()}})
                                             .dump());
  const std::string command =
      json({{"resource_locator", "run1/imu"}, {"topic_uuid", topic.at("uuid")}}).dump();
  ASSERT_OK_AND_ASSIGN(auto stream,
                       client->DoPut(flight::FlightDescriptor::Command(command), small_schema()));
  ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1})), IsOk());
  process.kill(SIGTERM);
  EXPECT_EQ(process.wait(), 0) << process.read_err();
  EXPECT_FALSE(stream.writer->Close().ok());
}

TEST_F(Mosaicod, NamesThePortFlagWhenThePortIsTaken) {
  Server first({"--port", "0", "--store", store()});
  const std::string port = port_of(first.read_line());
  Server second({"--port", port, "--store", store() + "2"});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.read_err(), HasSubstr("--port"));
  EXPECT_EQ(second.read_out(), "");
}

TEST_F(Mosaicod, RefusesAStoreThatAnotherProcessOwns) {
  Server first({"--port", "0", "--store", store()});
  port_of(first.read_line());
  Server second({"--port", "0", "--store", store()});
  EXPECT_EQ(second.wait(), 4);
  EXPECT_THAT(second.read_err(), HasSubstr(store()));
}

TEST_F(Mosaicod, NamesTheCertificateThatIsMissingOrUnfitting) {
  const std::string absent = directory_.path() / "absent.pem";
  Server missing({"--port", "0", "--store", store(), "--tls-cert", absent, "--tls-key", absent});
  EXPECT_EQ(missing.wait(), 3);
  EXPECT_THAT(missing.read_err(), HasSubstr(absent));
  const std::string text = directory_.path() / "text.pem";
  std::ofstream(text) << "nonsense";
  Server unfitting({"--port", "0", "--store", store(), "--tls-cert", text, "--tls-key", text});
  EXPECT_EQ(unfitting.wait(), 1);
  EXPECT_THAT(unfitting.read_err(), HasSubstr("no certificate in PEM form"));
}

TEST_F(Mosaicod, ShowsEveryLimitInItsHelp) {
  Server process({"--help"});
  const std::string help = process.read_out();
  EXPECT_EQ(process.wait(), 0);
  for (const char* flag : {"--host",
                           "--port",
                           "--store",
                           "--catalog",
                           "--config",
                           "--allow-delete-finalized",
                           "--require-api-keys",
                           "--tls-cert",
                           "--tls-key",
                           "--max-decode-bytes",
                           "--max-encode-bytes",
                           "--target-encode-bytes",
                           "--max-record-bytes",
                           "--ingest-memory-bytes",
                           "--chunk-memory-bytes",
                           "--compaction",
                           "--compaction-memory-bytes",
                           "--chunk-age-ms",
                           "--min-free-bytes",
                           "--scan-memory-bytes",
                           "--query-memory-bytes",
                           "--group-commit-ms",
                           "--chunk-bytes",
                           "--chunk-rows",
                           "--row-group-bytes",
                           "--json-bytes",
                           "--name-bytes",
                           "--user-metadata-bytes",
                           "--row-group-rows",
                           "--shutdown-grace-ms",
                           "32MiB",
                           "256MiB",
                           "MOSAICO_PORT"}) {
    EXPECT_THAT(help, HasSubstr(flag));
  }
}

TEST_F(Mosaicod, TellsItsVersion) {
  Server process({"--version"});
  EXPECT_THAT(process.read_out(), testing::StartsWith("mosaicod "));
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(Mosaicod, EndsWithTwoAfterWrongUsage) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"--store"},
                                             {"--store", store(), "--nonsense"},
                                             {"--store", store(), "stray"},
                                             {"--store", store(), "--max-decode-bytes", "1MiB"}}) {
    Server process(arguments);
    EXPECT_EQ(process.wait(), 2);
    EXPECT_NE(process.read_err(), "");
  }
}

TEST_F(Mosaicod, SaysWhatThisBuildDoesNotOffer) {
  Server bucket({"--store", "s3://bucket/prefix"});
  EXPECT_EQ(bucket.wait(), 1);
  EXPECT_THAT(bucket.read_err(), HasSubstr("not supported by this build yet"));
  Server database({"--store", store(), "--catalog", "postgresql://localhost/mosaico"});
  EXPECT_EQ(database.wait(), 1);
  EXPECT_THAT(database.read_err(), HasSubstr("not supported by this build yet"));
}

}  // namespace
}  // namespace mosaico::server
