#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mosaico {

// What a program did.
struct ToolResult {
  int exit_code = -1;
  std::string out = {};
  std::string err = {};

  // Each line of `out` as JSON.
  std::vector<nlohmann::json> json_lines() const;
};

// A program of the build under test, e.g. "mosaico".
std::filesystem::path program_path(const std::string& name);

// Runs `mosaico` with these arguments to its end; no terminal anywhere.
ToolResult run_mosaico(const std::vector<std::string>& arguments);

// Starts `mosaico` with these arguments, interrupts it (Ctrl-C) once `is_time` says so, and waits
// for its end.
ToolResult run_mosaico_until(const std::vector<std::string>& arguments,
                             const std::function<bool()>& is_time);

// A `mosaicod` over a directory, on a port of its own; stopped by SIGTERM at the end.
class RunningServer {
 public:
  explicit RunningServer(const std::filesystem::path& store);
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer();

  const std::string& port() const { return port_; }
  // Ends it; its exit code.
  int stop();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string port_;
};

}  // namespace mosaico
