#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "core/json.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// Whose rows a chunk holds. Every chunk file and every journal folder carries all of it, so that a
// catalog can be made again from the files alone.
struct ChunkOrigin {
  catalog::Sequence sequence;
  catalog::Session session;
  catalog::Topic topic;
  std::shared_ptr<arrow::Schema> schema;
};

// Where the files of a topic lie in the store.
std::string topic_folder(const catalog::Sequence& sequence, const catalog::Topic& topic);

// Bounds of JSON texts that hold user metadata among other things.
inline constexpr core::JsonLimits kStoredJsonLimits = {.bytes_max = size_t{256} << 20,
                                                       .depth_max = 80};

// `sequence`, `session` and `topic` as chunk files and journals have them: docs/storage.md,
// "Chunks". The schema is kept beside them.
nlohmann::json to_json(const ChunkOrigin& origin);

// Back from JSON: names, ids, times, metadata. The rest stays empty, the data path too. Corrupt,
// naming what is wrong, unless each of them is what an engine would have written.
Result<ChunkOrigin> origin_from_json(const nlohmann::json& from);

// The exact schema as text for JSON or metadata: base64 of serialize_schema(). Back: sets
// origin->schema, and origin->topic.schema to the bytes. Corrupt.
std::string schema_to_text(const std::string& schema_bytes);
Status schema_from_text(const std::string& text, ChunkOrigin* origin);

}  // namespace mosaico::engine
