#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"

namespace mosaico::catalog::sqlite {

namespace {

Status insert_chunk(Database* database, const Chunk& chunk) {
  return database
      ->execute(
          "INSERT INTO chunk (topic_id, path, first_row, row_count, byte_count, file_bytes, "
          "checksum, timestamp_ns_min, timestamp_ns_max, column_statistics) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          chunk.topic, chunk.path, chunk.first_row, chunk.rows, chunk.bytes, chunk.file_bytes,
          int64_t{chunk.checksum}, chunk.timestamp_ns_min, chunk.timestamp_ns_max,
          column_statistics_to_text(chunk.columns))
      .status();
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
    "id, topic_id, path, first_row, row_count, byte_count, file_bytes, checksum, "
    "timestamp_ns_min, timestamp_ns_max";

constexpr std::string_view kInWindow =
    " FROM chunk WHERE topic_id = ?1 AND timestamp_ns_max >= ?2 AND "
    "(timestamp_ns_min < ?3 OR ?3 = 9223372036854775807) ORDER BY first_row";

// The columns of kChunkColumns; `*next` is the one behind them.
Chunk read_chunk(const Statement& row, int* next) {
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
  *next = column;
  return chunk;
}

Result<Chunk> read_chunk_with_statistics(const Statement& row) {
  int next = 0;
  Chunk chunk = read_chunk(row, &next);
  ARROW_ASSIGN_OR_RAISE(chunk.columns, column_statistics_from_text(row.bytes(next)));
  return chunk;
}

Result<Chunk> get_chunk(Database* database, ChunkId chunk) {
  static const std::string kSql =
      join({"SELECT ", kChunkColumns, ", column_statistics FROM chunk WHERE id = ?"});
  ARROW_ASSIGN_OR_RAISE(Statement row, database->query(kSql, chunk));
  ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
  if (!found) {
    return core::error(ErrorKind::NotFound, "no chunk with id ", static_cast<int64_t>(chunk));
  }
  return read_chunk_with_statistics(row);
}

}  // namespace

Result<Chunk> SqliteCatalog::publish_chunk(const Chunk& chunk) {
  return connections_.write([&](Database* database) -> Result<Chunk> {
    ARROW_ASSIGN_OR_RAISE(Statement topic,
                          database->query("SELECT row_count FROM topic WHERE id = ?", chunk.topic));
    ARROW_ASSIGN_OR_RAISE(const bool found, topic.step());
    if (!found) return core::error(ErrorKind::NotFound, "the topic was deleted: ", chunk.path);
    ARROW_RETURN_NOT_OK(check_chunk(chunk, topic.integer(0)));
    ARROW_RETURN_NOT_OK(insert_chunk(database, chunk));
    Chunk published = chunk;
    published.id = ChunkId{database->last_insert_id()};
    ARROW_RETURN_NOT_OK(add_to_topic(database, chunk));
    return published;
  });
}

Result<std::vector<Chunk>> SqliteCatalog::find_chunks(TopicId topic, int64_t start_ns,
                                                      int64_t end_ns) {
  static const std::string kSql = join({"SELECT ", kChunkColumns, kInWindow});
  return connections_.read([&](Database* database) -> Result<std::vector<Chunk>> {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(kSql, topic, start_ns, end_ns));
    std::vector<Chunk> chunks;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return chunks;
      int next = 0;
      chunks.push_back(read_chunk(rows, &next));
    }
  });
}

Status SqliteCatalog::visit_chunks(TopicId topic, int64_t start_ns, int64_t end_ns,
                                   const std::function<Status(Chunk)>& visit) {
  static const std::string kSql =
      join({"SELECT ", kChunkColumns, ", column_statistics", kInWindow});
  return connections_.read([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query(kSql, topic, start_ns, end_ns));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(Chunk chunk, read_chunk_with_statistics(rows));
      ARROW_RETURN_NOT_OK(visit(std::move(chunk)));
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
    ARROW_RETURN_NOT_OK(insert_chunk(database, merged));
    ARROW_RETURN_NOT_OK(database->execute("DELETE FROM tombstone WHERE path = ?", merged.path));
    ARROW_RETURN_NOT_OK(
        database->execute("UPDATE topic SET chunk_count = chunk_count - ? WHERE id = ?",
                          static_cast<int64_t>(replaced.size()) - 1, merged.topic));
    return deleted.tombstones;
  });
}

Result<std::vector<std::pair<std::string, Topic>>> SqliteCatalog::topics_with_small_chunks(
    const ChunkLimits& limits, TopicId after, int64_t limit) {
  static const std::string kSql = join(
      {"SELECT s.name, ", kTopicColumnsWithoutSchema,
       " FROM (SELECT topic_id FROM chunk WHERE topic_id > ?1 AND byte_count < ?2 AND "
       "row_count < ?3 GROUP BY topic_id HAVING count(*) >= 2 ORDER BY topic_id LIMIT ?4) small "
       "JOIN topic t ON t.id = small.topic_id JOIN sequence s ON s.id = t.sequence_id "
       "ORDER BY t.id"});
  using Topics = std::vector<std::pair<std::string, Topic>>;
  return connections_.read([&](Database* database) -> Result<Topics> {
    ARROW_ASSIGN_OR_RAISE(Statement rows,
                          database->query(kSql, after, limits.bytes, limits.rows, limit));
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
