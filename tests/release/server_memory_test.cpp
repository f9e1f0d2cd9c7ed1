// A server that has served much goes back to little memory.
#include <fstream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "blob_recording.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

// Of a process, as the kernel tells it: VmRSS (now) or VmHWM (the most there was).
std::size_t memory_of(pid_t pid, const std::string& what) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what + ":")) return std::stoull(line.substr(what.size() + 1)) << 10;
  }
  throw std::runtime_error("no " + what);
}

TEST(ServerMemory, StaysInsideItsBudgetsWhileItServesManyTimesAsMuch) {
  constexpr int kRecordings = 2;
  constexpr int kPasses = 2;
  // Ingest and scans may take 256 MiB each; the rest is the program itself.
  constexpr std::size_t kBytesMax = (2 * 256U + 128U) << 20;
  static_assert(kBytesMax < kRecordings * kBlobRecordingBytes * (1 + kPasses) / 4);
  const TemporaryDirectory directory;
  RunningServer server(directory.path() / "store");
  auto client = MosaicoClient::connect("127.0.0.1", std::stoi(server.port()));
  for (int i = 0; i < kRecordings; ++i) record_blobs(client, "drive" + std::to_string(i));
  for (int pass = 0; pass < kPasses; ++pass) {
    for (int i = 0; i < kRecordings; ++i) {
      ASSERT_EQ(stream_blobs(client, "drive" + std::to_string(i)), kBlobRecordingBytes);
    }
  }
  EXPECT_LE(memory_of(server.pid(), "VmHWM"), kBytesMax);
  RecordProperty("peak_bytes", std::to_string(memory_of(server.pid(), "VmHWM")));
  RecordProperty("bytes_afterwards", std::to_string(memory_of(server.pid(), "VmRSS")));
}

}  // namespace
}  // namespace mosaico
