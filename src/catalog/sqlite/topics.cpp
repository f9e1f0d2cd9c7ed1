#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"
#include "core/names.hpp"

namespace mosaico::catalog::sqlite {

namespace {

Status check_new_topic(const Sequence& sequence, const std::optional<Session>& session) {
  if (!session.has_value() || session->sequence != sequence.id) {
    return core::error(ErrorKind::NotFound, "no session with this UUID in sequence ",
                       core::quoted(sequence.name));
  }
  if (session->completed_at_ns.has_value()) {
    return core::error(ErrorKind::Locked, "session is finalized: ", core::quoted(session->ulid));
  }
  return Status::OK();
}

Result<int64_t> insert_topic(Database* database, const Session& session, const Topic& topic) {
  return database->execute(
      "INSERT INTO topic (sequence_id, session_id, name, uuid, ontology_tag, "
      "serialization_format, user_metadata, created_at_ns, state) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      session.sequence, session.id, topic.name, topic.uuid, topic.ontology_tag,
      topic.serialization_format, core::dump(topic.user_metadata), topic.created_at_ns,
      TopicState::Empty);
}

}  // namespace

Result<Topic> SqliteCatalog::create_topic(const std::string& sequence,
                                          const std::string& session_uuid, const Topic& topic) {
  ARROW_RETURN_NOT_OK(validate_text("topic name", topic.name));
  ARROW_RETURN_NOT_OK(validate_text("ontology tag", topic.ontology_tag));
  ARROW_RETURN_NOT_OK(validate_text("serialization format", topic.serialization_format));
  return connections_.write([&](Database* database) -> Result<Topic> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    ARROW_ASSIGN_OR_RAISE(const auto session, find_session_by_uuid(database, session_uuid));
    ARROW_RETURN_NOT_OK(check_new_topic(parent, session));
    const auto inserted = insert_topic(database, *session, topic);
    if (core::is_kind(inserted.status(), ErrorKind::AlreadyExists)) {
      return core::error(ErrorKind::AlreadyExists,
                         "topic exists already: ", core::quoted(sequence + "/" + topic.name));
    }
    ARROW_RETURN_NOT_OK(inserted);
    return get_topic(database, parent, topic.name);
  });
}

Result<Topic> SqliteCatalog::find_topic(const std::string& sequence, const std::string& name) {
  return connections_.read([&](Database* database) -> Result<Topic> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    return get_topic(database, parent, name);
  });
}

Result<std::pair<std::string, Topic>> SqliteCatalog::find_topic(TopicId topic) {
  static const std::string& sql =
      join_for_good({"SELECT s.name, ", kTopicColumns,
                     " FROM topic t JOIN sequence s ON s.id = t.sequence_id WHERE t.id = ?"});
  using SequenceTopic = std::pair<std::string, Topic>;
  return connections_.read([&](Database* database) -> Result<SequenceTopic> {
    ARROW_ASSIGN_OR_RAISE(Statement row, database->query(sql, topic));
    ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
    if (!found) {
      return core::error(ErrorKind::NotFound, "no topic with id ", static_cast<int64_t>(topic));
    }
    ARROW_ASSIGN_OR_RAISE(Topic result, read_topic(row, 1));
    return SequenceTopic(row.bytes(0), std::move(result));
  });
}

Result<Deleted> SqliteCatalog::delete_topic(const std::string& sequence, const std::string& name,
                                            bool allow_finalized) {
  return connections_.write([&](Database* database) -> Result<Deleted> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    ARROW_ASSIGN_OR_RAISE(const Topic topic, get_topic(database, parent, name));
    ARROW_ASSIGN_OR_RAISE(const bool is_finalized, is_in_finalized_session(database, topic));
    ARROW_ASSIGN_OR_RAISE(const SequenceState state, get_state(database, parent.id));
    ARROW_RETURN_NOT_OK(check_deletable(sequence, state, is_finalized, allow_finalized));
    Deleted deleted;
    deleted.topics.push_back(topic.id);
    ARROW_RETURN_NOT_OK(
        bury(database, topic_data_path(parent.data_path, topic.name, topic.id), &deleted));
    ARROW_RETURN_NOT_OK(database->execute("DELETE FROM topic WHERE id = ?", topic.id));
    return deleted;
  });
}

Result<Topic> SqliteCatalog::begin_upload(const std::string& sequence, const std::string& name,
                                          const std::string& topic_uuid, const std::string& schema,
                                          bool resume) {
  return connections_.write([&](Database* database) -> Result<Topic> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    ARROW_ASSIGN_OR_RAISE(const Topic topic, get_topic(database, parent, name));
    ARROW_ASSIGN_OR_RAISE(const bool is_finalized, is_in_finalized_session(database, topic));
    ARROW_RETURN_NOT_OK(check_upload(sequence, topic, is_finalized, {topic_uuid, schema, resume}));
    ARROW_ASSIGN_OR_RAISE(const auto schema_id, keep_schema(database, schema));
    ARROW_RETURN_NOT_OK(database->execute("UPDATE topic SET state = ?, schema_id = ? WHERE id = ?",
                                          TopicState::Uploading, schema_id, topic.id));
    return get_topic(database, parent, name);
  });
}

Status SqliteCatalog::end_upload(TopicId topic, TopicState state) {
  if (state != TopicState::Finalized && state != TopicState::Interrupted) {
    return core::error(ErrorKind::Invalid, "an upload ends finalized or interrupted");
  }
  return connections_.write([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(const int64_t changed,
                          database->execute("UPDATE topic SET state = ? WHERE id = ? AND state = ?",
                                            state, topic, TopicState::Uploading));
    if (changed > 0) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(Statement row,
                          database->query("SELECT name FROM topic WHERE id = ?", topic));
    ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
    if (!found) return core::error(ErrorKind::NotFound, "the topic was deleted");
    return core::error(ErrorKind::Locked,
                       "topic is not being uploaded: ", core::quoted(row.bytes(0)));
  });
}

Result<std::vector<std::pair<std::string, Topic>>> SqliteCatalog::topics_in_state(
    TopicState state) {
  static const std::string& sql =
      join_for_good({"SELECT s.name, ", kTopicColumns,
                     " FROM topic t JOIN sequence s ON s.id = t.sequence_id WHERE t.state = ? "
                     "ORDER BY t.id"});
  using Topics = std::vector<std::pair<std::string, Topic>>;
  return connections_.read([&](Database* database) -> Result<Topics> {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(sql, state));
    return read_named_topics(&rows);
  });
}

}  // namespace mosaico::catalog::sqlite
