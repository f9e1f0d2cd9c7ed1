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

Result<Chunk> read_chunk(const Statement& row) {
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
  ARROW_ASSIGN_OR_RAISE(chunk.columns, column_statistics_from_text(row.bytes(column++)));
  return chunk;
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
  return connections_.read([&](Database* database) -> Result<std::vector<Chunk>> {
    ARROW_ASSIGN_OR_RAISE(
        Statement rows,
        database->query("SELECT id, topic_id, path, first_row, row_count, byte_count, file_bytes, "
                        "checksum, timestamp_ns_min, timestamp_ns_max, column_statistics "
                        "FROM chunk WHERE topic_id = ?1 AND timestamp_ns_max >= ?2 AND "
                        "(timestamp_ns_min < ?3 OR ?3 = 9223372036854775807) ORDER BY first_row",
                        topic, start_ns, end_ns));
    std::vector<Chunk> chunks;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return chunks;
      ARROW_ASSIGN_OR_RAISE(Chunk chunk, read_chunk(rows));
      chunks.push_back(std::move(chunk));
    }
  });
}

Result<std::vector<std::string>> SqliteCatalog::chunk_paths() {
  return connections_.read([](Database* database) -> Result<std::vector<std::string>> {
    ARROW_ASSIGN_OR_RAISE(Statement rows, database->query("SELECT path FROM chunk ORDER BY path"));
    return read_texts(&rows);
  });
}

}  // namespace mosaico::catalog::sqlite
