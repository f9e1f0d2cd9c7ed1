#include "engine/chunk_origin.hpp"

#include <arrow/util/base64.h>

#include <utility>

#include "catalog/rules.hpp"
#include "core/ids.hpp"
#include "core/names.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;

json to_json(const catalog::Sequence& sequence) {
  return {{"name", sequence.name},
          {"id", static_cast<int64_t>(sequence.id)},
          {"created_at_ns", sequence.created_at_ns},
          {"user_metadata", sequence.user_metadata}};
}

json to_json(const catalog::Topic& topic) {
  return {{"name", topic.name},
          {"id", static_cast<int64_t>(topic.id)},
          {"created_at_ns", topic.created_at_ns},
          {"ontology_tag", topic.ontology_tag},
          {"serialization_format", topic.serialization_format},
          {"user_metadata", topic.user_metadata}};
}

// The members that sequences and topics have in common.
template <typename Object, typename Id>
Status read_common(const json& from, Object* object, Id* id) {
  ARROW_ASSIGN_OR_RAISE(object->name, core::string_member(from, "name"));
  ARROW_ASSIGN_OR_RAISE(const int64_t number, core::int_member(from, "id"));
  if (number < 1) return core::error(ErrorKind::Corrupt, "id is ", number);
  *id = Id{number};
  ARROW_ASSIGN_OR_RAISE(object->created_at_ns, core::int_member(from, "created_at_ns"));
  ARROW_ASSIGN_OR_RAISE(const auto* metadata, core::object_member(from, "user_metadata"));
  object->user_metadata = *metadata;
  return Status::OK();
}

Status read_origin(const json& from, ChunkOrigin* origin) {
  ARROW_ASSIGN_OR_RAISE(const auto* sequence, core::object_member(from, "sequence"));
  ARROW_RETURN_NOT_OK(read_common(*sequence, &origin->sequence, &origin->sequence.id));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(origin->sequence.name));

  ARROW_ASSIGN_OR_RAISE(const auto* session, core::object_member(from, "session"));
  ARROW_ASSIGN_OR_RAISE(origin->session.ulid, core::string_member(*session, "ulid"));
  if (!core::is_ulid(origin->session.ulid)) {
    return core::error(ErrorKind::Corrupt, core::quoted(origin->session.ulid), " is no ULID");
  }
  ARROW_ASSIGN_OR_RAISE(origin->session.created_at_ns, core::int_member(*session, "created_at_ns"));

  ARROW_ASSIGN_OR_RAISE(const auto* topic, core::object_member(from, "topic"));
  ARROW_RETURN_NOT_OK(read_common(*topic, &origin->topic, &origin->topic.id));
  ARROW_RETURN_NOT_OK(core::validate_topic_name(origin->topic.name));
  ARROW_ASSIGN_OR_RAISE(origin->topic.ontology_tag, core::string_member(*topic, "ontology_tag"));
  ARROW_ASSIGN_OR_RAISE(origin->topic.serialization_format,
                        core::string_member(*topic, "serialization_format"));
  return Status::OK();
}

}  // namespace

std::string topic_folder(const catalog::Sequence& sequence, const catalog::Topic& topic) {
  return catalog::topic_data_path(sequence.data_path, topic.name, topic.id);
}

json to_json(const ChunkOrigin& origin) {
  return {
      {"sequence", to_json(origin.sequence)},
      {"session", {{"ulid", origin.session.ulid}, {"created_at_ns", origin.session.created_at_ns}}},
      {"topic", to_json(origin.topic)}};
}

Result<ChunkOrigin> origin_from_json(const json& from) {
  ChunkOrigin origin;
  const Status read = read_origin(from, &origin);
  if (read.ok()) return origin;
  return core::error(ErrorKind::Corrupt, "it does not say whose rows it holds: ", read.message());
}

std::string schema_to_text(const std::string& schema_bytes) {
  return arrow::util::base64_encode(schema_bytes);
}

Status schema_from_text(const std::string& text, ChunkOrigin* origin) {
  auto bytes = arrow::util::base64_decode(text);
  if (!bytes.ok()) {
    return core::error(ErrorKind::Corrupt, "its schema is no base64: ", bytes.status().message());
  }
  ARROW_ASSIGN_OR_RAISE(origin->schema, deserialize_schema(*bytes));
  origin->topic.schema = std::move(bytes).ValueUnsafe();
  return Status::OK();
}

}  // namespace mosaico::engine
