#pragma once

#include "server/options.hpp"

namespace mosaico::server {

// Opens the store, serves it until SIGTERM or SIGINT, and closes it. Prints "listening on
// HOST:PORT" to stdout when calls can come. Returns the exit code: 0 after a proper stop; 1, 3 or 4
// after an error, which is logged. Call it from main(), before any other thread runs.
int serve(const ServerOptions& options);

}  // namespace mosaico::server
