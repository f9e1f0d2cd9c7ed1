#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mosaico {

// A program of the build under test, e.g. "mosaico".
std::filesystem::path program_path(const std::string& name);

// One run of a program, without a terminal; killed at the end if it still runs. Output that is
// piped must be read, or fit into the pipe.
class Process {
 public:
  enum class Stderr { Piped, Dropped };

  Process(const std::filesystem::path& program, std::vector<std::string> arguments,
          Stderr stderr_to = Stderr::Piped);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  // Does nothing once wait() has returned.
  void kill(int signal) const;
  // True once it has ended; never waits.
  bool has_ended() const;

  // The next line of stdout, without its end; what there is when stdout ends.
  std::string read_line();
  std::string read_out();
  std::string read_err();
  // Both to their ends, side by side.
  struct Output {
    std::string out;
    std::string err;
  };
  Output read_output();

  // The exit code; 128 and the signal after a death by one.
  int wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::optional<int> exit_code_;
};

// A `mosaicod` on a port of 127.0.0.1; stopped by SIGTERM at the end.
class RunningServer {
 public:
  // Port 0 lets the system choose one.
  explicit RunningServer(const std::filesystem::path& store, const std::string& port = "0",
                         const std::vector<std::string>& flags = {});
  ~RunningServer();

  const std::string& port() const { return port_; }
  pid_t pid() const { return process_.pid(); }
  // Ends it properly; its exit code.
  int stop();
  // Ends it as a crash does.
  void kill();

 private:
  Process process_;
  std::string port_;
};

}  // namespace mosaico
