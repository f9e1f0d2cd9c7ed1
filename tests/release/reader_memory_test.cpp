// The reader's memory does not follow the length of a recording: it is streamed under a hard limit
// on the process that a few more megabytes would pass.
#include <sys/resource.h>

#include <fstream>
#include <new>
#include <random>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "mosaico/mosaico.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

constexpr std::size_t kBudgetBytes = 16U << 20;
constexpr std::size_t kBlobBytes = 64U << 10;
constexpr int kTopics = 8;
constexpr int kRowsOfTopic = 20 * static_cast<int>(kBudgetBytes / kBlobBytes) / kTopics;
// What is not the reader's budget: buffers of gRPC, stacks of threads, the allocator's own.
constexpr std::size_t kSlackBytes = 96U << 20;
static_assert(kBudgetBytes + kSlackBytes < 20 * kBudgetBytes / 2);

struct Blob {
  Bytes data = {};
};
MOSAICO_ONTOLOGY(Blob, "TestBlob", data)

void record(MosaicoClient client) {
  std::mt19937_64 random(1);
  std::vector<std::uint8_t> data(kBlobBytes);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  const Blob blob{.data = Bytes(std::move(data))};
  client.record("drive", {}, [&](SequenceWriter& sequence) {
    std::vector<TopicWriter> topics;
    for (int i = 0; i < kTopics; ++i) {
      topics.push_back(sequence.topic_create<Blob>("t" + std::to_string(i)));
    }
    for (int row = 0; row < kRowsOfTopic; ++row) {
      for (TopicWriter& topic : topics) topic.push(blob, row);
    }
  });
}

// Streams up to `end_ns`; the rows and bytes seen.
std::pair<int, std::size_t> stream(MosaicoClient& client, std::int64_t end_ns) {
  int rows = 0;
  std::size_t bytes = 0;
  auto streamer =
      client.sequence_handler("drive").value().get_data_streamer({.end_timestamp_ns = end_ns});
  for (const auto& [topic, message] : streamer) {
    ++rows;
    bytes += message.get_data<Blob>().value().data.size();
  }
  return {rows, bytes};
}

// Private writable memory of this process: what RLIMIT_DATA counts.
std::size_t data_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmData:")) return std::stoull(line.substr(7)) << 10;
  }
  throw std::runtime_error("no VmData");
}

TEST(ReaderMemory, TwentyTimesTheBudgetStreamsUnderAHardLimit) {
  const TemporaryDirectory directory;
  RunningServer server(directory.path() / "store");
  const int port = std::stoi(server.port());
  record(MosaicoClient::connect("127.0.0.1", port));

  auto client = MosaicoClient::connect("127.0.0.1", port, {.reader_budget_bytes = kBudgetBytes});
  stream(client, 10);  // Starts threads, loads what is loaded lazily.
  const rlimit limit{.rlim_cur = data_bytes() + kBudgetBytes + kSlackBytes,
                     .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_DATA, &limit), 0);
  const auto [rows, bytes] = stream(client, kRowsOfTopic);
  EXPECT_EQ(rows, kTopics * kRowsOfTopic);
  EXPECT_EQ(bytes, 20 * kBudgetBytes);
  // That the limit is one: half of the recording does not fit.
  std::vector<std::uint8_t> kept;
  EXPECT_THROW(kept.resize(20 * kBudgetBytes / 2), std::bad_alloc);
}

}  // namespace
}  // namespace mosaico
