#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "server/options.hpp"

namespace mosaico::server {

// Declares the flags that say where a server's recordings are, and its config file.
void add_place_flags(CLI::App& app, ServerOptions& options);

// Declares every flag of a server on `app`, with its config file key and its environment variable
// MOSAICO_<FLAG>. `options` gives the defaults and takes the values; it must outlive `app`.
void add_flags(CLI::App& app, ServerOptions& options);

// The arguments that `app` is to parse, last first as CLI11 wants them: what the environment says
// stands before `arguments`, so that the command line wins over it, and it over the config file.
std::vector<std::string> with_environment(const CLI::App& app,
                                          const std::vector<std::string>& arguments);

// What no single flag can tell: limits that contradict each other. Invalid, naming the flag.
core::Status validate(const ServerOptions& options);

}  // namespace mosaico::server
