#include "crash/victim.hpp"

#include <signal.h>

#include <fstream>
#include <thread>

namespace mosaico {

namespace {

// `sh` becomes the program, so the process is the program's.
std::vector<std::string> command(const Victim::Surroundings& surroundings,
                                 const std::string& program,
                                 const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  if (!surroundings.trigger_file.empty()) {
    words.push_back("MOSAICO_CRASH_FILE=" + surroundings.trigger_file.string());
  }
  words.insert(words.end(), {"/bin/sh", "-c", "exec \"$@\" 2>> \"$0\"",
                             surroundings.log_file.string(), program_path(program).string()});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

void Trigger::arm(const std::string& point, int count) const {
  const std::filesystem::path part = file_.string() + ".part";
  std::ofstream(part) << point << ' ' << count << '\n';
  std::filesystem::rename(part, file_);
}

void Trigger::disarm() const { std::filesystem::remove(file_); }

Victim::Victim(const Surroundings& surroundings, const std::string& program,
               const std::vector<std::string>& arguments)
    : process_("/usr/bin/env", command(surroundings, program, arguments),
               Process::Stderr::Dropped) {}

bool Victim::ends_within(std::chrono::milliseconds time) const {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!process_.has_ended()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

int Victim::kill() {
  process_.kill(SIGKILL);
  return process_.wait();
}

void Victim::ask_to_finish() { process_.kill(SIGTERM); }

}  // namespace mosaico
