#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "outcome.hpp"
#include "server_process.hpp"

namespace mosaico::bench {

// What a workload is told, and where its results go. One thread.
class Bench {
 public:
  struct Options {
    std::int64_t rows = 0;
    int repeats = 5;
    std::filesystem::path directory;  // Of this invocation, shared by its workloads.
  };

  Bench(Options options, std::function<void(const Outcome&)> report)
      : options_(std::move(options)), report_(std::move(report)) {}

  // The size of the work; its unit is the workload's.
  std::int64_t rows() const { return options_.rows; }
  int repeats() const { return options_.repeats; }
  const std::filesystem::path& directory() const { return options_.directory; }
  // A name in the directory that nothing has yet.
  std::filesystem::path new_path(const std::string& name);

  void report(const Outcome& outcome) const { report_(outcome); }
  // Tells a waiting user what takes so long.
  static void note(const std::string& text);

 private:
  const Options options_;
  const std::function<void(const Outcome&)> report_;
};

// Does `work` and tells what it cost this process and, unless null, a server.
Run measured(const ServerProcess* server, const std::function<void()>& work);
// The same; the value is `amount` a second.
Run measured_rate(const ServerProcess* server, double amount, const std::function<void()>& work);

struct Workload {
  const char* name;
  const char* what;
  const char* limit;
  std::vector<Goal> goals;
  std::int64_t rows;        // Unless the user says otherwise.
  std::int64_t rows_quick;  // With --quick.
  const char* rows_unit;    // "rows", "frames", …
  void (*run)(Bench&);
};

const std::vector<Workload>& workloads();

}  // namespace mosaico::bench
