#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "engine/chunk_origin.hpp"
#include "engine/engine_impl.hpp"
#include "engine/live_topics.hpp"
#include "engine/options.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// Keys of a chunk file's metadata: whose rows it holds (JSON), and the exact schema (base64 of
// serialize_schema()). docs/storage.md, "Chunks".
inline constexpr const char* kChunkIdentityKey = "mosaico:chunk";
inline constexpr const char* kChunkSchemaKey = "mosaico:schema";

inline constexpr std::string_view kChunkExtension = ".parquet";

// A name for a chunk with this first row that no other file has or had.
std::string new_chunk_path(const ChunkOrigin& origin, int64_t first_row, int64_t now_ns);

// Writes batches, which come in push order and without gaps, into a new Parquet file, sorted by
// time, at `path` or under a name of its own. Durable when it returns, but not published. Errors:
// Io, LimitExceeded (no space); nothing of the file remains.
Result<catalog::Chunk> write_chunk(store::Store& store, const EngineOptions& options,
                                   const ChunkOrigin& origin, const std::vector<TailBatch>& batches,
                                   const std::string& path = "");

// All chunks of a topic.
Result<std::vector<catalog::Chunk>> chunks_of(EngineContext& context, catalog::TopicId topic);

// A chunk whose file is written and has no name yet: when this goes, so does the file. So chunks of
// a topic are written at once and still appear in the order of their rows, as reindexing needs it.
struct UnnamedChunk {
  catalog::Chunk chunk;
  std::unique_ptr<store::ObjectWriter> file;
};
// Writes such a chunk, within the memory for that. Errors as write_chunk().
Result<UnnamedChunk> write_rows(EngineContext& context, const ChunkOrigin& origin,
                                const std::vector<TailBatch>& batches);
// Makes it durable and publishes it in the catalog. Errors also: NotFound (the topic was deleted).
Status publish(EngineContext& context, UnnamedChunk written);
// Both.
Status publish_rows(EngineContext& context, const ChunkOrigin& origin,
                    const std::vector<TailBatch>& batches);

}  // namespace mosaico::engine
