#include "server/memory_trim.hpp"

#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <mutex>

namespace mosaico::server {

namespace {

// What may be free and not given back.
constexpr int kFreeBytesMax = 128 << 20;
// Smaller blocks are reused. It is the most that malloc takes.
constexpr int kMappedFromBytes = 32 << 20;
constexpr std::chrono::milliseconds kPeriod{250};

// Memory that is the process's own; 0 where the system does not tell.
int64_t private_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  int64_t shared = 0;
  statm >> total >> resident >> shared;
  return statm ? (resident - shared) * ::sysconf(_SC_PAGESIZE) : 0;
}

void trim_if_due() {
  const int64_t held = private_bytes();
  if (held <= kFreeBytesMax) return;
  const auto info = ::mallinfo2();
  const auto used = static_cast<int64_t>(info.uordblks + info.hblkhd);
  if (held - used > kFreeBytesMax) ::malloc_trim(0);
}

}  // namespace

MemoryTrim::MemoryTrim() {
  constexpr int kArenasMax = 4;
  ::setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
  ::mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
  ::mallopt(M_TRIM_THRESHOLD, kFreeBytesMax);
  ::mallopt(M_ARENA_MAX, kArenasMax);
  thread_ = std::jthread([](const std::stop_token& stop) { run(stop); });
}

MemoryTrim::~MemoryTrim() = default;

void MemoryTrim::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    stopped.wait_for(lock, stop, kPeriod, [] { return false; });
    trim_if_due();
  }
}

}  // namespace mosaico::server
