#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

// Clocks and the kernel's figures of processes.
namespace mosaico::bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// 0 for none.
double median(std::vector<double> values);
// `share` from 0 to 1, e.g. 0.99. `sorted` ascending and not empty.
double percentile(const std::vector<std::uint32_t>& sorted, double share);

// CPU time of all threads of a process so far; 0 for one that is gone.
double cpu_seconds(pid_t process);
// Of the calling thread.
double thread_cpu_seconds();
// The most memory that a process held since forget_peak(), and what it holds now. 0 when gone.
std::int64_t peak_bytes(pid_t process);
std::int64_t resident_bytes(pid_t process);
// Lets the peak begin anew where the kernel allows it; elsewhere it goes on from the start.
void forget_peak(pid_t process);

// Allocations by `new` of the calling thread so far.
std::int64_t thread_allocations();
// How often the calling thread has waited for something so far.
std::int64_t thread_waits();

}  // namespace mosaico::bench
