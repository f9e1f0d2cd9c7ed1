#include "measure.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

namespace mosaico::bench {

namespace {

thread_local std::int64_t allocations = 0;

std::string proc_path(pid_t process, const char* file) {
  return "/proc/" + std::to_string(process) + "/" + file;
}

// A line of /proc/PID/status, "VmHWM:  1234 kB".
std::int64_t status_bytes(pid_t process, const std::string& key) {
  std::ifstream status(proc_path(process, "status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stoll(line.substr(key.size())) << 10;
  }
  return 0;
}

double clock_seconds(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void* allocate(std::size_t bytes) {
  ++allocations;
  void* const memory = std::malloc(std::max<std::size_t>(bytes, 1));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double percentile(const std::vector<std::uint32_t>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  const auto index = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

double cpu_seconds(pid_t process) {
  clockid_t clock{};
  return ::clock_getcpuclockid(process, &clock) == 0 ? clock_seconds(clock) : 0;
}

double thread_cpu_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }

std::int64_t peak_bytes(pid_t process) { return status_bytes(process, "VmHWM:"); }
std::int64_t resident_bytes(pid_t process) { return status_bytes(process, "VmRSS:"); }

void forget_peak(pid_t process) { std::ofstream(proc_path(process, "clear_refs")) << "5"; }

std::int64_t thread_allocations() { return allocations; }

std::int64_t thread_waits() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace mosaico::bench

// Every `new` of the program and its libraries passes here and is counted.
void* operator new(std::size_t bytes) { return mosaico::bench::allocate(bytes); }
void* operator new[](std::size_t bytes) { return mosaico::bench::allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
