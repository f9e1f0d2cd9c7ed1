#include "engine/compaction/merge_chunks.hpp"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "core/crash_point.hpp"
#include "engine/chunk_file.hpp"
#include "engine/ingest/tail_merge.hpp"
#include "engine/read/chunk_reader.hpp"

namespace mosaico::engine {

namespace {

using catalog::Chunk;

Status check_stop(const std::stop_token& stop) {
  if (!stop.stop_requested()) return Status::OK();
  return core::error(ErrorKind::Cancelled, "the engine is closing");
}

// A damaged file stays as it is: once it is written again, its damage cannot be told from data.
Status check_file(EngineContext& context, const Chunk& chunk, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(
      const FileDigest digest,
      digest_of(*context.store, chunk.path, [&](int64_t /*bytes*/) { return check_stop(stop); }));
  if (digest.checksum == chunk.checksum) return Status::OK();
  return core::error(ErrorKind::Corrupt, "the checksum of the file differs: ", chunk.path);
}

// The rows of a chunk in the order of its file, as batches that share its bytes out among them.
Status read_rows(EngineContext& context, const ChunkOrigin& origin, const Chunk& chunk,
                 const std::stop_token& stop, std::vector<TailBatch>* batches) {
  FooterCache no_cache(0);  // Nobody reads it again.
  ARROW_ASSIGN_OR_RAISE(const auto reader, ChunkReader::open(*context.store, no_cache, chunk,
                                                             origin.schema->RemoveMetadata()));
  int64_t row = 0;
  int64_t bytes_left = chunk.bytes;
  for (const ChunkReader::RowGroup& group : reader->row_groups()) {
    ARROW_RETURN_NOT_OK(check_stop(stop));
    ARROW_RETURN_NOT_OK(reader->start(group, group.rows));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto rows, reader->next());
      if (rows == nullptr) break;
      TailBatch batch;
      batch.batch = std::move(rows);
      batch.first_row = chunk.first_row + row;
      row += batch.batch->num_rows();
      const double share =
          static_cast<double>(batch.batch->num_rows()) / static_cast<double>(chunk.rows);
      batch.bytes = row >= chunk.rows
                        ? bytes_left
                        : std::min(bytes_left,
                                   static_cast<int64_t>(share * static_cast<double>(chunk.bytes)));
      bytes_left -= batch.bytes;
      const TimeRange times = time_range(*batch.batch);
      batch.timestamp_ns_min = times.min;
      batch.timestamp_ns_max = times.max;
      append_merged(std::move(batch), batches);
    }
  }
  if (row == chunk.rows) return Status::OK();
  return core::error(ErrorKind::Corrupt, "it holds ", row, " rows where the catalog knows ",
                     chunk.rows, ": ", chunk.path);
}

Result<std::vector<TailBatch>> rows_of_chunks(EngineContext& context, const ChunkOrigin& origin,
                                              const std::vector<Chunk>& chunks,
                                              const std::stop_token& stop) {
  std::vector<TailBatch> batches;
  for (const Chunk& chunk : chunks) {
    ARROW_RETURN_NOT_OK(check_file(context, chunk, stop));
    ARROW_RETURN_NOT_OK(read_rows(context, origin, chunk, stop, &batches));
  }
  return batches;
}

}  // namespace

Status merge_chunks(EngineContext& context, const ChunkOrigin& origin,
                    const std::vector<Chunk>& chunks, const std::stop_token& stop,
                    MergeAttempt* attempt) {
  ARROW_ASSIGN_OR_RAISE(const auto batches, rows_of_chunks(context, origin, chunks, stop));
  std::vector<catalog::ChunkId> ids;
  attempt->topic = origin.topic.id;
  for (const Chunk& chunk : chunks) {
    ids.push_back(chunk.id);
    attempt->replaced.push_back(chunk.path);
  }
  const std::string path =
      new_chunk_path(origin, chunks.front().first_row, context.options.clock());
  core::crash_point("compaction.note.before");
  // A crash before the catalog knows the file leaves this, and the next opening removes it.
  ARROW_RETURN_NOT_OK(context.catalog->add_tombstone(path));
  attempt->path = path;
  core::crash_point("compaction.write.before");
  ARROW_ASSIGN_OR_RAISE(const Chunk merged,
                        write_chunk(*context.store, context.options, origin, batches, path));
  core::crash_point("compaction.replace.before");
  const Status replaced = context.catalog->replace_chunks(ids, merged).status();
  core::crash_point("compaction.replace.after");
  return replaced;
}

Result<bool> settle(EngineContext& context, const MergeAttempt& attempt) {
  ARROW_ASSIGN_OR_RAISE(const auto chunks, chunks_of(context, attempt.topic));
  for (const Chunk& chunk : chunks) {
    if (chunk.path == attempt.path) return true;
  }
  ARROW_RETURN_NOT_OK(context.store->remove(attempt.path));
  ARROW_RETURN_NOT_OK(context.catalog->forget_tombstones({attempt.path}));
  return false;
}

}  // namespace mosaico::engine
