#include <stdlib.h>
#include <sys/statfs.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench.hpp"
#include "isolated.hpp"
#include "limits/flight_limit.hpp"
#include "report.hpp"

namespace mosaico::bench {

namespace fs = std::filesystem;

namespace {

constexpr long kTmpfs = 0x01021994;
constexpr int kInterrupted = 130;

struct Arguments {
  std::vector<std::string> names;
  bool list = false;
  bool json = false;
  bool quick = false;
  bool facts = false;
  bool limit_server = false;
  std::int64_t rows = 0;
  int repeats = 5;
  std::string directory;
};

void add_flags(CLI::App& app, Arguments& arguments) {
  app.add_option("WORKLOAD", arguments.names, "names from --list; `all` for every one");
  app.add_flag("--list", arguments.list, "what there is: name, work, limit, goals, size");
  app.add_flag("--json", arguments.json, "print an object a line");
  app.add_option("--rows", arguments.rows, "size of the work, in the unit that --list tells")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  app.add_option("--repeat", arguments.repeats, "runs of which the median is taken")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_flag("--quick", arguments.quick, "little work and one run: only whether it works");
  app.add_option("--directory", arguments.directory,
                 "where data goes: a fresh folder in there, removed at the end");
  app.add_flag("--facts", arguments.facts, "what figures depend on: the machine as JSON");
  app.add_flag("--limit-server", arguments.limit_server)->group("");
}

bool is_on_disk(const fs::path& directory) {
  struct statfs file_system{};
  return ::statfs(directory.c_str(), &file_system) == 0 && file_system.f_type != kTmpfs;
}

fs::path parent_directory(const std::string& chosen) {
  if (!chosen.empty()) return chosen;
  for (const fs::path& candidate :
       {fs::temp_directory_path(), fs::path("/var/tmp"), fs::current_path()}) {
    if (is_on_disk(candidate)) return candidate;
  }
  throw std::runtime_error("no temporary folder lies on a disk; name one with --directory");
}

// A fresh folder, removed at the end with all that is in it.
class DataDirectory {
 public:
  explicit DataDirectory(const std::string& chosen) {
    std::string pattern = parent_directory(chosen) / "mosaico-bench-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("cannot make a folder in " + parent_directory(chosen).string() +
                               "; name another one with --directory");
    }
    path_ = pattern;
  }
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<const Workload*> chosen_workloads(const std::vector<std::string>& names) {
  std::vector<const Workload*> chosen;
  for (const std::string& name : names) {
    bool known = false;
    for (const Workload& workload : workloads()) {
      if (name != "all" && name != workload.name) continue;
      chosen.push_back(&workload);
      known = true;
    }
    if (!known) throw CLI::ValidationError("no workload is called " + name + "; see --list");
  }
  return chosen;
}

// False when it could not run.
bool run_workload(const Workload& workload, const Arguments& arguments, const fs::path& directory) {
  const auto print = [&](const nlohmann::json& line) {
    std::fputs(arguments.json ? (line.dump() + "\n").c_str() : line_text(line).c_str(), stdout);
    std::fflush(stdout);
  };
  Bench::note(workload.name);
  const std::string failure = run_isolated(
      [&](const EmitLine& emit) {
        Bench::Options options{.rows = arguments.quick ? workload.rows_quick : workload.rows,
                               .repeats = arguments.quick ? 1 : arguments.repeats,
                               .directory = directory};
        if (arguments.rows > 0) options.rows = arguments.rows;
        Bench bench(options,
                    [&](const Outcome& outcome) { emit(outcome_json(workload, outcome)); });
        workload.run(bench);
      },
      print);
  if (!failure.empty()) print(failure_json(workload, failure));
  return failure.empty();
}

int run_all(const Arguments& arguments) {
  const auto chosen = chosen_workloads(arguments.names);
  const DataDirectory directory(arguments.directory);
  stop_on_signals();
  bool all_ran = true;
  for (const Workload* workload : chosen) {
    all_ran = run_workload(*workload, arguments, directory.path()) && all_ran;
    if (stop_requested()) return kInterrupted;
  }
  return all_ran ? 0 : 1;
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Measures Mosaico, each workload beside the limit of the parts it is made of.",
               "mosaico-bench");
  add_flags(app, arguments);
  app.footer(
      "The ratio is value to limit, both measured in this run. Servers run as processes of their\n"
      "own. Exit codes: 0 all ran, 1 one could not run (the line says why), 2 wrong usage,\n"
      "130 interrupted; the data is removed then, too.");
  try {
    app.parse(argc, argv);
    if (arguments.limit_server) return serve_limits();
    if (arguments.list) {
      std::fputs(list_text().c_str(), stdout);
      return 0;
    }
    if (arguments.facts) {
      std::puts(machine_facts(parent_directory(arguments.directory)).dump().c_str());
      return 0;
    }
    if (arguments.names.empty()) throw CLI::RequiredError("WORKLOAD, `all` or --list");
    return run_all(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
}

}  // namespace

}  // namespace mosaico::bench

int main(int argc, char** argv) {
  try {
    return mosaico::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mosaico-bench: %s\n", error.what());
    return 1;
  }
}
