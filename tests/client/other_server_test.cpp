// Recording on a server that speaks the published protocol and nothing more.
#include <arrow/flight/server.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <iomanip>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "client/places.hpp"
#include "core/json.hpp"
#include "protocol/actions.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {
namespace {

namespace flight = arrow::flight;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kUuid = "0b6f7d1e-2c3a-4f5b-8a9d-0e1f2a3b4c5d";

// Answers the actions of a recording, keeps what arrives, and acknowledges nothing.
class PublishedServer final : public flight::FlightServerBase {
 public:
  core::Status start() {
    ARROW_ASSIGN_OR_RAISE(const auto location, flight::Location::ForGrpcTcp("127.0.0.1", 0));
    return Init(flight::FlightServerOptions(location));
  }
  std::vector<std::string> calls() const {
    const std::lock_guard guard(mutex_);
    return calls_;
  }
  json put_command() const {
    const std::lock_guard guard(mutex_);
    return put_command_;
  }
  std::int64_t rows() const {
    const std::lock_guard guard(mutex_);
    return rows_;
  }
  void fail_uploads() {
    const std::lock_guard guard(mutex_);
    fails_uploads_ = true;
  }

  core::Status DoAction(const flight::ServerCallContext&, const flight::Action& action,
                        std::unique_ptr<flight::ResultStream>* results) override {
    const std::map<std::string, json> answers = {
        {"info",
         {{"version", "0.7.0"},
          {"semver", {{"major", 0}, {"minor", 7}, {"patch", 0}, {"pre", nullptr}}},
          {"config",
           {{"grpc_max_decode_message_size", 50 << 20},
            {"grpc_max_encode_message_size", 50 << 20},
            {"grpc_target_encode_message_size", 25 << 20}}}}},
        {"sequence_create", nullptr},
        {"session_create", {{"uuid", kUuid}, {"locator", "run:01ARZ3NDEKTSV4RRFFQ69G5FAV"}}},
        {"topic_create", {{"uuid", kUuid}}},
        {"session_finalize", nullptr},
        {"session_delete", nullptr},
        {"sequence_delete", nullptr},
        {"topic_notification_create", nullptr},
        {"sequence_notification_create", nullptr}};
    const auto answer = answers.find(action.type);
    const std::lock_guard guard(mutex_);
    if (action.type != "info") calls_.push_back(action.type);
    if (answer == answers.end()) return core::Status::NotImplemented("unknown action");
    std::vector<flight::Result> list(1);
    list[0].body = arrow::Buffer::FromString(protocol::wrap_answer(action.type, answer->second));
    *results = std::make_unique<flight::SimpleResultStream>(std::move(list));
    return core::Status::OK();
  }

  core::Status DoPut(const flight::ServerCallContext&,
                     std::unique_ptr<flight::FlightMessageReader> reader,
                     std::unique_ptr<flight::FlightMetadataWriter>) override {
    {
      const std::lock_guard guard(mutex_);
      put_command_ = json::parse(reader->descriptor().cmd);
      if (fails_uploads_) return core::Status::Invalid("no uploads today");
    }
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      const std::lock_guard guard(mutex_);
      if (chunk.data == nullptr) {
        calls_.emplace_back("end of upload");
        return core::Status::OK();
      }
      rows_ += chunk.data->num_rows();
    }
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> calls_;
  json put_command_;
  std::int64_t rows_ = 0;
  bool fails_uploads_ = false;
};

class OtherServer : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(server_.start(), IsOk());
    client_.emplace(MosaicoClient::connect("127.0.0.1", server_.port()));
  }
  void TearDown() override {
    client_.reset();
    EXPECT_THAT(server_.Shutdown(), IsOk());
  }

  PublishedServer server_;
  std::optional<MosaicoClient> client_;
};

TEST_F(OtherServer, RowsThatWereWrittenCountAsAcknowledged) {
  auto sequence = client_->sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  for (int i = 0; i < 1000; ++i) imu.push(imu_number(i), i);
  imu.flush();
  EXPECT_EQ(imu.stats().acknowledged_rows, 1000);
  EXPECT_FALSE(server_.put_command().contains("ack"));
  for (int i = 1000; i < 1500; ++i) imu.push(imu_number(i), i);
  sequence.close();
  EXPECT_EQ(server_.rows(), 1500);
  EXPECT_THAT(server_.calls(), ElementsAre("sequence_create", "session_create", "topic_create",
                                           "end of upload", "session_finalize"));
}

TEST_F(OtherServer, DeleteTakesTheStepsOfThePublishedClients) {
  auto sequence = client_->sequence_create("run");
  {
    auto imu = sequence.topic_create<IMU>("imu");
    imu.push(imu_number(0), 0);
    imu.flush();
  }
  sequence.fail("the robot fell over");
  auto calls = server_.calls();
  std::erase(calls, "end of upload");
  EXPECT_THAT(calls, ElementsAre("sequence_create", "session_create", "topic_create",
                                 "topic_notification_create", "session_delete", "sequence_delete"));
}

TEST_F(OtherServer, ReportFinalizesTheSession) {
  WriterConfig config;
  config.on_error = OnErrorPolicy::Report;
  auto sequence = client_->sequence_create("run", {}, config);
  sequence.topic_create<IMU>("imu").push(imu_number(0), 0);
  sequence.fail("the robot fell over");
  EXPECT_EQ(server_.rows(), 1);
  EXPECT_THAT(server_.calls(),
              ElementsAre("sequence_create", "session_create", "topic_create", "end of upload",
                          "sequence_notification_create", "session_finalize"));
}

TEST_F(OtherServer, AStreamThatBreaksFailsItsLaneAtOnce) {
  server_.fail_uploads();
  auto sequence = client_->sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  std::string text;
  try {
    while (true) {
      imu.push(imu_number(0), 0);
      imu.flush();
    }
  } catch (const InvalidError& error) {
    text = error.what();
  }
  EXPECT_THAT(text, HasSubstr("no uploads today"));
  sequence.abort();
}

TEST_F(OtherServer, WhatNeedsTheAdditionsIsUnsupported) {
  EXPECT_EQ(thrown_kind([&] { client_->sequence_resume("run"); }), ErrorKind::Unsupported);
  EXPECT_EQ(thrown_kind([&] { client_->list_sequences(); }), ErrorKind::Unsupported);
}

// Connections of this process to a port, from the system's tables.
int established_connections(int port) {
  std::ostringstream remote;
  remote << ':' << std::uppercase << std::hex << std::setw(4) << std::setfill('0') << port;
  int connections = 0;
  for (const char* const path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream table(path);
    for (std::string line; std::getline(table, line);) {
      std::istringstream words(line);
      std::string number;
      std::string local;
      std::string peer;
      std::string state;
      words >> number >> local >> peer >> state;
      if (peer.ends_with(remote.str()) && state == "01") ++connections;
    }
  }
  return connections;
}

TEST_F(OtherServer, ThereAreAsManyConnectionsAsWereAllowed) {
  client_.reset();
  for (const std::size_t connections : {1U, 3U}) {
    auto client =
        MosaicoClient::connect("127.0.0.1", server_.port(), {.max_connections = connections});
    for (int call = 0; call < 10; ++call) client.info();
    EXPECT_EQ(established_connections(server_.port()), static_cast<int>(connections));
    client.close();
  }
}

TEST(Connecting, GivesUpAfterConnectTimeout) {
  // Nobody listens on port 1.
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(thrown_kind([] {
              MosaicoClient::connect("127.0.0.1", 1,
                                     {.connect_timeout = std::chrono::milliseconds(50)});
            }),
            ErrorKind::Unavailable);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace mosaico
