#pragma once

#include <cstdint>
#include <filesystem>

namespace mosaico::bench {

// How far beyond what it needs the engine reads for windows of a topic.
struct WindowReads {
  std::int64_t windows = 0;
  std::int64_t groups_needed = 0;     // Row groups whose times touch a window, of all windows.
  std::int64_t groups_read = 0;       // Those that were read from.
  std::int64_t groups_extra_max = 0;  // Of the window where it was most.
};

// Opens a store in this process, with its only sequence's topic, and scans windows of 1 % of it.
WindowReads count_window_reads(const std::filesystem::path& store, const char* sequence,
                               const char* topic, int windows);

}  // namespace mosaico::bench
