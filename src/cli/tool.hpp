#pragma once

namespace mosaico::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kNotFound = 3;
inline constexpr int kRefused = 4;

// The whole tool: reads the command line, runs the command, words what went wrong on stderr.
int run_tool(int argc, char** argv);

}  // namespace mosaico::cli
