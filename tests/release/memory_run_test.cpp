// Many times as much as the server may hold: 64 topics, in small and in large batches, read while
// they are recorded, in a control group with a hard limit where one can be made.
// MOSAICO_MEMORY_RUN_BYTES makes the run longer; `make memory` takes 20 GiB.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "blob_recording.hpp"
#include "process_memory.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
// Of the server, by default: ingest, chunks being written, scans, merging small chunks.
constexpr std::size_t kBudgets = (256 + 96 + 256 + 192) * kMiB;
// The program, the stacks of its threads, and a message of each of 64 uploads on its way in.
constexpr std::size_t kBesides = 448 * kMiB;
constexpr std::size_t kLimit = kBudgets + kBesides;
constexpr int kTopicsOfASequence = 32;
constexpr int kWritersOfASequence = 4;

struct Kind {
  const char* sequence;
  std::size_t row_bytes;
  std::size_t batch_bytes;
};
constexpr Kind kKinds[] = {{"small", 1'000, 16'000}, {"large", 256'000, 4 * kMiB}};

std::size_t run_bytes() {
  const char* given = std::getenv("MOSAICO_MEMORY_RUN_BYTES");
  return given != nullptr ? std::stoull(given) : 1024 * kMiB;
}

std::int64_t rows_of_a_topic(const Kind& kind) {
  return static_cast<std::int64_t>(run_bytes() / 2 / kTopicsOfASequence / kind.row_bytes);
}

// A control group of one process, of either version, whose memory the kernel limits.
class LimitedGroup {
 public:
  LimitedGroup(pid_t pid, std::size_t bytes) {
    const std::filesystem::path root = "/sys/fs/cgroup";
    const bool is_first_version = std::filesystem::exists(root / "memory/memory.limit_in_bytes");
    path_ = (is_first_version ? root / "memory" : root) / ("mosaico-test-" + std::to_string(pid));
    std::error_code failure;
    std::filesystem::create_directory(path_, failure);
    holds_ = write(is_first_version ? "memory.limit_in_bytes" : "memory.max", bytes) &&
             write("cgroup.procs", static_cast<std::size_t>(pid));
  }
  LimitedGroup(const LimitedGroup&) = delete;
  LimitedGroup& operator=(const LimitedGroup&) = delete;
  // The process must have ended.
  ~LimitedGroup() { ::rmdir(path_.c_str()); }

  bool holds() const { return holds_; }

 private:
  bool write(const char* file, std::size_t value) const {
    if (!std::filesystem::exists(path_ / file)) return false;
    std::ofstream out(path_ / file);
    out << value << std::flush;
    return out.good();
  }

  std::filesystem::path path_;
  bool holds_ = false;
};

class MemoryRun : public testing::Test {
 protected:
  void record(const Kind& kind) {
    client_.record(kind.sequence, {},
                   [&kind](SequenceWriter& sequence) {
                     std::mt19937_64 random(1);
                     std::vector<std::uint8_t> data(kind.row_bytes);
                     for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
                     const Blob blob{.data = Bytes(std::move(data))};
                     std::vector<TopicWriter> topics;
                     for (int i = 0; i < kTopicsOfASequence; ++i) {
                       topics.push_back(sequence.topic_create<Blob>("t" + std::to_string(i)));
                     }
                     std::vector<std::thread> writers;
                     for (int writer = 0; writer < kWritersOfASequence; ++writer) {
                       writers.emplace_back([&, writer] {
                         for (std::int64_t row = 0; row < rows_of_a_topic(kind); ++row) {
                           for (int i = writer; i < kTopicsOfASequence; i += kWritersOfASequence) {
                             topics[static_cast<std::size_t>(i)].push(blob, row);
                           }
                         }
                       });
                     }
                     for (std::thread& writer : writers) writer.join();
                   },
                   {.max_batch_size_bytes = kind.batch_bytes});
  }

  // Reads all topics, from their beginning, until nothing is recorded any more.
  void read_beside(const Kind& kind) {
    while (recording_) {
      const auto sequence = client_.sequence_handler(kind.sequence);
      if (!sequence || sequence->topics().size() < kTopicsOfASequence) continue;
      std::vector<std::int64_t> next(kTopicsOfASequence);
      for (const auto& [topic, message] : sequence->get_data_streamer()) {
        // Each topic without gap or double.
        ASSERT_EQ(message.timestamp_ns(), next[std::stoul(std::string(topic.substr(2)))]++);
        if (!recording_) return;
      }
    }
  }

  const TemporaryDirectory directory_;
  RunningServer server_{directory_.path() / "store"};
  MosaicoClient client_ = MosaicoClient::connect("127.0.0.1", std::stoi(server_.port()));
  std::atomic<bool> recording_ = true;
};

TEST_F(MemoryRun, StaysInsideTheBudgets) {
  const LimitedGroup group(server_.pid(), kLimit);
  std::vector<std::thread> readers;
  for (const Kind& kind : kKinds) readers.emplace_back([this, &kind] { read_beside(kind); });
  std::vector<std::thread> recorders;
  for (const Kind& kind : kKinds) recorders.emplace_back([this, &kind] { record(kind); });
  for (std::thread& recorder : recorders) recorder.join();
  recording_ = false;
  for (std::thread& reader : readers) reader.join();

  // One who stops reading, beside those who read.
  auto stopped = client_.sequence_handler("large")->get_data_streamer();
  ASSERT_TRUE(stopped.next().has_value());
  for (const Kind& kind : kKinds) {
    const auto sequence = client_.sequence_handler(kind.sequence);
    for (const std::string& topic : sequence->topics()) {
      EXPECT_EQ(sequence->get_topic_handler(topic)->topic_info().total_rows, rows_of_a_topic(kind));
    }
    std::int64_t rows = 0;
    auto stream = sequence->get_data_streamer({.topics = {"t0", "t1", "t2", "t3"}});
    for ([[maybe_unused]] const auto& entry : stream) ++rows;
    EXPECT_EQ(rows, 4 * rows_of_a_topic(kind));
  }
  const std::size_t peak = memory_of(server_.pid(), "VmHWM");
  std::cout << (run_bytes() >> 20) << " MiB recorded and read; the server's memory: peak "
            << peak / kMiB << " MiB, now " << memory_of(server_.pid(), "VmRSS") / kMiB
            << " MiB; budgets " << kBudgets / kMiB << " MiB, limit " << kLimit / kMiB << " MiB, "
            << (group.holds() ? "" : "not ") << "held by the kernel\n";
  RecordProperty("peak_bytes", std::to_string(peak));
  EXPECT_LE(peak, kLimit);
  stopped.close();
  EXPECT_EQ(server_.stop(), 0);
}

}  // namespace
}  // namespace mosaico
