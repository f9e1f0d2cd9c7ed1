#include "report.hpp"

#include <arrow/config.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace mosaico::bench {

using nlohmann::json;

namespace {

constexpr long kTmpfs = 0x01021994;
constexpr long kExt = 0xEF53;
constexpr long kXfs = 0x58465342;
constexpr long kBtrfs = 0x9123683E;
constexpr long kOverlay = 0x794C7630;

const char* file_system_name(long magic) {
  switch (magic) {
    case kTmpfs:
      return "tmpfs";
    case kExt:
      return "ext4";
    case kXfs:
      return "xfs";
    case kBtrfs:
      return "btrfs";
    case kOverlay:
      return "overlay";
    default:
      return "other";
  }
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

json goals_json(const Workload& workload, const json& line) {
  json goals = json::array();
  for (const Goal& goal : workload.goals) {
    if (!goal.variant.empty() && goal.variant != line.value("variant", "")) continue;
    if (!line.contains(goal.key)) continue;
    const double actual = line[goal.key].get<double>();
    const bool met =
        goal.bound == Goal::Bound::AtLeast ? actual >= goal.number : actual <= goal.number;
    goals.push_back({{"goal", goal.to_text()}, {"actual", actual}, {"met", met}});
  }
  return goals;
}

// Three digits that count, with a word for the power of a thousand.
std::string short_number(double value) {
  constexpr std::array<const char*, 4> kPowers = {"", " k", " M", " G"};
  std::size_t power = 0;
  while (std::abs(value) >= 1000 && power + 1 < kPowers.size()) {
    value /= 1000;
    ++power;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g%s", value, kPowers[power]);
  return text.data();
}

}  // namespace

json outcome_json(const Workload& workload, const Outcome& outcome) {
  json line = outcome.details;
  line["workload"] = workload.name;
  if (!outcome.variant.empty()) line["variant"] = outcome.variant;
  line["value"] = outcome.value;
  line["unit"] = outcome.unit;
  line["limit"] = outcome.limit;
  line["ratio"] = outcome.ratio();
  line["min"] = outcome.min;
  line["max"] = outcome.max;
  line["client_cpu_s"] = outcome.client_cpu_s;
  line["server_cpu_s"] = outcome.server_cpu_s;
  line["client_peak_bytes"] = outcome.client_peak_bytes;
  line["server_peak_bytes"] = outcome.server_peak_bytes;
  line["goals"] = goals_json(workload, line);
  return line;
}

json failure_json(const Workload& workload, const std::string& why) {
  return {{"workload", workload.name}, {"error", why}};
}

std::string line_text(const json& line) {
  std::string name = line["workload"].get<std::string>();
  if (line.contains("variant")) name += " (" + line["variant"].get<std::string>() + ")";
  if (line.contains("error")) return name + ": " + line["error"].get<std::string>() + "\n";
  const auto number = [&](const char* key) { return short_number(line[key].get<double>()); };
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(),
                "%-34s %9s %-9s limit %9s  ratio %7.3g  (%s to %s)  CPU %.2f + %.2f s  "
                "memory %sB + %sB\n",
                name.c_str(), number("value").c_str(), line["unit"].get<std::string>().c_str(),
                number("limit").c_str(), line["ratio"].get<double>(), number("min").c_str(),
                number("max").c_str(), line["client_cpu_s"].get<double>(),
                line["server_cpu_s"].get<double>(), number("client_peak_bytes").c_str(),
                number("server_peak_bytes").c_str());
  std::string result = text.data();
  for (const json& goal : line["goals"]) {
    result += "    " + std::string(goal["met"].get<bool>() ? "met     " : "NOT MET ") +
              goal["goal"].get<std::string>() + " (" + short_number(goal["actual"].get<double>()) +
              ")\n";
  }
  return result;
}

std::string list_text() {
  std::string text;
  for (const Workload& workload : workloads()) {
    std::string goals;
    for (const Goal& goal : workload.goals) {
      goals += (goals.empty() ? "" : ", ") + goal.to_text();
    }
    std::string name = workload.name;
    name.resize(std::max<std::size_t>(name.size(), 15), ' ');
    text += name + " " + workload.what + "; limit: " + workload.limit +
            "; goal: " + (goals.empty() ? "none" : goals) + "; " + std::to_string(workload.rows) +
            " " + workload.rows_unit + "\n";
  }
  return text;
}

json machine_facts(const std::filesystem::path& directory) {
  struct statfs file_system{};
  ::statfs(directory.c_str(), &file_system);
  const auto pages = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES));
  return {{"cores", ::sysconf(_SC_NPROCESSORS_ONLN)},
          {"processor", cpu_model()},
          {"memory_bytes", pages * ::sysconf(_SC_PAGESIZE)},
          {"file_system", file_system_name(file_system.f_type)},
          {"compiler", "GCC " __VERSION__},
          {"arrow", ARROW_VERSION_STRING}};
}

}  // namespace mosaico::bench
