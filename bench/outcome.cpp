#include "outcome.hpp"

#include <algorithm>

#include "measure.hpp"

namespace mosaico::bench {

std::string Goal::to_text() const {
  std::string number_text = nlohmann::json(number).dump();
  if (number_text.ends_with(".0")) number_text.resize(number_text.size() - 2);
  return (variant.empty() ? "" : variant + ": ") + key + (bound == Bound::AtLeast ? " ≥ " : " ≤ ") +
         number_text;
}

void Series::add_to(Named& named, const std::string& name, double value) {
  for (auto& [known, values] : named) {
    if (known == name) return values.push_back(value);
  }
  named.push_back({name, {value}});
}

void Series::add_limit(const std::string& part, double value) { add_to(limits_, part, value); }
void Series::add_detail(const std::string& name, double value) { add_to(details_, name, value); }

Outcome Series::outcome(const std::string& variant) const {
  Outcome outcome{.variant = variant, .unit = unit_};
  std::vector<Run> runs = runs_;
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.value < b.value; });
  std::vector<double> values;
  for (const Run& run : runs) {
    values.push_back(run.value);
    outcome.client_peak_bytes = std::max(outcome.client_peak_bytes, run.client_peak_bytes);
    outcome.server_peak_bytes = std::max(outcome.server_peak_bytes, run.server_peak_bytes);
  }
  outcome.value = median(values);
  if (!runs.empty()) {
    outcome.min = values.front();
    outcome.max = values.back();
    outcome.client_cpu_s = runs[runs.size() / 2].client_cpu_s;
    outcome.server_cpu_s = runs[runs.size() / 2].server_cpu_s;
  }
  outcome.details["runs"] = runs.size();
  for (const auto& [part, part_values] : limits_) {
    const double value = median(part_values);
    const bool first = outcome.limit == 0;
    outcome.limit = kind_ == Limit::Sum ? outcome.limit + value
                    : first             ? value
                                        : std::min(outcome.limit, value);
    outcome.details["limits"][part] = value;
  }
  for (const auto& [name, detail_values] : details_) outcome.details[name] = median(detail_values);
  return outcome;
}

}  // namespace mosaico::bench
