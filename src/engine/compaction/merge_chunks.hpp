#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine_impl.hpp"
#include "engine/ingest/chunk_writer.hpp"

namespace mosaico::engine {

// A new chunk that is to stand in the place of others. Its path is a tombstone of the catalog until
// it does.
struct MergeAttempt {
  catalog::TopicId topic{};
  std::string path;                   // Empty until the catalog has its tombstone.
  std::vector<std::string> replaced;  // Paths of the files of the others.
};

// Writes the rows of adjacent chunks, in push order, into one new chunk and puts that into their
// place. Order and values of rows stay, ties too: a chunk is sorted by time with ties in push
// order, so a stable sort of one behind the other is what sorting their rows at once would be.
// The caller has reserved memory for the rows twice.
//
// From then on the catalog has tombstones for attempt->replaced. Errors: NotFound (the topic, or a
// chunk, is gone), Cancelled (`stop`), Corrupt, Io, LimitExceeded (no space). With a path in
// `*attempt` an error is not the last word: settle() says what became of it.
Status merge_chunks(EngineContext& context, const ChunkOrigin& origin,
                    const std::vector<catalog::Chunk>& chunks, const std::stop_token& stop,
                    MergeAttempt* attempt);

// Whether the chunk of an attempt that failed is in the catalog after all. If not, its file is gone
// afterwards. An error (Io) leaves that open, and no other chunks of the topic may be put together
// before: two files that hold some of the same rows, and not all, are what reindex cannot choose
// between.
Result<bool> settle(EngineContext& context, const MergeAttempt& attempt);

}  // namespace mosaico::engine
