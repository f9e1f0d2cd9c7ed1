#pragma once

#include <cstdint>
#include <functional>

#include "engine/chunk_origin.hpp"
#include "engine/verify/findings.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

// Compares the file of a chunk with what the catalog says of it: `chunk` with its column
// statistics, and `origin` with the topic's schema. What is wrong goes to `subject`. `on_piece` is
// told the bytes of the file as they are read, twice in all, and the rows; its error is returned.
// Errors: NotFound (no such file; nothing was reported), Io.
Status check_chunk_file(store::Store& store, const ChunkOrigin& origin, const catalog::Chunk& chunk,
                        Subject& subject,
                        const std::function<Status(int64_t bytes, int64_t rows)>& on_piece);

}  // namespace mosaico::engine
