#include "cli/stream_window.hpp"

#include <CLI/CLI.hpp>

#include "cli/tool_options.hpp"

namespace mosaico::cli {

StreamOptions StreamWindow::to_stream_options() const {
  if (start_timestamp_ns && end_timestamp_ns && *start_timestamp_ns >= *end_timestamp_ns) {
    throw UsageError("the window is empty, --end must lie after --start");
  }
  return StreamOptions{.topics = topics,
                       .start_timestamp_ns = start_timestamp_ns,
                       .end_timestamp_ns = end_timestamp_ns};
}

void add_window_flags(CLI::App& command, StreamWindow& window) {
  command.add_option("--topics", window.topics, "Only these topics, separated by commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B");
  command.add_option("--start", window.start_timestamp_ns, "First time in ns, inclusive")
      ->type_name("NS");
  command.add_option("--end", window.end_timestamp_ns, "Last time in ns, exclusive")
      ->type_name("NS");
}

}  // namespace mosaico::cli
