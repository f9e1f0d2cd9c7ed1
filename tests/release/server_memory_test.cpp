// A server that has served much goes back to little memory.
#include <string>

#include <gtest/gtest.h>

#include "blob_recording.hpp"
#include "process_memory.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

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
