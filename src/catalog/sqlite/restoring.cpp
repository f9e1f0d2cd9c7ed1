#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"
#include "core/names.hpp"

namespace mosaico::catalog::sqlite {

namespace {

Result<bool> has_row(Result<Statement> query) {
  ARROW_ASSIGN_OR_RAISE(Statement row, std::move(query));
  return row.step();
}

// The same error, with what was there already.
Status explained(const Status& status, std::string_view what, const std::string& name) {
  if (!core::is_kind(status, ErrorKind::AlreadyExists)) return status;
  return core::error(ErrorKind::AlreadyExists, what, " exists already: ", core::quoted(name));
}

// AUTOINCREMENT keeps the last id of a table here, from its first row on.
Status keep_ids_above(Database* database, const char* table, int64_t last) {
  ARROW_RETURN_NOT_OK(
      database->execute("INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0 "
                        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                        std::string_view(table)));
  return database
      ->execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
                std::string_view(table), last)
      .status();
}

}  // namespace

Status SqliteCatalog::restore_sequence(const Sequence& sequence) {
  ARROW_RETURN_NOT_OK(validate_text("sequence name", sequence.name));
  ARROW_RETURN_NOT_OK(validate_text("path", sequence.data_path));
  return connections_.write([&](Database* database) -> Status {
    const auto inserted = database->execute(
        "INSERT INTO sequence (id, name, user_metadata, created_at_ns, data_path) "
        "VALUES (?, ?, ?, ?, ?)",
        sequence.id, sequence.name, core::dump(sequence.user_metadata), sequence.created_at_ns,
        sequence.data_path);
    return explained(inserted.status(), "sequence", sequence.name);
  });
}

Result<SessionId> SqliteCatalog::restore_session(const Session& session) {
  return connections_.write([&](Database* database) -> Result<SessionId> {
    ARROW_ASSIGN_OR_RAISE(
        const bool has_sequence,
        has_row(database->query("SELECT 1 FROM sequence WHERE id = ?", session.sequence)));
    if (!has_sequence) return core::error(ErrorKind::NotFound, "no sequence with this id");
    const auto inserted = database->execute(
        "INSERT INTO session (sequence_id, ulid, uuid, created_at_ns, completed_at_ns, "
        "last_notification_id) VALUES (?1, ?2, ?3, ?4, ?5, CASE WHEN ?5 IS NOT NULL THEN "
        "(SELECT coalesce(max(id), 0) FROM (SELECT id FROM notification WHERE sequence_id = ?1 "
        "AND topic_id IS NULL ORDER BY id LIMIT ?6)) END)",
        session.sequence, session.ulid, session.uuid, session.created_at_ns,
        session.completed_at_ns, session.notifications_before.value_or(0));
    ARROW_RETURN_NOT_OK(explained(inserted.status(), "session", session.ulid));
    return SessionId{database->last_insert_id()};
  });
}

Status SqliteCatalog::restore_topic(const Topic& topic) {
  ARROW_RETURN_NOT_OK(validate_text("topic name", topic.name));
  ARROW_RETURN_NOT_OK(validate_text("ontology tag", topic.ontology_tag));
  ARROW_RETURN_NOT_OK(validate_text("serialization format", topic.serialization_format));
  return connections_.write([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(
        const bool has_session,
        has_row(database->query("SELECT 1 FROM session WHERE id = ? AND sequence_id = ?",
                                topic.session, topic.sequence)));
    if (!has_session) return core::error(ErrorKind::NotFound, "no session with this id");
    ARROW_ASSIGN_OR_RAISE(const auto schema_id, keep_schema(database, topic.schema));
    const auto inserted = database->execute(
        "INSERT INTO topic (id, sequence_id, session_id, name, uuid, ontology_tag, "
        "serialization_format, user_metadata, created_at_ns, state, schema_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        topic.id, topic.sequence, topic.session, topic.name, topic.uuid, topic.ontology_tag,
        topic.serialization_format, core::dump(topic.user_metadata), topic.created_at_ns,
        topic.state, schema_id);
    return explained(inserted.status(), "topic", topic.name);
  });
}

Status SqliteCatalog::restore_ids(SequenceId last_sequence, TopicId last_topic) {
  return connections_.write([&](Database* database) -> Status {
    ARROW_RETURN_NOT_OK(keep_ids_above(database, "sequence", static_cast<int64_t>(last_sequence)));
    return keep_ids_above(database, "topic", static_cast<int64_t>(last_topic));
  });
}

}  // namespace mosaico::catalog::sqlite
