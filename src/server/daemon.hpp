#pragma once

#include "core/error.hpp"
#include "server/options.hpp"

namespace mosaico::server {

inline constexpr int kWrongUsage = 2;  // An exit code.

// That of a program which ended by this error: 1, 3 (NotFound) or 4 (refused).
int exit_code(const core::Status& status);

// Opens the store, serves it until SIGTERM or SIGINT, and closes it. Prints "listening on
// HOST:PORT" to stdout when calls can come. Returns the exit code: 0 after a proper stop; 1, 3 or 4
// after an error, which is logged. Call it from main(), before any other thread runs.
int serve(const ServerOptions& options);

}  // namespace mosaico::server
