#include "server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mosaico::bench {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// Between fork and exec: only what is safe there.
[[noreturn]] void become(pid_t parent, int output, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::dup2(output, STDOUT_FILENO);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

fs::path program_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

ServerProcess ServerProcess::mosaicod(const fs::path& store,
                                      const std::vector<std::string>& flags) {
  const fs::path program = program_folder() / "mosaicod";
  if (!fs::exists(program)) {
    throw std::runtime_error("there is no mosaicod beside this program; build the target mosaicod");
  }
  std::vector<std::string> arguments = {"--host",  "127.0.0.1",    "--port",      "0",
                                        "--store", store.string(), "--log-level", "warn"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return {program, arguments};
}

ServerProcess ServerProcess::limit_server() {
  return {program_folder() / "mosaico-bench", {"--limit-server"}};
}

ServerProcess::ServerProcess(const fs::path& program, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  std::string name = program.string();
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers = {name.data()};
  for (std::string& argument : copies) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t self = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(self, ends[1], pointers.data());
  ::close(ends[1]);
  if (pid_ < 0) {
    ::close(ends[0]);
    fail("fork");
  }
  read_port(ends[0]);
  ::close(ends[0]);
  if (port_ == 0) {
    stop();
    throw std::runtime_error(program.filename().string() + " did not start; see above");
  }
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), port_(other.port_) {}

ServerProcess::~ServerProcess() { stop(); }

void ServerProcess::read_port(int output) {
  std::string line;
  char c = 0;
  while (::read(output, &c, 1) == 1 && c != '\n') line += c;
  if (line.starts_with("listening on ")) port_ = std::stoi(line.substr(line.rfind(':') + 1));
}

void ServerProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void ServerProcess::stop() {
  if (pid_ <= 0) return;
  signal(SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
}

}  // namespace mosaico::bench
