#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace mosaico::cli {

// How far long work is, on one line that is written over: share done, rows a second, time left.
// Silent when stderr is no terminal. One thread.
class ProgressBar {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // On stderr, when it is a terminal.
  explicit ProgressBar(std::string what);
  // For tests: always shown, on `out`.
  ProgressBar(std::string what, std::ostream& out, Time now);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  // Clears the line.
  ~ProgressBar();

  // `fraction` from 0 to 1. Draws at most ten times a second.
  void update(double fraction, std::int64_t rows);
  void update(double fraction, std::int64_t rows, Time now);

 private:
  const std::string what_;
  std::ostream* out_;  // Null when silent.
  const Time start_;
  Time drawn_ = {};
};

}  // namespace mosaico::cli
