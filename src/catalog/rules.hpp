#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"

namespace mosaico::catalog {

// What every backend has in common: the rules that need no database, and the texts of its errors.

Status no_such_sequence(const std::string& sequence);
Status no_such_session(const std::string& sequence, const std::string& ulid);
Status no_such_topic(const std::string& sequence, const std::string& topic);

Status no_such_api_key(const std::string& fingerprint);

// Invalid for a name, tag or format with a zero byte, which not every database can hold.
Status validate_text(std::string_view what, std::string_view text);

// Locked when data that is finalized in a healthy sequence would go (docs/protocol.md, 11.2).
// `is_finalized` tells it of the data in question.
Status check_deletable(const std::string& sequence, SequenceState state, bool is_finalized,
                       bool allow_finalized);

struct UploadRequest {
  std::string topic_uuid;
  std::string schema;
  bool resume = false;
};

// The rules of begin_upload() for a topic as it is now.
Status check_upload(const std::string& sequence, const Topic& topic, bool session_is_finalized,
                    const UploadRequest& request);

// The rules of publish_chunk() for a topic that has `rows_published` rows in chunks.
Status check_chunk(const Chunk& chunk, int64_t rows_published);

// The rules of replace_chunks(): the chunks that go, in push order, and the one in their place.
Status check_replacement(const std::vector<Chunk>& replaced, const Chunk& merged);

// The state of a sequence from what its sessions and the notifications on itself say.
SequenceState sequence_state(bool has_finalized_session, bool has_notification,
                             bool has_notification_before_last_finalization);

// data/<name>@<id>, the name cut so that the segment fits a file name.
std::string sequence_data_path(const std::string& name, SequenceId id);

// <data path of its sequence>/<name>@<id>, on one level for every topic, since one name may be the
// start of another ("a" and "a/b").
std::string topic_data_path(const std::string& sequence_path, const std::string& name, TopicId id);

// A bound of column statistics as JSON text. Nothing where it is unknown, or JSON cannot express it
// exactly (bytes that are not UTF-8): a replacement character would be a false bound.
std::optional<std::string> bound_to_text(const nlohmann::json& bound);
// The statistics as they come back from a catalog.
ColumnStatistics as_stored(ColumnStatistics column);

// Text that the catalog itself wrote. Corrupt when it is no JSON.
Result<nlohmann::json> stored_json(const std::string& text);

}  // namespace mosaico::catalog
