#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace mosaico {

// Where a crash point (core/crash_point.hpp) is armed: a file that the victims look at.
class Trigger {
 public:
  explicit Trigger(std::filesystem::path file) : file_(std::move(file)) {}
  // The next victim that comes to `point` for the count-th time dies there.
  void arm(const std::string& point, int count) const;
  void disarm() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  const std::filesystem::path file_;
};

// A process that is there to be killed. What it logs goes to the end of a file.
class Victim {
 public:
  struct Surroundings {
    std::filesystem::path trigger_file = {};  // None: it has no crash points.
    std::filesystem::path log_file;
  };
  Victim(const Surroundings& surroundings, const std::string& program,
         const std::vector<std::string>& arguments);

  std::string read_line() { return process_.read_line(); }
  bool has_ended() const { return process_.has_ended(); }
  // Whether it ended by itself before this much time was over.
  bool ends_within(std::chrono::milliseconds time) const;
  // SIGKILL, unless it has ended; what wait() gives.
  int kill();
  void ask_to_finish();
  // The exit code; 128 and the signal after a death by one.
  int wait() { return process_.wait(); }

 private:
  Process process_;
};

inline constexpr int kKilled = 128 + 9;

}  // namespace mosaico
