#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace mosaico::bench {

// Runs `work` in a child process of its own, so that its memory and its end are its own; `line` is
// called here for each line that it emits there. What went wrong, or nothing. The caller must not
// have started threads.
using EmitLine = std::function<void(const nlohmann::json&)>;
std::string run_isolated(const std::function<void(const EmitLine& emit)>& work,
                         const EmitLine& line);

// From now on SIGINT and SIGTERM end the child at work and not this process, which then cleans up.
void stop_on_signals();
// Whether one came.
bool stop_requested();

}  // namespace mosaico::bench
