#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/chunk_file.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

// Reads a chunk file of which nothing is known: its footer, and all of it for the checksum. Its
// chunk then has all but ids. `on_piece` is told the bytes. Corrupt when it is none, or contradicts
// itself; NotFound; Io.
Result<ChunkFile> read_chunk_file(store::Store& store, const std::string& path,
                                  const std::function<Status(int64_t bytes)>& on_piece);

// The chunks of one topic, in push order, so that each row is there once.
struct ChunkChoice {
  std::vector<catalog::Chunk> chunks;  // Numbered anew behind a gap.
  std::vector<std::string> doubled;    // Paths of those whose rows others hold.
  std::vector<std::string> in_doubt;   // Paths of those that hold rows of others beside their own.
  int64_t missing_rows = 0;            // In gaps.
  int64_t missing_from = 0;            // The first of them.
};

// Chooses among files whose rows may overlap: a crash leaves those that were merged beside what
// they became, and attempts beside what came of the next. The larger one is preferred, then the
// later one by its ULID.
ChunkChoice choose_chunks(std::vector<catalog::Chunk> found);

}  // namespace mosaico::engine
