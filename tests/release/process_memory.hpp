#pragma once

#include <sys/types.h>

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

namespace mosaico {

// Of a process, as the kernel tells it: VmRSS (now) or VmHWM (the most there was).
inline std::size_t memory_of(pid_t pid, const std::string& what) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what + ":")) return std::stoull(line.substr(what.size() + 1)) << 10;
  }
  throw std::runtime_error("no " + what);
}

}  // namespace mosaico
