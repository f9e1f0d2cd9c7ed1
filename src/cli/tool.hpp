#pragma once

namespace mosaico::cli {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kNotFound = 3, kRefused = 4 };

// The whole tool: reads the command line, runs the command, words what went wrong on stderr.
int run_tool(int argc, char** argv);

}  // namespace mosaico::cli
