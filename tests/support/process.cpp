#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace mosaico {

namespace {

// Appends what there is; false at the end.
bool read_some(int file, std::string& text) {
  std::array<char, 4096> buffer;
  const ssize_t bytes = ::read(file, buffer.data(), buffer.size());
  if (bytes <= 0) return false;
  text.append(buffer.data(), static_cast<size_t>(bytes));
  return true;
}

std::string read_all(int file) {
  std::string text;
  while (read_some(file, text)) continue;
  return text;
}

}  // namespace

std::filesystem::path program_path(const std::string& name) {
  const char* folder = std::getenv("MOSAICO_TEST_BIN_DIR");
  if (folder == nullptr) throw std::runtime_error("MOSAICO_TEST_BIN_DIR is not set");
  return std::filesystem::path(folder) / name;
}

Process::Process(const std::filesystem::path& program, std::vector<std::string> arguments,
                 Stderr stderr_to) {
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  std::array<int, 2> out = {};
  std::array<int, 2> err = {};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  if (stderr_to == Stderr::Piped) {
    ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
  if (failed != 0) throw std::runtime_error("cannot start " + arguments[0]);
}

Process::~Process() {
  if (!exit_code_) {
    kill(SIGKILL);
    wait();
  }
  ::close(out_);
  ::close(err_);
}

void Process::kill(int signal) const {
  if (!exit_code_) ::kill(pid_, signal);
}

bool Process::has_ended() const {
  siginfo_t ended = {};
  ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
  return ended.si_pid != 0;
}

std::string Process::read_line() {
  std::string line;
  char c = 0;
  while (::read(out_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

std::string Process::read_out() { return read_all(out_); }
std::string Process::read_err() { return read_all(err_); }

Process::Output Process::read_output() {
  Output output;
  std::array<pollfd, 2> files = {pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    ::poll(files.data(), files.size(), -1);
    if (files[0].revents != 0 && !read_some(out_, output.out)) files[0].fd = -1;
    if (files[1].revents != 0 && !read_some(err_, output.err)) files[1].fd = -1;
  }
  return output;
}

int Process::wait() {
  if (!exit_code_) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return *exit_code_;
}

namespace {

std::vector<std::string> server_arguments(const std::filesystem::path& store,
                                          const std::string& port,
                                          const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {"--host", "127.0.0.1", "--port", port, "--store", store};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return arguments;
}

}  // namespace

RunningServer::RunningServer(const std::filesystem::path& store, const std::string& port,
                             const std::vector<std::string>& flags)
    : process_(program_path("mosaicod"), server_arguments(store, port, flags),
               Process::Stderr::Dropped) {
  const std::string line = process_.read_line();
  if (!line.starts_with("listening on ")) throw std::runtime_error("mosaicod did not start");
  port_ = line.substr(line.rfind(':') + 1);
}

RunningServer::~RunningServer() { stop(); }

int RunningServer::stop() {
  process_.kill(SIGTERM);
  return process_.wait();
}

void RunningServer::kill() {
  process_.kill(SIGKILL);
  process_.wait();
}

}  // namespace mosaico
