#pragma once

#include <spdlog/logger.h>

#include <string>

namespace mosaico::core {

// The one log, on stderr: of an SDK inside somebody else's program, so neither the default logger
// nor stdout is touched. Warnings and worse, unless the environment variable MOSAICO_LOG_LEVEL or
// set_log_level() names another level: trace, debug, info, warn, err, critical, off. Thread-safe.
spdlog::logger& log();

void set_log_level(const std::string& level);

}  // namespace mosaico::core
