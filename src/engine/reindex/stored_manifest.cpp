#include "engine/reindex/stored_manifest.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/names.hpp"
#include "engine/chunk_origin.hpp"

namespace mosaico::engine {

namespace {

using catalog::TopicState;
using core::int_member;
using core::string_member;
using nlohmann::json;

constexpr int64_t kFormat = 1;

Status wrong(const std::string& why) { return core::error(ErrorKind::Corrupt, why); }

Result<TopicState> state_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, TopicState>, 4> kStates = {
      {{"empty", TopicState::Empty},
       {"uploading", TopicState::Uploading},
       {"interrupted", TopicState::Interrupted},
       {"finalized", TopicState::Finalized}}};
  const auto found = std::find_if(kStates.begin(), kStates.end(),
                                  [&name](const auto& entry) { return entry.first == name; });
  if (found == kStates.end()) return wrong("a topic has the state " + core::quoted(name));
  return found->second;
}

Result<catalog::Session> read_session(const json& from) {
  catalog::Session session;
  ARROW_ASSIGN_OR_RAISE(session.ulid, string_member(from, "ulid"));
  if (!core::is_ulid(session.ulid)) return wrong(core::quoted(session.ulid) + " is no ULID");
  ARROW_ASSIGN_OR_RAISE(session.created_at_ns, int_member(from, "created_at_ns"));
  ARROW_ASSIGN_OR_RAISE(session.completed_at_ns,
                        core::optional_int_member(from, "completed_at_ns"));
  ARROW_ASSIGN_OR_RAISE(session.notifications_before,
                        core::optional_int_member(from, "notifications_before"));
  return session;
}

// What sequences and topics have in common.
template <typename Object, typename Id>
Status read_common(const json& from, Object* object, Id* id) {
  ARROW_ASSIGN_OR_RAISE(object->name, string_member(from, "name"));
  ARROW_ASSIGN_OR_RAISE(const int64_t number, int_member(from, "id"));
  if (number < 1) return wrong("an id is " + std::to_string(number));
  *id = Id{number};
  ARROW_ASSIGN_OR_RAISE(object->created_at_ns, int_member(from, "created_at_ns"));
  ARROW_ASSIGN_OR_RAISE(const json* metadata, core::object_member(from, "user_metadata"));
  object->user_metadata = *metadata;
  return Status::OK();
}

Result<StoredManifest::StoredTopic> read_topic(const json& from) {
  StoredManifest::StoredTopic stored;
  catalog::Topic& topic = stored.topic;
  ARROW_RETURN_NOT_OK(read_common(from, &topic, &topic.id));
  ARROW_RETURN_NOT_OK(core::validate_topic_name(topic.name));
  ARROW_ASSIGN_OR_RAISE(stored.session, string_member(from, "session"));
  ARROW_ASSIGN_OR_RAISE(topic.ontology_tag, string_member(from, "ontology_tag"));
  ARROW_ASSIGN_OR_RAISE(topic.serialization_format, string_member(from, "serialization_format"));
  ARROW_ASSIGN_OR_RAISE(topic.rows, int_member(from, "rows"));
  ARROW_ASSIGN_OR_RAISE(const std::string state, string_member(from, "state"));
  ARROW_ASSIGN_OR_RAISE(topic.state, state_of(state));
  ARROW_ASSIGN_OR_RAISE(const std::string schema, string_member(from, "schema"));
  if (schema.empty()) return stored;
  ChunkOrigin origin;
  ARROW_RETURN_NOT_OK(schema_from_text(schema, &origin));
  topic.schema = std::move(origin.topic.schema);
  return stored;
}

Result<catalog::Notification> read_notification(const json& from) {
  catalog::Notification notification;
  ARROW_ASSIGN_OR_RAISE(notification.topic, string_member(from, "topic"));
  ARROW_ASSIGN_OR_RAISE(notification.type, string_member(from, "type"));
  ARROW_ASSIGN_OR_RAISE(notification.message, string_member(from, "message"));
  ARROW_ASSIGN_OR_RAISE(notification.created_at_ns, int_member(from, "created_at_ns"));
  return notification;
}

template <typename Entry, typename Read>
Status read_list(const json& from, const char* key, std::vector<Entry>* list, const Read& read) {
  ARROW_ASSIGN_OR_RAISE(const json* entries, core::array_member(from, key));
  for (const json& entry : *entries) {
    ARROW_ASSIGN_OR_RAISE(list->emplace_back(), read(entry));
  }
  return Status::OK();
}

// A finalization in a manifest that does not count notifications is later than those before it.
void count_notifications(StoredManifest* manifest) {
  for (catalog::Session& session : manifest->sessions) {
    if (!session.completed_at_ns || session.notifications_before) continue;
    session.notifications_before = std::count_if(
        manifest->notifications.begin(), manifest->notifications.end(), [&](const auto& entry) {
          return entry.topic.empty() && entry.created_at_ns <= *session.completed_at_ns;
        });
  }
}

Result<StoredManifest> read_manifest(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json from, core::parse_json(text, kStoredJsonLimits));
  ARROW_ASSIGN_OR_RAISE(const int64_t format, int_member(from, "format"));
  if (format != kFormat) return wrong("its format is " + std::to_string(format));
  StoredManifest manifest;
  catalog::Sequence& sequence = manifest.sequence;
  ARROW_RETURN_NOT_OK(read_common(from, &sequence, &sequence.id));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(sequence.name));
  ARROW_RETURN_NOT_OK(read_list(from, "sessions", &manifest.sessions, read_session));
  ARROW_RETURN_NOT_OK(read_list(from, "topics", &manifest.topics, read_topic));
  ARROW_RETURN_NOT_OK(read_list(from, "notifications", &manifest.notifications, read_notification));
  for (catalog::Notification& notification : manifest.notifications) {
    notification.sequence = sequence.name;
  }
  for (const StoredManifest::StoredTopic& topic : manifest.topics) {
    const bool has_session =
        std::any_of(manifest.sessions.begin(), manifest.sessions.end(),
                    [&topic](const auto& entry) { return entry.ulid == topic.session; });
    if (!has_session) return wrong("topic " + core::quoted(topic.topic.name) + " has no session");
  }
  count_notifications(&manifest);
  return manifest;
}

}  // namespace

Result<StoredManifest> parse_manifest(std::string_view text) {
  auto manifest = read_manifest(text);
  if (manifest.ok()) return manifest;
  return core::error(ErrorKind::Corrupt,
                     "the manifest cannot be read: ", manifest.status().message());
}

}  // namespace mosaico::engine
