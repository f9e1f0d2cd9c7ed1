#include "isolated.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace mosaico::bench {

namespace {

constexpr const char* kFailureKey = "failure";

// A signal handler can reach nothing else.
volatile sig_atomic_t stopping = 0;
volatile pid_t child_at_work = 0;

void on_stop(int) {
  stopping = 1;
  if (child_at_work > 0) ::kill(child_at_work, SIGKILL);
}

void write_line(int output, const nlohmann::json& line) {
  const std::string text = line.dump() + "\n";
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t bytes = ::write(output, text.data() + written, text.size() - written);
    if (bytes <= 0) ::_exit(1);
    written += static_cast<std::size_t>(bytes);
  }
}

[[noreturn]] void run_child(int output, const std::function<void(const EmitLine&)>& work) {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = 0;
  try {
    work([output](const nlohmann::json& line) { write_line(output, line); });
  } catch (const std::exception& error) {
    write_line(output, {{kFailureKey, error.what()}});
    code = 1;
  }
  // Not exit(): what the parent set up is the parent's to take down.
  ::_exit(code);
}

}  // namespace

std::string run_isolated(const std::function<void(const EmitLine& emit)>& work,
                         const EmitLine& line) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  ::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) run_child(ends[1], work);
  child_at_work = child;
  ::close(ends[1]);
  if (child < 0) throw std::runtime_error("no child process");
  std::string failure;
  FILE* const input = ::fdopen(ends[0], "r");
  char* text = nullptr;
  std::size_t capacity = 0;
  while (::getline(&text, &capacity, input) > 0) {
    auto parsed = nlohmann::json::parse(text);
    if (parsed.contains(kFailureKey)) {
      failure = parsed[kFailureKey].get<std::string>();
    } else {
      line(parsed);
    }
  }
  std::free(text);
  ::fclose(input);
  int status = 0;
  ::waitpid(child, &status, 0);
  child_at_work = 0;
  if (WIFSIGNALED(status)) {
    failure = std::string("it was ended by a signal: ") + ::strsignal(WTERMSIG(status));
  }
  return failure;
}

void stop_on_signals() {
  ::signal(SIGINT, on_stop);
  ::signal(SIGTERM, on_stop);
}

bool stop_requested() { return stopping != 0; }

}  // namespace mosaico::bench
