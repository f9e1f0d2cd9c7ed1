// The reader's memory does not follow the length of a recording: it is streamed under a hard limit
// on the process that a few more megabytes would pass.
#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "blob_recording.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

constexpr std::size_t kBudgetBytes = 32U << 20;
// What is not the reader's budget: buffers of gRPC, stacks of threads, the allocator's own.
constexpr std::size_t kSlackBytes = 192U << 20;
static_assert(kBlobRecordingBytes == 20 * kBudgetBytes);
static_assert(kBudgetBytes + kSlackBytes < kBlobRecordingBytes / 2);

// Private writable memory of this process: what RLIMIT_DATA counts.
std::size_t data_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmData:")) return std::stoull(line.substr(7)) << 10;
  }
  throw std::runtime_error("no VmData");
}

TEST(ReaderMemory, TwentyTimesTheBudgetStreamsUnderAHardLimit) {
  // Allocators reserve and keep memory beyond what is in use, which the limit would count: large
  // blocks shall come from the system and go back to it. Arrow looks before its first allocation.
  ASSERT_EQ(::setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 1), 0);
  ASSERT_EQ(::mallopt(M_MMAP_THRESHOLD, 64 << 10), 1);
  const TemporaryDirectory directory;
  RunningServer server(directory.path() / "store");
  const int port = std::stoi(server.port());
  auto writer = MosaicoClient::connect("127.0.0.1", port);
  record_blobs(writer, "drive");

  auto client = MosaicoClient::connect("127.0.0.1", port, {.reader_budget_bytes = kBudgetBytes});
  stream_blobs(client, "drive", 10);  // Starts threads, loads what is loaded lazily.
  const rlimit limit{.rlim_cur = data_bytes() + kBudgetBytes + kSlackBytes,
                     .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_DATA, &limit), 0);
  const std::size_t before = data_bytes();
  EXPECT_EQ(stream_blobs(client, "drive"), kBlobRecordingBytes);
  RecordProperty("grown_bytes", std::to_string(data_bytes() - before));
  // That the limit is one: half of the recording does not fit.
  std::vector<std::uint8_t> kept;
  EXPECT_THROW(kept.resize(kBlobRecordingBytes / 2), std::bad_alloc);
}

}  // namespace
}  // namespace mosaico
