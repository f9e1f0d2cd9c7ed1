#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench.hpp"

namespace mosaico::bench {

// A finalized sequence of IMU topics in a store of its own.
struct ImuRecording {
  std::filesystem::path store = {};
  std::string sequence = "imu";
  int topics = 1;
  std::int64_t rows = 0;  // Of all topics together.

  static std::string topic(int number) { return "t" + std::to_string(number); }
  std::int64_t rows_per_topic() const { return rows / topics; }
};

// Makes it, unless a workload of this invocation did before. Topics have equally many rows; in the
// order of time they take turns. `spike` is put in place of the last acceleration.x of the last
// topic when it is not 0, so that a single row exceeds all others.
ImuRecording imu_recording(const Bench& bench, int topics, std::int64_t rows, double spike = 0);

}  // namespace mosaico::bench
