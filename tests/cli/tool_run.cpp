#include "tool_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace mosaico {

namespace {

struct Process {
  pid_t pid = -1;
  int out = -1;
  int err = -1;
};

enum class Stderr { Piped, Dropped };

Process start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
              Stderr stderr_to) {
  std::array<int, 2> out = {};
  std::array<int, 2> err = {};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(stderr_to == Stderr::Piped ? err[1] : nothing, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  return {pid, out[0], err[0]};
}

// Appends what there is; false at the end.
bool read_some(int file, std::string& text) {
  std::array<char, 4096> buffer;
  const ssize_t bytes = ::read(file, buffer.data(), buffer.size());
  if (bytes <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(bytes));
  return true;
}

int wait_for_end(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ToolResult read_to_end(const Process& process) {
  ToolResult result;
  std::array<pollfd, 2> files = {pollfd{process.out, POLLIN, 0}, pollfd{process.err, POLLIN, 0}};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    ::poll(files.data(), files.size(), -1);
    if (files[0].revents != 0 && !read_some(process.out, result.out)) files[0].fd = -1;
    if (files[1].revents != 0 && !read_some(process.err, result.err)) files[1].fd = -1;
  }
  ::close(process.out);
  ::close(process.err);
  result.exit_code = wait_for_end(process.pid);
  return result;
}

}  // namespace

std::vector<nlohmann::json> ToolResult::json_lines() const {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::filesystem::path program_path(const std::string& name) {
  const char* folder = std::getenv("MOSAICO_TEST_BIN_DIR");
  if (folder == nullptr) throw std::runtime_error("MOSAICO_TEST_BIN_DIR is not set");
  return std::filesystem::path(folder) / name;
}

ToolResult run_mosaico(const std::vector<std::string>& arguments) {
  return read_to_end(start(program_path("mosaico"), arguments, Stderr::Piped));
}

ToolResult run_mosaico_until(const std::vector<std::string>& arguments,
                             const std::function<bool()>& is_time) {
  const Process process = start(program_path("mosaico"), arguments, Stderr::Piped);
  siginfo_t ended = {};
  while (!is_time() && ended.si_pid == 0) {
    ::waitid(P_PID, static_cast<id_t>(process.pid), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
  ::kill(process.pid, SIGINT);
  return read_to_end(process);
}

RunningServer::RunningServer(const std::filesystem::path& store) {
  // Port 0 lets the system choose one, and the server says which.
  const Process process =
      start(program_path("mosaicod"),
            {"--host", "127.0.0.1", "--port", "0", "--store", store.string()}, Stderr::Dropped);
  pid_ = process.pid;
  output_ = process.out;
  ::close(process.err);
  std::string text;
  std::smatch match;
  while (!std::regex_search(text, match, std::regex(R"(listening on \S*:(\d+))"))) {
    if (!read_some(output_, text)) throw std::runtime_error("mosaicod did not start: " + text);
  }
  port_ = match[1].str();
}

RunningServer::~RunningServer() { stop(); }

int RunningServer::stop() {
  if (pid_ < 0) return 0;
  ::kill(pid_, SIGTERM);
  const int code = wait_for_end(pid_);
  ::close(output_);
  pid_ = -1;
  return code;
}

}  // namespace mosaico
