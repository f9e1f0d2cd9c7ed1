#include "tool_run.hpp"

#include <signal.h>

#include <sstream>

namespace mosaico {

namespace {

ToolResult read_to_end(Process& process) {
  auto output = process.read_output();
  return {.exit_code = process.wait(), .out = std::move(output.out), .err = std::move(output.err)};
}

}  // namespace

std::vector<nlohmann::json> ToolResult::json_lines() const {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

ToolResult run_mosaico(const std::vector<std::string>& arguments) {
  Process process(program_path("mosaico"), arguments);
  return read_to_end(process);
}

ToolResult run_mosaico_until(const std::vector<std::string>& arguments,
                             const std::function<bool()>& is_time) {
  Process process(program_path("mosaico"), arguments);
  while (!is_time() && !process.has_ended()) continue;
  process.kill(SIGINT);
  return read_to_end(process);
}

}  // namespace mosaico
