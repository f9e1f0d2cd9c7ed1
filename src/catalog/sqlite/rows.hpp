#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/records.hpp"
#include "catalog/sqlite/database.hpp"

namespace mosaico::catalog::sqlite {

// Steps that several calls have in common, inside the caller's transaction.

// Column lists, with the aliases s, session and t; a reader takes the place of the first column.
inline constexpr std::string_view kSequenceColumns =
    "s.id, s.name, s.user_metadata, s.created_at_ns, s.data_path";
inline constexpr std::string_view kSessionColumns =
    "session.id, session.sequence_id, session.ulid, session.uuid, session.created_at_ns, "
    "session.completed_at_ns, (SELECT count(*) FROM notification n WHERE n.sequence_id = "
    "session.sequence_id AND n.topic_id IS NULL AND n.id <= session.last_notification_id)";
inline constexpr std::string_view kTopicColumns =
    "t.id, t.sequence_id, t.session_id, t.name, t.uuid, t.ontology_tag, t.serialization_format, "
    "t.user_metadata, t.created_at_ns, t.state, "
    "coalesce((SELECT bytes FROM topic_schema WHERE id = t.schema_id), x''), t.row_count, "
    "t.byte_count, t.chunk_count, t.timestamp_ns_min, t.timestamp_ns_max";

// The same without its schema, which may be large.
inline constexpr std::string_view kTopicColumnsWithoutSchema =
    "t.id, t.sequence_id, t.session_id, t.name, t.uuid, t.ontology_tag, t.serialization_format, "
    "t.user_metadata, t.created_at_ns, t.state, x'', t.row_count, t.byte_count, t.chunk_count, "
    "t.timestamp_ns_min, t.timestamp_ns_max";

Result<Sequence> read_sequence(const Statement& row, int column);
Session read_session(const Statement& row, int column);
Result<Topic> read_topic(const Statement& row, int column);

std::string join(std::initializer_list<std::string_view> pieces);
// For statements made once. They are there until the process is gone: a catalog in a static object
// works while others are destroyed.
const std::string& join_for_good(std::initializer_list<std::string_view> pieces);

// The first column of all rows, as text.
Result<std::vector<std::string>> read_texts(Statement* rows);

// All rows: a sequence's name, then a topic.
Result<std::vector<std::pair<std::string, Topic>>> read_named_topics(Statement* rows);

// NotFound.
Result<Sequence> get_sequence(Database* database, const std::string& name);
Result<Session> get_session(Database* database, const Sequence& sequence, const std::string& ulid);
Result<Topic> get_topic(Database* database, const Sequence& sequence, const std::string& name);

// Nothing when no session has this UUID.
Result<std::optional<Session>> find_session_by_uuid(Database* database, const std::string& uuid);

// Its id among the schemas of topics; none for the empty one.
Result<std::optional<int64_t>> keep_schema(Database* database, const std::string& schema);

Result<SequenceState> get_state(Database* database, SequenceId sequence);
Result<SequenceTree> get_tree(Database* database, const Sequence& sequence);

// Whether the session of a topic is finalized.
Result<bool> is_in_finalized_session(Database* database, const Topic& topic);

// Notes that `path` has to go from the store, for the caller too.
Status bury(Database* database, const std::string& path, Deleted* deleted);

// Collects the ids of the topics of a sequence.
Status collect_topics(Database* database, SequenceId sequence, Deleted* deleted);
// Collects the topics of a session, and leaves the tombstones of their folders.
Status bury_topics(Database* database, const Sequence& sequence, SessionId session,
                   Deleted* deleted);

}  // namespace mosaico::catalog::sqlite
