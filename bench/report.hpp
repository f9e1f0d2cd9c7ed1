#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bench.hpp"

// What is printed.
namespace mosaico::bench {

// A line of --json: the outcome, its goals and whether each is met.
nlohmann::json outcome_json(const Workload& workload, const Outcome& outcome);
// What stands in its place when a workload could not run.
nlohmann::json failure_json(const Workload& workload, const std::string& why);

// The same for people; ends with a newline.
std::string line_text(const nlohmann::json& line);
std::string list_text();

// Facts of the machine that figures depend on; nothing that names it.
nlohmann::json machine_facts(const std::filesystem::path& directory);

}  // namespace mosaico::bench
