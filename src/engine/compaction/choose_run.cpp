#include "engine/compaction/choose_run.hpp"

#include <algorithm>

namespace mosaico::engine {

namespace {

// What share of the target a chunk is, by bytes and rows together.
double share_of(const catalog::Chunk& chunk, const catalog::ChunkLimits& target) {
  return static_cast<double>(chunk.bytes) / static_cast<double>(target.bytes) +
         static_cast<double>(chunk.rows) / static_cast<double>(target.rows);
}

}  // namespace

catalog::ChunkLimits small_chunk(const RunRules& rules) {
  return {.bytes = std::max<int64_t>(1, rules.target.bytes / 2),
          .rows = std::max<int64_t>(1, rules.target.rows / 2)};
}

std::optional<Run> choose_run(const std::vector<catalog::Chunk>& chunks, const RunRules& rules) {
  const catalog::ChunkLimits small = small_chunk(rules);
  const size_t least = std::max<size_t>(2, rules.chunks_min);
  for (size_t begin = 0; begin < chunks.size(); ++begin) {
    catalog::ChunkLimits sum;
    double share = 0;
    double largest = 0;
    size_t end = begin;
    for (; end < chunks.size() && end - begin < rules.chunks_max; ++end) {
      const catalog::Chunk& chunk = chunks[end];
      const bool fits = chunk.bytes < small.bytes && chunk.rows < small.rows &&
                        chunk.first_row + chunk.rows <= rules.end_row_max &&
                        sum.bytes + chunk.bytes <= rules.target.bytes &&
                        sum.rows + chunk.rows <= rules.target.rows;
      if (!fits) break;
      sum.bytes += chunk.bytes;
      sum.rows += chunk.rows;
      share += share_of(chunk, rules.target);
      largest = std::max(largest, share_of(chunk, rules.target));
    }
    if (end - begin >= least && share >= 2 * largest) return Run{begin, end};
  }
  return std::nullopt;
}

}  // namespace mosaico::engine
