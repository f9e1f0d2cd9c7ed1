#include <algorithm>
#include <limits>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"
#include "core/names.hpp"

namespace mosaico::catalog::sqlite {

namespace {

Status delete_sequence_row(Database* database, const Sequence& sequence, Deleted* deleted) {
  ARROW_RETURN_NOT_OK(collect_topics(database, sequence.id, deleted));
  ARROW_RETURN_NOT_OK(bury(database, sequence.data_path, deleted));
  return database->execute("DELETE FROM sequence WHERE id = ?", sequence.id).status();
}

// The least text greater than every name with this prefix. Names are ASCII, so a greater byte
// exists.
std::string end_of_prefix(std::string prefix) {
  constexpr char kGreaterThanEveryName = '\x7f';
  if (prefix.empty()) return {kGreaterThanEveryName};
  ++prefix.back();
  return prefix;
}

bool can_begin_a_name(const std::string& prefix) {
  return std::all_of(prefix.begin(), prefix.end(), [](char c) { return c > 0 && c < '\x7f'; });
}

// Sums over the topics of the names of one page.
constexpr std::string_view kPageSql = R"sql(
WITH page AS (
  SELECT id, name, created_at_ns FROM sequence
  WHERE name >= ?1 AND name < ?2 AND name > ?3 ORDER BY name LIMIT ?4
)
SELECT page.id, page.name, page.created_at_ns, count(t.id), coalesce(sum(t.row_count), 0),
  coalesce(sum(t.byte_count), 0), min(t.timestamp_ns_min), max(t.timestamp_ns_max)
FROM page LEFT JOIN topic t ON t.sequence_id = page.id
GROUP BY page.id ORDER BY page.name
)sql";

Result<SequenceSummary> read_summary(Database* database, const Statement& row) {
  SequenceSummary summary;
  ARROW_ASSIGN_OR_RAISE(summary.state, get_state(database, row.id<SequenceId>(0)));
  summary.name = row.bytes(1);
  summary.created_at_ns = row.integer(2);
  summary.topics = row.integer(3);
  summary.rows = row.integer(4);
  summary.bytes = row.integer(5);
  summary.timestamp_ns_min = row.optional_integer(6);
  summary.timestamp_ns_max = row.optional_integer(7);
  return summary;
}

}  // namespace

Result<Sequence> SqliteCatalog::create_sequence(const std::string& name,
                                                const nlohmann::json& user_metadata,
                                                int64_t created_at_ns) {
  ARROW_RETURN_NOT_OK(validate_text("sequence name", name));
  return connections_.write([&](Database* database) -> Result<Sequence> {
    const auto inserted = database->execute(
        "INSERT INTO sequence (name, user_metadata, created_at_ns, data_path) "
        "VALUES (?, ?, ?, '')",
        name, core::dump(user_metadata), created_at_ns);
    if (core::is_kind(inserted.status(), ErrorKind::AlreadyExists)) {
      return core::error(ErrorKind::AlreadyExists, "sequence exists already: ", core::quoted(name));
    }
    ARROW_RETURN_NOT_OK(inserted);
    const SequenceId id{database->last_insert_id()};
    ARROW_RETURN_NOT_OK(database->execute("UPDATE sequence SET data_path = ? WHERE id = ?",
                                          sequence_data_path(name, id), id));
    return get_sequence(database, name);
  });
}

Result<SequenceTree> SqliteCatalog::find_sequence(const std::string& name) {
  return connections_.read([&](Database* database) -> Result<SequenceTree> {
    ARROW_ASSIGN_OR_RAISE(const Sequence sequence, get_sequence(database, name));
    return get_tree(database, sequence);
  });
}

Result<SequencePage> SqliteCatalog::list_sequences(const std::string& prefix,
                                                   const std::string& cursor, int64_t limit) {
  if (limit < 1) return core::error(ErrorKind::Invalid, "limit must be at least 1, not ", limit);
  if (!can_begin_a_name(prefix)) return SequencePage{};
  return connections_.read([&](Database* database) -> Result<SequencePage> {
    // One more than wanted tells whether there is another page.
    const int64_t wanted = std::min(limit, std::numeric_limits<int64_t>::max() - 1);
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(kPageSql, prefix, end_of_prefix(prefix),
                                                          cursor, wanted + 1));
    SequencePage page;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return page;
      if (static_cast<int64_t>(page.sequences.size()) == wanted) {
        page.cursor = page.sequences.back().name;
        return page;
      }
      ARROW_ASSIGN_OR_RAISE(SequenceSummary summary, read_summary(database, rows));
      page.sequences.push_back(std::move(summary));
    }
  });
}

Result<Deleted> SqliteCatalog::delete_sequence(const std::string& name, bool allow_finalized) {
  return connections_.write([&](Database* database) -> Result<Deleted> {
    ARROW_ASSIGN_OR_RAISE(const Sequence sequence, get_sequence(database, name));
    ARROW_ASSIGN_OR_RAISE(const SequenceState state, get_state(database, sequence.id));
    ARROW_RETURN_NOT_OK(check_deletable(name, state, /*is_finalized=*/true, allow_finalized));
    Deleted deleted;
    ARROW_RETURN_NOT_OK(delete_sequence_row(database, sequence, &deleted));
    return deleted;
  });
}

Result<Deleted> SqliteCatalog::abort_sequence(const std::string& name,
                                              const std::string& session_uuid) {
  return connections_.write([&](Database* database) -> Result<Deleted> {
    ARROW_ASSIGN_OR_RAISE(const Sequence sequence, get_sequence(database, name));
    ARROW_ASSIGN_OR_RAISE(const auto session, find_session_by_uuid(database, session_uuid));
    if (!session.has_value() || session->sequence != sequence.id) {
      return core::error(ErrorKind::NotFound, "no session with this UUID in sequence ",
                         core::quoted(name));
    }
    ARROW_ASSIGN_OR_RAISE(
        Statement finalized,
        database->query(
            "SELECT 1 FROM session WHERE sequence_id = ? AND completed_at_ns IS NOT NULL",
            sequence.id));
    ARROW_ASSIGN_OR_RAISE(const bool has_finalized, finalized.step());
    if (has_finalized) {
      return core::error(ErrorKind::Locked, "sequence ", core::quoted(name),
                         " has a finalized session, so it cannot be aborted");
    }
    Deleted deleted;
    ARROW_RETURN_NOT_OK(delete_sequence_row(database, sequence, &deleted));
    return deleted;
  });
}

}  // namespace mosaico::catalog::sqlite
