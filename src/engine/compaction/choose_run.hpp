#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "catalog/records.hpp"

namespace mosaico::engine {

struct RunRules {
  catalog::ChunkLimits target;      // What one chunk may become.
  size_t chunks_min = 2;            // Fewer are left alone.
  size_t chunks_max = 1024;         // More are not put together at once.
  int64_t end_row_max = INT64_MAX;  // No row from here on.
};

// Chunks smaller than this are worth putting together: half of the target.
catalog::ChunkLimits small_chunk(const RunRules& rules);

// Positions [begin, end) in a list of chunks.
struct Run {
  size_t begin = 0;
  size_t end = 0;
};

// Small chunks of one topic that follow each other and become one of at most the target. They are
// together at least twice the largest of them, so that a row is written again at most as often as
// its chunk can double: about ten times from 64 KiB to 64 MiB, however the small ones come.
// `chunks` are all of the topic, in push order. Nothing when there is no such run.
std::optional<Run> choose_run(const std::vector<catalog::Chunk>& chunks, const RunRules& rules);

}  // namespace mosaico::engine
