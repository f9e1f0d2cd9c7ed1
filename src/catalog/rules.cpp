#include "catalog/rules.hpp"

#include <algorithm>
#include <exception>

#include "core/json.hpp"
#include "core/names.hpp"

namespace mosaico::catalog {

using core::error;
using core::quoted;
using nlohmann::json;

namespace {

constexpr size_t kNameBytesInPathMax = 200;
constexpr size_t kStoredJsonBytesMax = size_t{256} << 20;

std::string topic_locator(const std::string& sequence, const std::string& topic) {
  return core::Locator{sequence, topic, {}}.to_string();
}

}  // namespace

Status no_such_sequence(const std::string& sequence) {
  return error(ErrorKind::NotFound, "no such sequence: ", quoted(sequence));
}

Status no_such_session(const std::string& sequence, const std::string& ulid) {
  return error(ErrorKind::NotFound, "no such session: ", quoted(sequence + ":" + ulid));
}

Status no_such_topic(const std::string& sequence, const std::string& topic) {
  return error(ErrorKind::NotFound, "no such topic: ", quoted(topic_locator(sequence, topic)));
}

Status no_such_api_key(const std::string& fingerprint) {
  return error(ErrorKind::NotFound, "no such API key: ", quoted(fingerprint));
}

Status validate_text(std::string_view what, std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return Status::OK();
  return error(ErrorKind::Invalid, what, " ", quoted(text), " contains a zero byte");
}

Status check_deletable(const std::string& sequence, SequenceState state, bool is_finalized,
                       bool allow_finalized) {
  if (state != SequenceState::Finalized || !is_finalized || allow_finalized) return Status::OK();
  return error(ErrorKind::Locked, "sequence ", quoted(sequence),
               " is finalized and healthy, so its finalized data cannot be deleted");
}

Status check_upload(const std::string& sequence, const Topic& topic, bool session_is_finalized,
                    const UploadRequest& request) {
  if (topic.uuid != request.topic_uuid) {
    return error(ErrorKind::NotFound, "no topic with this UUID at ",
                 quoted(topic_locator(sequence, topic.name)));
  }
  const auto locked = [&](std::string_view why) {
    return error(ErrorKind::Locked, "topic ", quoted(topic_locator(sequence, topic.name)), " ",
                 why);
  };
  if (session_is_finalized) return locked("belongs to a finalized session");
  switch (topic.state) {
    case TopicState::Empty:
      return Status::OK();
    case TopicState::Uploading:
      return locked("is being uploaded");
    case TopicState::Finalized:
      return locked("is finalized");
    case TopicState::Interrupted:
      break;
  }
  if (!request.resume) return locked("was interrupted; its upload can only be resumed");
  if (topic.schema != request.schema) {
    return error(ErrorKind::Invalid, "the schema differs from that of the upload to resume: ",
                 quoted(topic_locator(sequence, topic.name)));
  }
  return Status::OK();
}

Status check_chunk(const Chunk& chunk, int64_t rows_published) {
  if (chunk.rows < 1 || chunk.timestamp_ns_min > chunk.timestamp_ns_max) {
    return error(ErrorKind::Invalid, "chunk without rows or with its times reversed: ", chunk.path);
  }
  if (chunk.first_row != rows_published) {
    return error(ErrorKind::Invalid, "chunk begins at row ", chunk.first_row, " where row ",
                 rows_published, " is due: ", chunk.path);
  }
  return validate_text("chunk path", chunk.path);
}

Status check_replacement(const std::vector<Chunk>& replaced, const Chunk& merged) {
  const auto invalid = [&merged](std::string_view why) {
    return error(ErrorKind::Invalid, "a chunk cannot stand in the place of others: ", why, ": ",
                 merged.path);
  };
  if (replaced.empty()) return invalid("there are none");
  Chunk sum = replaced.front();
  for (size_t i = 1; i < replaced.size(); ++i) {
    const Chunk& chunk = replaced[i];
    if (chunk.topic != sum.topic) return invalid("they are of several topics");
    if (chunk.first_row != sum.first_row + sum.rows) return invalid("they are not adjacent");
    sum.rows += chunk.rows;
    sum.bytes += chunk.bytes;
    sum.timestamp_ns_min = std::min(sum.timestamp_ns_min, chunk.timestamp_ns_min);
    sum.timestamp_ns_max = std::max(sum.timestamp_ns_max, chunk.timestamp_ns_max);
  }
  const bool is_sum = merged.topic == sum.topic && merged.first_row == sum.first_row &&
                      merged.rows == sum.rows && merged.bytes == sum.bytes &&
                      merged.timestamp_ns_min == sum.timestamp_ns_min &&
                      merged.timestamp_ns_max == sum.timestamp_ns_max;
  if (!is_sum) return invalid("it does not hold their rows");
  return validate_text("chunk path", merged.path);
}

SequenceState sequence_state(bool has_finalized_session, bool has_notification,
                             bool has_notification_before_last_finalization) {
  if (!has_finalized_session) {
    return has_notification ? SequenceState::Unlocked : SequenceState::Pending;
  }
  return has_notification_before_last_finalization ? SequenceState::Unlocked
                                                   : SequenceState::Finalized;
}

std::string sequence_data_path(const std::string& name, SequenceId id) {
  return "data/" + name.substr(0, kNameBytesInPathMax) + "@" +
         std::to_string(static_cast<int64_t>(id));
}

std::string topic_data_path(const std::string& sequence_path, const std::string& name, TopicId id) {
  std::string segment = name.substr(0, kNameBytesInPathMax);
  std::replace(segment.begin(), segment.end(), '/', '.');
  return sequence_path + "/" + segment + "@" + std::to_string(static_cast<int64_t>(id));
}

std::optional<std::string> bound_to_text(const json& bound) {
  try {
    std::string text = bound.dump();
    if (text == "null") return std::nullopt;  // Also what is not finite.
    return text;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

ColumnStatistics as_stored(ColumnStatistics column) {
  if (!bound_to_text(column.min)) column.min = nullptr;
  if (!bound_to_text(column.max)) column.max = nullptr;
  return column;
}

Result<json> stored_json(const std::string& text) {
  auto value = core::parse_json(text, {.bytes_max = kStoredJsonBytesMax});
  if (value.ok()) return value;
  return error(ErrorKind::Corrupt, "catalog: a stored text is no JSON: ", value.status().message());
}

}  // namespace mosaico::catalog
