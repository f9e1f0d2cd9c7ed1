#include <algorithm>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/names.hpp"

namespace mosaico::catalog::sqlite {

namespace {

Status check_finalizable(Database* database, const Session& session) {
  const std::string name = core::quoted(session.ulid);
  if (session.completed_at_ns.has_value()) {
    return core::error(ErrorKind::Locked, "session is finalized already: ", name);
  }
  ARROW_ASSIGN_OR_RAISE(
      Statement row,
      database->query("SELECT count(*), count(*) FILTER (WHERE state <> ?) FROM topic "
                      "WHERE session_id = ?",
                      TopicState::Finalized, session.id));
  ARROW_RETURN_NOT_OK(row.step());
  if (row.integer(0) == 0) {
    return core::error(ErrorKind::Locked, "session has no topic: ", name);
  }
  if (row.integer(1) > 0) {
    return core::error(ErrorKind::Locked, row.integer(1),
                       " topics of the session have not been uploaded to their end: ", name);
  }
  return Status::OK();
}

Status check_claimable(const SequenceTree& tree, const Session& session) {
  if (session.completed_at_ns.has_value()) {
    return core::error(ErrorKind::Locked, "session is finalized: ", core::quoted(session.ulid));
  }
  const auto uploading = std::find_if(tree.topics.begin(), tree.topics.end(), [&](const Topic& t) {
    return t.session == session.id && t.state == TopicState::Uploading;
  });
  if (uploading == tree.topics.end()) return Status::OK();
  return core::error(ErrorKind::Locked, "topic ", core::quoted(uploading->name),
                     " of the session is being uploaded: ", core::quoted(session.ulid));
}

}  // namespace

Result<Session> SqliteCatalog::create_session(const std::string& sequence, const std::string& ulid,
                                              const std::string& uuid, int64_t created_at_ns) {
  return connections_.write([&](Database* database) -> Result<Session> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    ARROW_RETURN_NOT_OK(database->execute(
        "INSERT INTO session (sequence_id, ulid, uuid, created_at_ns) VALUES (?, ?, ?, ?)",
        parent.id, ulid, uuid, created_at_ns));
    return get_session(database, parent, ulid);
  });
}

Result<std::string> SqliteCatalog::finalize_session(const std::string& uuid,
                                                    int64_t completed_at_ns) {
  return connections_.write([&](Database* database) -> Result<std::string> {
    ARROW_ASSIGN_OR_RAISE(const auto session, find_session_by_uuid(database, uuid));
    if (!session.has_value()) return core::error(ErrorKind::NotFound, "no session with this UUID");
    ARROW_RETURN_NOT_OK(check_finalizable(database, *session));
    ARROW_RETURN_NOT_OK(database->execute(
        "UPDATE session SET completed_at_ns = ?2, last_notification_id = (SELECT "
        "coalesce(max(id), 0) FROM notification WHERE sequence_id = session.sequence_id AND "
        "topic_id IS NULL) WHERE id = ?1",
        session->id, completed_at_ns));
    ARROW_ASSIGN_OR_RAISE(Statement name, database->query("SELECT name FROM sequence WHERE id = ?",
                                                          session->sequence));
    ARROW_RETURN_NOT_OK(name.step());
    return name.bytes(0);
  });
}

Result<Deleted> SqliteCatalog::delete_session(const std::string& sequence, const std::string& ulid,
                                              bool allow_finalized) {
  return connections_.write([&](Database* database) -> Result<Deleted> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    ARROW_ASSIGN_OR_RAISE(const Session session, get_session(database, parent, ulid));
    ARROW_ASSIGN_OR_RAISE(const SequenceState state, get_state(database, parent.id));
    ARROW_RETURN_NOT_OK(
        check_deletable(sequence, state, session.completed_at_ns.has_value(), allow_finalized));
    Deleted deleted;
    ARROW_RETURN_NOT_OK(bury_topics(database, parent, session.id, &deleted));
    ARROW_RETURN_NOT_OK(database->execute("DELETE FROM session WHERE id = ?", session.id));
    return deleted;
  });
}

Result<SequenceTree> SqliteCatalog::claim_session(const std::string& sequence,
                                                  const std::string& ulid,
                                                  const std::function<std::string()>& make_uuid) {
  return connections_.write([&](Database* database) -> Result<SequenceTree> {
    ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
    ARROW_ASSIGN_OR_RAISE(const Session session, get_session(database, parent, ulid));
    ARROW_ASSIGN_OR_RAISE(const SequenceTree before, get_tree(database, parent));
    ARROW_RETURN_NOT_OK(check_claimable(before, session));
    ARROW_RETURN_NOT_OK(
        database->execute("UPDATE session SET uuid = ? WHERE id = ?", make_uuid(), session.id));
    for (const Topic& topic : before.topics) {
      if (topic.session != session.id) continue;
      ARROW_RETURN_NOT_OK(
          database->execute("UPDATE topic SET uuid = ? WHERE id = ?", make_uuid(), topic.id));
    }
    return get_tree(database, parent);
  });
}

}  // namespace mosaico::catalog::sqlite
