#include "catalog/sqlite/rows.hpp"

#include "catalog/rules.hpp"

namespace mosaico::catalog::sqlite {

namespace {

constexpr int64_t kTopicStates = 4;

}  // namespace

std::string join(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

const std::string& join_for_good(std::initializer_list<std::string_view> pieces) {
  return *new std::string(join(pieces));
}

Result<Sequence> read_sequence(const Statement& row, int column) {
  Sequence sequence;
  sequence.id = row.id<SequenceId>(column++);
  sequence.name = row.bytes(column++);
  ARROW_ASSIGN_OR_RAISE(sequence.user_metadata, stored_json(row.bytes(column++)));
  sequence.created_at_ns = row.integer(column++);
  sequence.data_path = row.bytes(column++);
  return sequence;
}

Session read_session(const Statement& row, int column) {
  Session session;
  session.id = row.id<SessionId>(column++);
  session.sequence = row.id<SequenceId>(column++);
  session.ulid = row.bytes(column++);
  session.uuid = row.bytes(column++);
  session.created_at_ns = row.integer(column++);
  session.completed_at_ns = row.optional_integer(column++);
  if (session.completed_at_ns) session.notifications_before = row.integer(column++);
  return session;
}

Result<Topic> read_topic(const Statement& row, int column) {
  Topic topic;
  topic.id = row.id<TopicId>(column++);
  topic.sequence = row.id<SequenceId>(column++);
  topic.session = row.id<SessionId>(column++);
  topic.name = row.bytes(column++);
  topic.uuid = row.bytes(column++);
  topic.ontology_tag = row.bytes(column++);
  topic.serialization_format = row.bytes(column++);
  ARROW_ASSIGN_OR_RAISE(topic.user_metadata, stored_json(row.bytes(column++)));
  topic.created_at_ns = row.integer(column++);
  const int64_t state = row.integer(column++);
  if (state < 0 || state >= kTopicStates) {
    return core::error(ErrorKind::Corrupt, "catalog: topic ", topic.name, " has state ", state);
  }
  topic.state = static_cast<TopicState>(state);
  topic.schema = row.bytes(column++);
  topic.rows = row.integer(column++);
  topic.bytes = row.integer(column++);
  topic.chunks = row.integer(column++);
  topic.timestamp_ns_min = row.optional_integer(column++);
  topic.timestamp_ns_max = row.optional_integer(column++);
  return topic;
}

Result<std::vector<std::string>> read_texts(Statement* rows) {
  std::vector<std::string> texts;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, rows->step());
    if (!found) return texts;
    texts.push_back(rows->bytes(0));
  }
}

Result<std::vector<std::pair<std::string, Topic>>> read_named_topics(Statement* rows) {
  std::vector<std::pair<std::string, Topic>> topics;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, rows->step());
    if (!found) return topics;
    ARROW_ASSIGN_OR_RAISE(Topic topic, read_topic(*rows, 1));
    topics.emplace_back(rows->bytes(0), std::move(topic));
  }
}

Result<Sequence> get_sequence(Database* database, const std::string& name) {
  static const std::string& sql =
      join_for_good({"SELECT ", kSequenceColumns, " FROM sequence s WHERE s.name = ?"});
  ARROW_ASSIGN_OR_RAISE(Statement row, database->query(sql, name));
  ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
  if (!found) return no_such_sequence(name);
  return read_sequence(row, 0);
}

Result<Session> get_session(Database* database, const Sequence& sequence, const std::string& ulid) {
  static const std::string& sql = join_for_good(
      {"SELECT ", kSessionColumns, " FROM session WHERE sequence_id = ? AND ulid = ?"});
  ARROW_ASSIGN_OR_RAISE(Statement row, database->query(sql, sequence.id, ulid));
  ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
  if (!found) return no_such_session(sequence.name, ulid);
  return read_session(row, 0);
}

Result<Topic> get_topic(Database* database, const Sequence& sequence, const std::string& name) {
  static const std::string& sql = join_for_good(
      {"SELECT ", kTopicColumns, " FROM topic t WHERE t.sequence_id = ? AND t.name = ?"});
  ARROW_ASSIGN_OR_RAISE(Statement row, database->query(sql, sequence.id, name));
  ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
  if (!found) return no_such_topic(sequence.name, name);
  return read_topic(row, 0);
}

Result<std::optional<Session>> find_session_by_uuid(Database* database, const std::string& uuid) {
  static const std::string& sql =
      join_for_good({"SELECT ", kSessionColumns, " FROM session WHERE uuid = ?"});
  ARROW_ASSIGN_OR_RAISE(Statement row, database->query(sql, uuid));
  ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
  if (!found) return std::nullopt;
  return read_session(row, 0);
}

Result<std::optional<int64_t>> keep_schema(Database* database, const std::string& schema) {
  if (schema.empty()) return std::nullopt;
  ARROW_RETURN_NOT_OK(
      database->execute("INSERT OR IGNORE INTO topic_schema (bytes) VALUES (?)", Blob{schema}));
  ARROW_ASSIGN_OR_RAISE(
      Statement row, database->query("SELECT id FROM topic_schema WHERE bytes = ?", Blob{schema}));
  ARROW_RETURN_NOT_OK(row.step());
  return row.integer(0);
}

Result<SequenceState> get_state(Database* database, SequenceId sequence) {
  ARROW_ASSIGN_OR_RAISE(
      Statement row,
      database->query("SELECT (SELECT max(last_notification_id) FROM session WHERE sequence_id = "
                      "?1 AND completed_at_ns IS NOT NULL), (SELECT min(id) FROM notification "
                      "WHERE sequence_id = ?1 AND topic_id IS NULL AND type = 'error')",
                      sequence));
  ARROW_RETURN_NOT_OK(row.step());
  const auto last_before_finalization = row.optional_integer(0);
  const auto first = row.optional_integer(1);
  return sequence_state(last_before_finalization.has_value(), first.has_value(),
                        last_before_finalization.has_value() && first.has_value() &&
                            *first <= *last_before_finalization);
}

Result<SequenceTree> get_tree(Database* database, const Sequence& sequence) {
  static const std::string& sessions_sql = join_for_good(
      {"SELECT ", kSessionColumns, " FROM session WHERE sequence_id = ? ORDER BY id"});
  static const std::string& topics_sql = join_for_good(
      {"SELECT ", kTopicColumns, " FROM topic t WHERE t.sequence_id = ? ORDER BY t.id"});
  SequenceTree tree;
  tree.sequence = sequence;
  ARROW_ASSIGN_OR_RAISE(tree.state, get_state(database, sequence.id));
  ARROW_ASSIGN_OR_RAISE(
      Statement manifest,
      database->query("SELECT changes, written FROM manifest WHERE sequence_id = ?", sequence.id));
  ARROW_RETURN_NOT_OK(manifest.step());
  tree.changes = manifest.integer(0);
  tree.manifest_is_stale = tree.changes > manifest.integer(1);
  ARROW_ASSIGN_OR_RAISE(Statement sessions, database->query(sessions_sql, sequence.id));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, sessions.step());
    if (!found) break;
    tree.sessions.push_back(read_session(sessions, 0));
  }
  ARROW_ASSIGN_OR_RAISE(Statement topics, database->query(topics_sql, sequence.id));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, topics.step());
    if (!found) return tree;
    ARROW_ASSIGN_OR_RAISE(Topic topic, read_topic(topics, 0));
    tree.topics.push_back(std::move(topic));
  }
}

Result<bool> is_in_finalized_session(Database* database, const Topic& topic) {
  ARROW_ASSIGN_OR_RAISE(
      Statement row,
      database->query("SELECT 1 FROM session WHERE id = ? AND completed_at_ns IS NOT NULL",
                      topic.session));
  return row.step();
}

Status bury(Database* database, const std::string& path, Deleted* deleted) {
  deleted->tombstones.push_back(path);
  return database->execute("INSERT OR IGNORE INTO tombstone (path) VALUES (?)", path).status();
}

Status collect_topics(Database* database, SequenceId sequence, Deleted* deleted) {
  ARROW_ASSIGN_OR_RAISE(
      Statement rows,
      database->query("SELECT id FROM topic WHERE sequence_id = ? ORDER BY id", sequence));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
    if (!found) return Status::OK();
    deleted->topics.push_back(rows.id<TopicId>(0));
  }
}

Status bury_topics(Database* database, const Sequence& sequence, SessionId session,
                   Deleted* deleted) {
  ARROW_ASSIGN_OR_RAISE(
      Statement rows,
      database->query("SELECT id, name FROM topic WHERE session_id = ? ORDER BY id", session));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
    if (!found) return Status::OK();
    deleted->topics.push_back(rows.id<TopicId>(0));
    const std::string path =
        topic_data_path(sequence.data_path, rows.bytes(1), deleted->topics.back());
    ARROW_RETURN_NOT_OK(bury(database, path, deleted));
  }
}

}  // namespace mosaico::catalog::sqlite
