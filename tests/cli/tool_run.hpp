#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace mosaico {

// What a program did.
struct ToolResult {
  int exit_code = -1;
  std::string out = {};
  std::string err = {};

  // Each line of `out` as JSON.
  std::vector<nlohmann::json> json_lines() const;
};

// Runs `mosaico` with these arguments to its end; no terminal anywhere.
ToolResult run_mosaico(const std::vector<std::string>& arguments);

// Starts `mosaico` with these arguments, interrupts it (Ctrl-C) once `is_time` says so, and waits
// for its end.
ToolResult run_mosaico_until(const std::vector<std::string>& arguments,
                             const std::function<bool()>& is_time);

}  // namespace mosaico
