#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"

namespace mosaico::catalog::sqlite {

namespace {

// Its id.
Result<ChunkId> insert_chunk(Database* database, const Chunk& chunk) {
  ARROW_RETURN_NOT_OK(database->execute(
      "INSERT INTO chunk (topic_id, path, first_row, row_count, byte_count, file_bytes, "
      "checksum, timestamp_ns_min, timestamp_ns_max) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      chunk.topic, chunk.path, chunk.first_row, chunk.rows, chunk.bytes, chunk.file_bytes,
      int64_t{chunk.checksum}, chunk.timestamp_ns_min, chunk.timestamp_ns_max));
  const ChunkId id{database->last_insert_id()};
  int64_t position = 0;
  for (const ColumnStatistics& column : chunk.columns) {
    ARROW_RETURN_NOT_OK(
        database->execute("INSERT INTO chunk_column (chunk_id, path, position, min, max, nulls) "
                          "VALUES (?, ?, ?, ?, ?, ?)",
                          id, column.path, position++, bound_to_text(column.min),
                          bound_to_text(column.max), column.nulls));
  }
  return id;
}

Status add_to_topic(Database* database, const Chunk& chunk) {
  return database
      ->execute(
          "UPDATE topic SET row_count = row_count + ?2, byte_count = byte_count + ?3, "
          "chunk_count = chunk_count + 1, "
          "timestamp_ns_min = min(coalesce(timestamp_ns_min, ?4), ?4), "
          "timestamp_ns_max = max(coalesce(timestamp_ns_max, ?5), ?5) WHERE id = ?1",
          chunk.topic, chunk.rows, chunk.bytes, chunk.timestamp_ns_min, chunk.timestamp_ns_max)
      .status();
}

constexpr std::string_view kChunkColumns =
    "c.id, c.topic_id, c.path, c.first_row, c.row_count, c.byte_count, c.file_bytes, c.checksum, "
    "c.timestamp_ns_min, c.timestamp_ns_max";
constexpr int kTopicColumn = 1;
constexpr int kChunkColumnCount = 10;

constexpr std::string_view kInWindow =
    "c.timestamp_ns_max >= ?2 AND (c.timestamp_ns_min < ?3 OR ?3 = 9223372036854775807)";

Chunk read_chunk(const Statement& row) {
  Chunk chunk;
  int column = 0;
  chunk.id = row.id<ChunkId>(column++);
  chunk.topic = row.id<TopicId>(column++);
  chunk.path = row.bytes(column++);
  chunk.first_row = row.integer(column++);
  chunk.rows = row.integer(column++);
  chunk.bytes = row.integer(column++);
  chunk.file_bytes = row.integer(column++);
  chunk.checksum = static_cast<uint32_t>(row.integer(column++));
  chunk.timestamp_ns_min = row.integer(column++);
  chunk.timestamp_ns_max = row.integer(column++);
  return chunk;
}

// As parsing gives it, in a small part of the time; nothing for what is no number.
std::optional<nlohmann::json> read_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  const auto read = [&text, end](auto number) -> std::optional<nlohmann::json> {
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc() || stop != end) return std::nullopt;
    return number;
  };
  const bool is_positive = text.front() >= '0' && text.front() <= '9';
  const bool is_negative = text.size() > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9';
  if (!is_positive && !is_negative) return std::nullopt;
  if (text.find_first_of(".eE") != std::string_view::npos) return read(double{});
  return is_positive ? read(uint64_t{}) : read(int64_t{});
}

Result<nlohmann::json> read_bound(const Statement& row, int column) {
  const std::string_view text = row.view(column);
  if (text.empty()) return nlohmann::json();
  if (auto number = read_number(text)) return *std::move(number);
  return stored_json(std::string(text));
}

// Of path, min, max and null count.
Result<ColumnStatistics> read_column(const Statement& row, int column) {
  ColumnStatistics statistics;
  statistics.path = row.bytes(column++);
  ARROW_ASSIGN_OR_RAISE(statistics.min, read_bound(row, column++));
  ARROW_ASSIGN_OR_RAISE(statistics.max, read_bound(row, column++));
  statistics.nulls = row.integer(column++);
  return statistics;
}

Result<Chunk> get_chunk(Database* database, ChunkId id) {
  static const std::string& sql =
      join_for_good({"SELECT ", kChunkColumns, " FROM chunk c WHERE c.id = ?"});
  ARROW_ASSIGN_OR_RAISE(Statement row, database->query(sql, id));
  ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
  if (!found) {
    return core::error(ErrorKind::NotFound, "no chunk with id ", static_cast<int64_t>(id));
  }
  Chunk chunk = read_chunk(row);
  ARROW_ASSIGN_OR_RAISE(
      Statement columns,
      database->query("SELECT path, min, max, nulls FROM chunk_column WHERE chunk_id = ? "
                      "ORDER BY position",
                      id));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool has_column, columns.step());
    if (!has_column) return chunk;
    ARROW_ASSIGN_OR_RAISE(chunk.columns.emplace_back(), read_column(columns, 0));
  }
}

// Chunks of many topics with statistics of some columns, in one statement.
class ChunkRows {
 public:
  static Result<ChunkRows> select(Database* database, const std::string& topics,
                                  const ChunkFilter& filter) {
    static const std::string& sql = join_for_good(
        {"SELECT ", kChunkColumns,
         ", x.path, x.min, x.max, x.nulls FROM json_each(?1) wanted "
         "CROSS JOIN chunk c ON c.topic_id = wanted.value LEFT JOIN chunk_column x ON "
         "x.chunk_id = c.id AND x.path IN (SELECT value FROM json_each(?4)) WHERE ",
         kInWindow});
    ARROW_ASSIGN_OR_RAISE(Statement rows,
                          database->query(sql, topics, filter.start_ns, filter.end_ns,
                                          core::dump(nlohmann::json(filter.columns))));
    ARROW_ASSIGN_OR_RAISE(const bool has_row, rows.step());
    return ChunkRows(std::move(rows), has_row);
  }

  // The chunks of `topic`, which is the next one of those selected that has any, or has none.
  Result<std::vector<Chunk>> chunks_of(TopicId topic) {
    std::vector<Chunk> chunks;
    while (has_row_ && row_.id<TopicId>(kTopicColumn) == topic) {
      const auto id = row_.id<ChunkId>(0);
      if (chunks.empty() || chunks.back().id != id) chunks.push_back(read_chunk(row_));
      if (!row_.is_null(kChunkColumnCount)) {
        ARROW_ASSIGN_OR_RAISE(auto column, read_column(row_, kChunkColumnCount));
        chunks.back().columns.push_back(std::move(column));
      }
      ARROW_ASSIGN_OR_RAISE(has_row_, row_.step());
    }
    std::sort(chunks.begin(), chunks.end(),
              [](const Chunk& a, const Chunk& b) { return a.first_row < b.first_row; });
    return chunks;
  }

 private:
  ChunkRows(Statement row, bool has_row) : row_(std::move(row)), has_row_(has_row) {}

  Statement row_;
  bool has_row_;
};

Status show_schema(Database* database, std::optional<int64_t> id, TopicVisitor& visitor) {
  if (!id) return visitor.visit_schema({});
  ARROW_ASSIGN_OR_RAISE(Statement row,
                        database->query("SELECT bytes FROM topic_schema WHERE id = ?", *id));
  ARROW_RETURN_NOT_OK(row.step());
  return visitor.visit_schema(row.bytes(0));
}

}  // namespace

Result<Chunk> SqliteCatalog::publish_chunk(const Chunk& chunk) {
  return connections_.write([&](Database* database) -> Result<Chunk> {
    ARROW_ASSIGN_OR_RAISE(Statement topic,
                          database->query("SELECT row_count FROM topic WHERE id = ?", chunk.topic));
    ARROW_ASSIGN_OR_RAISE(const bool found, topic.step());
    if (!found) return core::error(ErrorKind::NotFound, "the topic was deleted: ", chunk.path);
    ARROW_RETURN_NOT_OK(check_chunk(chunk, topic.integer(0)));
    Chunk published = chunk;
    ARROW_ASSIGN_OR_RAISE(published.id, insert_chunk(database, chunk));
    ARROW_RETURN_NOT_OK(add_to_topic(database, chunk));
    return published;
  });
}

Result<std::vector<Chunk>> SqliteCatalog::find_chunks(TopicId topic, int64_t start_ns,
                                                      int64_t end_ns) {
  static const std::string& sql =
      join_for_good({"SELECT ", kChunkColumns, " FROM chunk c WHERE c.topic_id = ?1 AND ",
                     kInWindow, " ORDER BY c.first_row"});
  return connections_.read([&](Database* database) -> Result<std::vector<Chunk>> {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(sql, topic, start_ns, end_ns));
    std::vector<Chunk> chunks;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return chunks;
      chunks.push_back(read_chunk(rows));
    }
  });
}

Status SqliteCatalog::visit_topics(const std::vector<TopicId>& topics, const ChunkFilter& filter,
                                   TopicVisitor& visitor) {
  constexpr std::string_view kSql =
      "SELECT t.id, t.row_count, t.schema_id FROM json_each(?) wanted "
      "CROSS JOIN topic t ON t.id = wanted.value";
  auto ids = nlohmann::json::array();
  for (const TopicId topic : topics) ids.push_back(static_cast<int64_t>(topic));
  const std::string wanted = core::dump(ids);
  return connections_.read([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(kSql, wanted));
    ARROW_ASSIGN_OR_RAISE(ChunkRows chunk_rows, ChunkRows::select(database, wanted, filter));
    std::optional<int64_t> shown = 0;  // The schema of the topics visited; at first no schema's id.
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return Status::OK();
      const auto topic = rows.id<TopicId>(0);
      const auto schema = rows.optional_integer(2);
      if (shown != schema) {
        shown = schema;
        ARROW_RETURN_NOT_OK(show_schema(database, schema, visitor));
      }
      ARROW_ASSIGN_OR_RAISE(auto chunks, chunk_rows.chunks_of(topic));
      ARROW_RETURN_NOT_OK(visitor.visit_topic(topic, rows.integer(1)));
      for (Chunk& chunk : chunks) ARROW_RETURN_NOT_OK(visitor.visit_chunk(std::move(chunk)));
    }
  });
}

Result<Chunk> SqliteCatalog::find_chunk(ChunkId chunk) {
  return connections_.read([&](Database* database) { return get_chunk(database, chunk); });
}

Result<std::vector<std::string>> SqliteCatalog::replace_chunks(const std::vector<ChunkId>& replaced,
                                                               const Chunk& merged) {
  return connections_.write([&](Database* database) -> Result<std::vector<std::string>> {
    std::vector<Chunk> chunks;
    Deleted deleted;
    for (const ChunkId id : replaced) {
      ARROW_ASSIGN_OR_RAISE(chunks.emplace_back(), get_chunk(database, id));
      ARROW_RETURN_NOT_OK(bury(database, chunks.back().path, &deleted));
      ARROW_RETURN_NOT_OK(database->execute("DELETE FROM chunk WHERE id = ?", id));
    }
    ARROW_RETURN_NOT_OK(check_replacement(chunks, merged));
    ARROW_RETURN_NOT_OK(insert_chunk(database, merged).status());
    ARROW_RETURN_NOT_OK(database->execute("DELETE FROM tombstone WHERE path = ?", merged.path));
    ARROW_RETURN_NOT_OK(
        database->execute("UPDATE topic SET chunk_count = chunk_count - ? WHERE id = ?",
                          static_cast<int64_t>(replaced.size()) - 1, merged.topic));
    return deleted.tombstones;
  });
}

Result<std::vector<std::pair<std::string, Topic>>> SqliteCatalog::topics_with_small_chunks(
    const ChunkLimits& limits, TopicId after, int64_t limit) {
  static const std::string& sql = join_for_good(
      {"SELECT s.name, ", kTopicColumnsWithoutSchema,
       " FROM (SELECT topic_id FROM chunk WHERE topic_id > ?1 AND byte_count < ?2 AND "
       "row_count < ?3 GROUP BY topic_id HAVING count(*) >= 2 ORDER BY topic_id LIMIT ?4) small "
       "JOIN topic t ON t.id = small.topic_id JOIN sequence s ON s.id = t.sequence_id "
       "ORDER BY t.id"});
  using Topics = std::vector<std::pair<std::string, Topic>>;
  return connections_.read([&](Database* database) -> Result<Topics> {
    ARROW_ASSIGN_OR_RAISE(Statement rows,
                          database->query(sql, after, limits.bytes, limits.rows, limit));
    return read_named_topics(&rows);
  });
}

Result<std::vector<std::string>> SqliteCatalog::chunk_paths() {
  return connections_.read([](Database* database) -> Result<std::vector<std::string>> {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query("SELECT path FROM chunk ORDER BY path"));
    return read_texts(&rows);
  });
}

}  // namespace mosaico::catalog::sqlite
