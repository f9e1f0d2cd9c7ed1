#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/streamer.hpp"

namespace CLI {
class App;
}

namespace mosaico::cli {

// The flags that say which messages: --topics, --start, --end.
struct StreamWindow {
  std::vector<std::string> topics = {};
  std::optional<std::int64_t> start_timestamp_ns = {};  // Inclusive.
  std::optional<std::int64_t> end_timestamp_ns = {};    // Exclusive.

  // Throws UsageError for an empty window.
  StreamOptions to_stream_options() const;
};

void add_window_flags(CLI::App& command, StreamWindow& window);

}  // namespace mosaico::cli
