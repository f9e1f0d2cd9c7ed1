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
constexpr int kChunkColumnCount = 10;

constexpr std::string_view kInWindow =
    "c.timestamp_ns_max >= ?2 AND (c.timestamp_ns_min < ?3 OR ?3 = 9223372036854775807)";

Chunk read_chunk(const Statement& row, int column = 0) {
  Chunk chunk;
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

// Topics with their chunks, and of these the statistics of some columns, in one statement.
class TopicRows {
 public:
  static Result<TopicRows> select(Database* database, const std::string& topics,
                                  const ChunkFilter& filter) {
    const bool one_column = filter.columns.size() == 1;  // So that no set of them has to be made.
    ARROW_ASSIGN_OR_RAISE(
        Statement rows,
        database->query(
            one_column ? sql("x.path = ?4") : sql("x.path IN (SELECT value FROM json_each(?4))"),
            topics, filter.start_ns, filter.end_ns,
            one_column ? filter.columns.front() : core::dump(nlohmann::json(filter.columns))));
    ARROW_ASSIGN_OR_RAISE(const bool has_row, rows.step());
    return TopicRows(std::move(rows), has_row);
  }

  bool at_end() const { return !has_row_; }
  // Of the next topic. Not at the end.
  TopicId topic() const { return row_.id<TopicId>(0); }
  int64_t row_count() const { return row_.integer(1); }
  std::optional<int64_t> schema() const { return row_.optional_integer(2); }
  // Goes on to the topic after it.
  Result<std::vector<Chunk>> take_chunks() {
    std::vector<Chunk> chunks;
    const TopicId topic_taken = topic();
    while (has_row_ && topic() == topic_taken) {
      if (!row_.is_null(kFirstChunkColumn)) ARROW_RETURN_NOT_OK(add_row(&chunks));
      ARROW_ASSIGN_OR_RAISE(has_row_, row_.step());
    }
    std::sort(chunks.begin(), chunks.end(),
              [](const Chunk& a, const Chunk& b) { return a.first_row < b.first_row; });
    return chunks;
  }

 private:
  static constexpr int kFirstChunkColumn = 3;
  static constexpr int kFirstStatisticsColumn = kFirstChunkColumn + kChunkColumnCount;

  TopicRows(Statement row, bool has_row) : row_(std::move(row)), has_row_(has_row) {}

  static std::string sql(std::string_view is_wanted_column) {
    constexpr std::string_view kFrom =
        ", x.path, x.min, x.max, x.nulls FROM json_each(?1) wanted "
        "CROSS JOIN topic t ON t.id = wanted.value LEFT JOIN chunk c ON c.topic_id = t.id AND ";
    return join({"SELECT t.id, t.row_count, t.schema_id, ", kChunkColumns, kFrom, kInWindow,
                 " LEFT JOIN chunk_column x ON x.chunk_id = c.id AND ", is_wanted_column});
  }

  Status add_row(std::vector<Chunk>* chunks) {
    const auto id = row_.id<ChunkId>(kFirstChunkColumn);
    if (chunks->empty() || chunks->back().id != id) {
      chunks->push_back(read_chunk(row_, kFirstChunkColumn));
    }
    if (row_.is_null(kFirstStatisticsColumn)) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto column, read_column(row_, kFirstStatisticsColumn));
    chunks->back().columns.push_back(std::move(column));
    return Status::OK();
  }

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
  auto ids = nlohmann::json::array();
  for (const TopicId topic : topics) ids.push_back(static_cast<int64_t>(topic));
  const std::string wanted = core::dump(ids);
  return connections_.read([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(TopicRows rows, TopicRows::select(database, wanted, filter));
    std::optional<int64_t> shown = 0;  // The schema of the topics visited; at first no schema's id.
    while (!rows.at_end()) {
      if (shown != rows.schema()) {
        shown = rows.schema();
        ARROW_RETURN_NOT_OK(show_schema(database, shown, visitor));
      }
      ARROW_RETURN_NOT_OK(visitor.visit_topic(rows.topic(), rows.row_count()));
      ARROW_ASSIGN_OR_RAISE(auto chunks, rows.take_chunks());
      for (Chunk& chunk : chunks) ARROW_RETURN_NOT_OK(visitor.visit_chunk(std::move(chunk)));
    }
    return Status::OK();
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
