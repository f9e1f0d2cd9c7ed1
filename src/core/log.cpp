#include "core/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>
#include <memory>

namespace mosaico::core {

spdlog::logger& log() {
  // Never destroyed: what ends with the process logs too.
  static const auto& logger = *new auto([] {
    auto made = std::make_shared<spdlog::logger>(
        "mosaico", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    const char* level = std::getenv("MOSAICO_LOG_LEVEL");
    made->set_level(spdlog::level::from_str(level == nullptr ? "warn" : level));
    made->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    return made;
  }());
  return *logger;
}

void set_log_level(const std::string& level) { log().set_level(spdlog::level::from_str(level)); }

}  // namespace mosaico::core
