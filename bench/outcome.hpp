#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace mosaico::bench {

// What a result must reach. `key` names a number of the outcome's JSON: "ratio", "value", …
struct Goal {
  enum class Bound { AtLeast, AtMost };

  std::string key;
  Bound bound = Bound::AtLeast;
  double number = 0;
  std::string variant = {};  // Empty: of every variant.

  std::string to_text() const;
};

// What was measured: one line of output.
struct Outcome {
  std::string variant = {};  // Where a workload has several; e.g. "4 cameras, noise".
  std::string unit = {};     // Of value, limit, min and max.
  double value = 0;
  double limit = 0;
  double min = 0;
  double max = 0;
  double client_cpu_s = 0;  // Of the run in the middle.
  double server_cpu_s = 0;
  std::int64_t client_peak_bytes = 0;  // The most of all runs.
  std::int64_t server_peak_bytes = 0;
  nlohmann::json details = nlohmann::json::object();  // Further figures, beside these.

  double ratio() const { return limit > 0 ? value / limit : 0; }
};

// One run of a workload.
struct Run {
  double value = 0;
  double seconds = 0;
  double client_cpu_s = 0;
  double server_cpu_s = 0;
  std::int64_t client_peak_bytes = 0;
  std::int64_t server_peak_bytes = 0;
};

// Runs of a workload and of its limits, which take turns so that both see the same machine.
class Series {
 public:
  // How the limits of the parts make up one: the slowest of rates, the sum of times.
  enum class Limit { Slowest, Sum };

  explicit Series(std::string unit, Limit kind = Limit::Slowest)
      : unit_(std::move(unit)), kind_(kind) {}

  void add(const Run& run) { runs_.push_back(run); }
  void add_limit(const std::string& part, double value);
  // Medians of a further figure of each run.
  void add_detail(const std::string& name, double value);

  Outcome outcome(const std::string& variant = {}) const;

 private:
  using Named = std::vector<std::pair<std::string, std::vector<double>>>;
  static void add_to(Named& named, const std::string& name, double value);

  const std::string unit_;
  const Limit kind_;
  std::vector<Run> runs_;
  Named limits_;
  Named details_;
};

}  // namespace mosaico::bench
