// Recordings that go on: after their recorder was killed, and while their server is away.
#include <signal.h>

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/places.hpp"
#include "support/numbered.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

using testing::ElementsAre;

std::vector<std::int64_t> numbers_of(MosaicoClient& client, const std::string& topic) {
  std::vector<std::int64_t> numbers;
  for (const auto& message : client.topic_handler("drive", topic).value().get_data_streamer()) {
    numbers.push_back(message.get_data<Numbered>().value().number);
  }
  return numbers;
}

std::vector<std::int64_t> count_to(std::int64_t end) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(end));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

void push_range(TopicWriter& topic, std::int64_t first, std::int64_t last) {
  for (auto i = first; i < last; ++i) topic.push(Numbered{.number = i}, i);
}

// With a server or without one.
class Resume : public testing::TestWithParam<bool> {
 protected:
  Resume() {
    if (GetParam()) server_.emplace(store());
  }
  std::filesystem::path store() const { return directory_.path() / "store"; }

  // Leaves what a recorder of two topics leaves that is killed once so many rows are acknowledged.
  void record_and_kill(std::int64_t rows) {
    Process recorder(program_path("test_recorder"), {server_ ? server_->port() : store().string(),
                                                     "drive", "2", std::to_string(rows)});
    ASSERT_EQ(recorder.read_line(), "acknowledged");
    recorder.kill(SIGKILL);
    recorder.wait();
  }
  MosaicoClient client() {
    if (!server_) return MosaicoClient::open(store().string());
    return MosaicoClient::connect("127.0.0.1", std::stoi(server_->port()));
  }

  const TemporaryDirectory directory_;
  std::optional<RunningServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Every, Resume, testing::Bool(), [](const auto& with_server) {
  return std::string(with_server.param ? "flight" : "embedded");
});

TEST_P(Resume, WhatAKilledRecorderLeftIsReadableAndGoesOn) {
  record_and_kill(1'000);
  auto client = this->client();
  ASSERT_EQ(numbers_of(client, "t0"), count_to(1'000));
  EXPECT_EQ(client.list_sequences().sequences.at(0).state, SequenceState::Pending);
  {
    auto sequence = client.sequence_resume("drive");
    auto topic = sequence.topic_create<Numbered>("t0");
    EXPECT_EQ(topic.stats().resumed_rows, 1'000);
    push_range(topic, 1'000, 1'500);
    topic.flush();
    EXPECT_EQ(topic.stats().pushed_rows, 500);
    EXPECT_EQ(topic.stats().acknowledged_rows, 500);
    auto added = sequence.topic_create<Numbered>("added");
    push_range(added, 0, 3);
    EXPECT_THAT(sequence.list_topics(), ElementsAre("/t0", "/added"));
    sequence.close();
  }
  EXPECT_EQ(numbers_of(client, "t0"), count_to(1'500));
  EXPECT_EQ(numbers_of(client, "t1"), count_to(1'000));  // Nobody asked for it.
  EXPECT_EQ(numbers_of(client, "added"), count_to(3));
  EXPECT_EQ(client.list_sequences().sequences.at(0).state, SequenceState::Finalized);
}

TEST_P(Resume, ARecorderMayBeKilledAgain) {
  record_and_kill(400);
  record_and_kill(900);
  auto client = this->client();
  EXPECT_EQ(numbers_of(client, "t0"), count_to(900));
  client.sequence_resume("drive").close();
  EXPECT_EQ(numbers_of(client, "t1"), count_to(900));
  EXPECT_EQ(client.list_sequences().sequences.at(0).state, SequenceState::Finalized);
}

TEST_P(Resume, WhatWasLeftCanBeReportedOrAborted) {
  record_and_kill(10);
  auto client = this->client();
  client.sequence_resume("drive", {.on_error = OnErrorPolicy::Report}).fail("the robot fell");
  EXPECT_EQ(client.sequence_notifications("drive").at(0).message, "the robot fell");
  EXPECT_EQ(numbers_of(client, "t0"), count_to(10));
  client.sequence_resume("drive").abort();
  EXPECT_FALSE(client.sequence_handler("drive").has_value());
}

TEST_P(Resume, ATopicOfAnotherTypeIsRefused) {
  record_and_kill(10);
  auto client = this->client();
  auto sequence = client.sequence_resume("drive");
  EXPECT_THROW(sequence.topic_create<IMU>("t0"), InvalidError);
  auto topic = sequence.topic_create<Numbered>("t0");
  EXPECT_EQ(topic.stats().resumed_rows, 10);
  sequence.close();
}

TEST_P(Resume, OnlyWhatIsOpenAndLeftCanBeTakenOver) {
  auto client = this->client();
  EXPECT_THROW(client.sequence_resume("nothing"), NotFoundError);
  auto writer = client.sequence_create("drive");
  auto topic = writer.topic_create<Numbered>("t0");
  topic.push(Numbered{.number = 0}, 0);
  EXPECT_THROW(client.sequence_resume("drive"), LockedError);
  writer.close();
  EXPECT_THROW(client.sequence_resume("drive"), LockedError);
}

// --- The server is away for a while ---

class Reconnect : public testing::TestWithParam<int> {
 protected:
  const TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Every, Reconnect, testing::Values(SIGKILL, SIGTERM),
                         [](const auto& signal) {
                           return std::string(signal.param == SIGKILL ? "killed" : "stopped");
                         });

TEST_P(Reconnect, AWriterGoesOnWithTheServerThatComesBack) {
  auto server = std::make_unique<RunningServer>(directory_.path() / "store");
  const std::string port = server->port();
  auto client = MosaicoClient::connect("127.0.0.1", std::stoi(port));
  auto sequence = client.sequence_create("drive");
  auto first = sequence.topic_create<Numbered>("t0");
  auto second = sequence.topic_create<Numbered>("t1");
  push_range(first, 0, 1'000);
  first.flush();
  push_range(second, 0, 200);  // Of these some may be on their way.
  if (GetParam() == SIGKILL) {
    server->kill();
  } else {
    EXPECT_EQ(server->stop(), 0);
  }
  push_range(first, 1'000, 3'000);
  push_range(second, 200, 500);
  server.reset();
  server = std::make_unique<RunningServer>(directory_.path() / "store", port);
  first.flush();
  second.flush();
  EXPECT_EQ(first.stats().acknowledged_rows, 3'000);
  sequence.close();
  EXPECT_EQ(numbers_of(client, "t0"), count_to(3'000));
  EXPECT_EQ(numbers_of(client, "t1"), count_to(500));
}

}  // namespace
}  // namespace mosaico
