#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "engine/ingest/chunk_writer.hpp"
#include "engine/ingest/ingest.hpp"

// What a crash, or a full disk, left in journals.
namespace mosaico::engine {

using core::Result;
using core::Status;

// Turns the journal of a topic into chunks, up to the first torn or damaged frame, and removes it.
// Gives the rows of the topic afterwards. Errors as publish_rows(); what is not published stays in
// the journal.
Result<int64_t> publish_journal(EngineContext& context, const ChunkOrigin& origin,
                                const std::string& schema_bytes);

// Makes the rows of a journal readable where no chunk can be written: in a read-only engine, or
// when the store fails. Rows beyond the ingest budget are left out, with a word in the log.
Result<Ingest::Stranded> load_journal(EngineContext& context, const ChunkOrigin& origin,
                                      const std::string& schema_bytes);

// Brings the store up to date: uploads that a crash broke become interrupted, their journals
// chunks; files that no catalog entry names go, and journals of deleted topics. A read-only engine
// only loads the journals. One line in the log for each topic. Errors: Io, Corrupt (of the
// catalog).
Status recover(Ingest& ingest);

}  // namespace mosaico::engine
