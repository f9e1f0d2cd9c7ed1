#pragma once

#include <stop_token>
#include <thread>

namespace mosaico::server {

// Has malloc reuse freed blocks while they are warm, and gives back to the system what it holds
// beyond a bound (docs/decisions/0002-allocator.md). Once a process, before its first large
// allocation.
class MemoryTrim {
 public:
  MemoryTrim();
  ~MemoryTrim();
  MemoryTrim(const MemoryTrim&) = delete;
  MemoryTrim& operator=(const MemoryTrim&) = delete;

 private:
  static void run(const std::stop_token& stop);

  std::jthread thread_;
};

}  // namespace mosaico::server
