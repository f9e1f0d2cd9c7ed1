// What a bad network may do: connections between a client and mosaicod are cut, truncated, half
// closed and delayed, and afterwards everything is whole.
#include "proxy/fault_proxy.hpp"

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "mosaico/mosaico.hpp"
#include "recorder/row_check.hpp"
#include "support/numbered.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

constexpr int kFaultsOfRecordings = 200;
constexpr int kFaultsOfARecording = 25;
constexpr int kFaultsOfReaders = 60;
constexpr std::int64_t kFaultBytesMax = 4 << 20;
constexpr std::int64_t kUnacknowledgedRowsMax = 300;

// Its rows and batches are small enough that one now and then comes through between two faults.
constexpr std::array<LoadTopic, 4> kTopics = {{
    {.name = "tick", .burst_rows_max = 4},
    {.name = "imu", .burst_rows_max = 100, .payload_bytes = 100, .swapped = true},
    {.name = "camera", .burst_rows_max = 3, .payload_bytes = 30'000},
    {.name = "raw",
     .burst_rows_max = 2,
     .payload_bytes = 2'000,
     .large_every = 48,
     .large_bytes = 500'000},
}};

class FaultyNetwork : public testing::Test {
 protected:
  FaultyNetwork()
      : seed_(choose_seed()),
        server_(directory_.path() / "store"),
        proxy_(std::stoi(server_.port()), seed_) {}

  void TearDown() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::cout << "proxy: " << test->name() << ": " << to_string(proxy_.counts()) << "; again with: "
              << "MOSAICO_FAULT_SEED=" << seed_ << "\n"
              << std::flush;
  }

  MosaicoClient client_through_proxy(std::size_t connections = 4) {
    return MosaicoClient::connect("127.0.0.1", proxy_.port(), {.max_connections = connections});
  }
  MosaicoClient client() { return MosaicoClient::connect("127.0.0.1", std::stoi(server_.port())); }

  std::mt19937 random() const { return std::mt19937(seed_); }

 private:
  static unsigned choose_seed() {
    const char* text = std::getenv("MOSAICO_FAULT_SEED");
    return text == nullptr ? std::random_device()() : static_cast<unsigned>(std::stoul(text));
  }

  const TemporaryDirectory directory_;
  const unsigned seed_;
  RunningServer server_;

 protected:
  FaultProxy proxy_;
};

// --- Recordings ---

// Batches of a single row up to whole bursts.
WriterConfig config_of(std::mt19937& random) {
  constexpr std::array<std::size_t, 4> kBatchRows = {1, 7, 50, 32'768};
  WriterConfig config;
  config.on_error = OnErrorPolicy::Report;
  config.max_batch_size_records = kBatchRows.at(random() % kBatchRows.size());
  config.max_batch_size_bytes = 256 << 10;
  config.max_batch_age = std::chrono::milliseconds(20);
  config.reconnect_time = std::chrono::seconds(120);
  return config;
}

// Pushes rows of one topic until so many faults have been; gives their number.
std::int64_t push_rows(const LoadTopic& topic, TopicWriter writer, const FaultProxy& proxy,
                       int faults_end, unsigned seed) {
  std::mt19937 random(seed);
  std::int64_t next = 0;
  while (proxy.faults() < faults_end) {
    const auto burst_end = next + 1 + static_cast<std::int64_t>(random() % topic.burst_rows_max);
    for (; next < burst_end; ++next) {
      writer.push(load_row(topic, next), load_timestamp_ns(topic, next));
    }
    if (random() % 2 == 0 || next - writer.stats().acknowledged_rows > kUnacknowledgedRowsMax) {
      writer.flush();
      EXPECT_EQ(writer.stats().acknowledged_rows, next) << topic.name;
    }
  }
  return next;
}

TEST_F(FaultyNetwork, LeavesRecordingsWhole) {
  auto random = this->random();
  std::int64_t compared = 0;
  for (int i = 0; proxy_.faults() < kFaultsOfRecordings && !HasFailure(); ++i) {
    const std::string name = "drive" + std::to_string(i);
    auto recorder = client_through_proxy();
    auto sequence = recorder.sequence_create(name, {}, config_of(random));
    std::vector<TopicWriter> writers;
    for (const LoadTopic& topic : kTopics) {
      writers.push_back(sequence.topic_create<LoadRow>(topic.name));
    }
    proxy_.start_faults(kFaultBytesMax);
    const int faults_end = proxy_.faults() + kFaultsOfARecording;
    std::array<std::int64_t, kTopics.size()> pushed = {};
    {
      std::vector<std::jthread> threads;
      for (std::size_t t = 0; t < kTopics.size(); ++t) {
        threads.emplace_back([&, t, seed = static_cast<unsigned>(random())] {
          try {
            pushed.at(t) = push_rows(kTopics.at(t), writers.at(t), proxy_, faults_end, seed);
          } catch (const std::exception& error) {
            ADD_FAILURE() << kTopics.at(t).name << ": " << error.what();
          }
        });
      }
    }
    ASSERT_NO_THROW(sequence.close());  // Faults go on.
    proxy_.stop_faults();

    Acknowledged expected;
    for (std::size_t t = 0; t < kTopics.size(); ++t) expected[kTopics.at(t).name] = pushed.at(t);
    auto reader = client();
    EXPECT_EQ(reader.sequence_handler(name).value().sequence_info().state,
              SequenceState::Finalized);
    compared += check_rows(reader, name, kTopics, expected, Extent::Exactly);
  }
  std::cout << "proxy: " << compared << " rows compared" << "\n" << std::flush;
}

// --- Readers ---

// Topic, timestamp, number and bytes of each row.
using Rows = std::vector<std::tuple<std::string, std::int64_t, std::int64_t, std::size_t>>;

Rows read_all(MosaicoClient client) {
  Rows rows;
  auto stream = client.sequence_handler("drive").value().get_data_streamer();
  for (const auto& [topic, message] : stream) {
    const LoadRow row = message.get_data<LoadRow>().value();
    rows.emplace_back(topic, message.timestamp_ns(), row.number, row.payload.size());
  }
  return rows;
}

TEST_F(FaultyNetwork, NeverMakesAStreamShort) {
  auto direct = client();
  auto sequence = direct.sequence_create("drive");
  for (const LoadTopic& topic : kTopics) {
    auto writer = sequence.topic_create<LoadRow>(topic.name);
    const std::int64_t rows = topic.payload_bytes > 1'000 ? 20 : 2'000;
    for (std::int64_t i = 0; i < rows; ++i) {
      writer.push(load_row(topic, i), load_timestamp_ns(topic, i));
    }
  }
  sequence.close();
  const Rows all = read_all(direct);
  ASSERT_EQ(all.size(), 4'040U);

  proxy_.start_faults(kFaultBytesMax);
  int whole = 0;
  int failed = 0;
  while (proxy_.faults() < kFaultsOfReaders || whole == 0 || failed == 0) {
    try {
      EXPECT_TRUE(read_all(client_through_proxy()) == all) << "neither an error nor all rows";
      ++whole;
    } catch (const UnavailableError&) {
      ++failed;
    }
    if (HasFailure()) break;
  }
  std::cout << "proxy: " << whole << " streams whole, " << failed << " broken" << "\n"
            << std::flush;
}

// --- Actions ---

constexpr int kTrials = 40;

void push_numbers(TopicWriter topic, std::int64_t first, std::int64_t last) {
  for (auto i = first; i < last; ++i) topic.push(Numbered{.number = i}, i);
}

std::int64_t rows_of(MosaicoClient client, const std::string& sequence, const std::string& topic) {
  std::int64_t next = 0;
  for (const auto& message : client.topic_handler(sequence, topic).value().get_data_streamer()) {
    EXPECT_EQ(message.get_data<Numbered>().value().number, next++);
  }
  return next;
}

class FaultyAction : public FaultyNetwork {
 protected:
  // One fault that loses bytes, somewhere in the next so many.
  void break_within(unsigned bytes) {
    constexpr std::array<Fault, 3> kLossy = {Fault::Cut, Fault::Truncate, Fault::HalfClose};
    proxy_.break_after(random_() % bytes, kLossy.at(random_() % kLossy.size()));
  }
  SequenceState state_of(const std::string& sequence) {
    return client().sequence_handler(sequence).value().sequence_info().state;
  }

  std::mt19937 random_ = random();
};

TEST_F(FaultyAction, LeavesASequenceMadeOrNotMade) {
  int failed = 0;
  for (int i = 0; i < kTrials && !HasFailure(); ++i) {
    const std::string name = "drive" + std::to_string(i);
    auto recorder = client_through_proxy(1);
    break_within(2'000);
    try {
      recorder.record(name, {{"vehicle", 7}}, [&](SequenceWriter& sequence) {
        proxy_.stop_faults();
        push_numbers(sequence.topic_create<Numbered>("t"), 0, 3);
      });
      EXPECT_EQ(rows_of(client(), name, "t"), 3);
    } catch (const UnavailableError&) {
      proxy_.stop_faults();
      ++failed;
      auto direct = client();
      if (const auto left = direct.sequence_handler(name)) {
        EXPECT_EQ(left->user_metadata(), nlohmann::json({{"vehicle", 7}}));
        EXPECT_EQ(left->sequence_info().state, SequenceState::Pending);
        direct.sequence_delete(name);
      }
      EXPECT_NO_THROW(direct.sequence_create(name).abort());
    }
  }
  EXPECT_GT(failed, 0);
  EXPECT_LT(failed, kTrials);
}

TEST_F(FaultyAction, IsTriedAgainWhereATopicIsMade) {
  auto recorder = client_through_proxy(1);
  auto sequence = recorder.sequence_create("drive");
  for (int i = 0; i < kTrials && !HasFailure(); ++i) {
    break_within(1'000);
    auto topic = sequence.topic_create<Numbered>("t" + std::to_string(i));
    proxy_.stop_faults();
    push_numbers(topic, 0, 3);
    topic.finalize();
  }
  sequence.close();
  EXPECT_GT(proxy_.faults(), 0);
  EXPECT_EQ(state_of("drive"), SequenceState::Finalized);
  for (int i = 0; i < kTrials; ++i) {
    EXPECT_EQ(rows_of(client(), "drive", "t" + std::to_string(i)), 3);
  }
}

TEST_F(FaultyAction, IsTriedAgainWhereASequenceEnds) {
  for (int i = 0; i < kTrials / 4 && !HasFailure(); ++i) {
    const std::string name = "drive" + std::to_string(i);
    auto sequence = client_through_proxy(1).sequence_create(name);
    push_numbers(sequence.topic_create<Numbered>("t"), 0, 100);
    break_within(2'000);
    EXPECT_NO_THROW(sequence.close());
    proxy_.stop_faults();
    EXPECT_EQ(state_of(name), SequenceState::Finalized);
    EXPECT_EQ(rows_of(client(), name, "t"), 100);
  }
  EXPECT_GT(proxy_.faults(), 0);
}

}  // namespace
}  // namespace mosaico
