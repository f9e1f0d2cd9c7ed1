#include "engine/ingest/chunk_writer.hpp"

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "core/crash_point.hpp"
#include "core/crc32c.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "engine/ingest/chunk_columns.hpp"
#include "engine/ingest/row_order.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;

constexpr int kRowDigits = 20;
constexpr int64_t kNsPerMs = 1'000'000;

// Hands bytes on to the store's sink and takes their checksum on the way.
class ChecksumStream : public arrow::io::OutputStream {
 public:
  explicit ChecksumStream(arrow::io::OutputStream& sink) : sink_(sink) {}

  using arrow::io::OutputStream::Write;
  Status Write(const void* data, int64_t bytes) override {
    ARROW_RETURN_NOT_OK(sink_.Write(data, bytes));
    checksum_ =
        core::crc32c({static_cast<const char*>(data), static_cast<size_t>(bytes)}, checksum_);
    bytes_ += bytes;
    return Status::OK();
  }
  Result<int64_t> Tell() const override { return bytes_; }
  // The store's writer closes the sink itself.
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }

  uint32_t checksum() const { return checksum_; }
  int64_t bytes() const { return bytes_; }

 private:
  arrow::io::OutputStream& sink_;
  uint32_t checksum_ = 0;
  int64_t bytes_ = 0;
  bool closed_ = false;
};

// What the catalog knows of the chunk before its file is written.
catalog::Chunk describe(const ChunkOrigin& origin, const std::vector<TailBatch>& batches) {
  catalog::Chunk chunk;
  chunk.topic = origin.topic.id;
  chunk.first_row = batches.front().first_row;
  chunk.timestamp_ns_min = batches.front().timestamp_ns_min;
  chunk.timestamp_ns_max = batches.front().timestamp_ns_max;
  for (const TailBatch& batch : batches) {
    chunk.rows += batch.batch->num_rows();
    chunk.bytes += batch.bytes;
    chunk.timestamp_ns_min = std::min(chunk.timestamp_ns_min, batch.timestamp_ns_min);
    chunk.timestamp_ns_max = std::max(chunk.timestamp_ns_max, batch.timestamp_ns_max);
  }
  return chunk;
}

json identity_of(const ChunkOrigin& origin, const catalog::Chunk& chunk) {
  json identity = to_json(origin);
  identity["chunk"] = {{"first_row", chunk.first_row},
                       {"rows", chunk.rows},
                       {"bytes", chunk.bytes},
                       {"timestamp_ns_min", chunk.timestamp_ns_min},
                       {"timestamp_ns_max", chunk.timestamp_ns_max}};
  return identity;
}

Status write_row_groups(parquet::arrow::FileWriter& writer, const EngineOptions& options,
                        const std::vector<TailBatch>& batches) {
  RowOrder order(batches, {.rows = options.row_group_rows, .bytes = options.row_group_bytes});
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto rows, order.next());
    if (rows == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(writer.WriteTable(*rows, rows->num_rows()));
  }
}

// The same rows as Parquet keeps them. Buffers are shared.
Result<std::vector<TailBatch>> in_storage_form(const std::vector<TailBatch>& batches,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<TailBatch> result = batches;
  for (TailBatch& batch : result) {
    ARROW_ASSIGN_OR_RAISE(batch.batch, with_schema(*batch.batch, schema));
  }
  return result;
}

Status write_file(const std::shared_ptr<ChecksumStream>& stream, const EngineOptions& options,
                  const ChunkOrigin& origin, const std::vector<TailBatch>& batches,
                  catalog::Chunk* chunk) {
  const auto schema = storage_schema(*origin.schema);
  ARROW_ASSIGN_OR_RAISE(const auto stored, in_storage_form(batches, schema));
  ARROW_ASSIGN_OR_RAISE(const auto properties, chunk_properties(*stored.front().batch));
  ARROW_ASSIGN_OR_RAISE(const auto writer, parquet::arrow::FileWriter::Open(
                                               *schema, arrow::default_memory_pool(), stream,
                                               properties, chunk_arrow_properties()));
  ARROW_RETURN_NOT_OK(write_row_groups(*writer, options, stored));
  ARROW_ASSIGN_OR_RAISE(const std::string exact_schema, serialize_schema(*origin.schema));
  ARROW_RETURN_NOT_OK(writer->AddKeyValueMetadata(arrow::key_value_metadata(
      {kChunkIdentityKey, kChunkSchemaKey},
      {core::dump(identity_of(origin, *chunk)), schema_to_text(exact_schema)})));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(chunk->columns, chunk_statistics(*writer->metadata()));
  chunk->file_bytes = stream->bytes();
  chunk->checksum = stream->checksum();
  return Status::OK();
}

// Whether the catalog certainly has no such chunk: a transaction that failed may have happened.
Result<bool> is_refused(EngineContext& context, const Status& why, const catalog::Chunk& refused) {
  if (core::is_kind(why, ErrorKind::NotFound) || core::is_kind(why, ErrorKind::Invalid)) {
    return true;
  }
  ARROW_ASSIGN_OR_RAISE(const auto chunks, chunks_of(context, refused.topic));
  return std::none_of(chunks.begin(), chunks.end(),
                      [&](const catalog::Chunk& chunk) { return chunk.path == refused.path; });
}

// What sorting and encoding take beside the rows: the copies of a row group, and for rows that are
// not in order where each of them goes. docs/storage.md, "Memory".
int64_t working_bytes(const EngineOptions& options, const std::vector<TailBatch>& batches) {
  constexpr int64_t kCopies = 3;
  constexpr int64_t kPlaceBytes = 24;
  int64_t total = 0;
  int64_t rows = 0;
  int64_t group = options.row_group_bytes;
  for (const TailBatch& batch : batches) {
    total += batch.bytes;
    rows += batch.batch->num_rows();
    group = std::max(group, batch.bytes / batch.batch->num_rows());
  }
  return kCopies * std::min(group, total) + kPlaceBytes * rows;
}

void remove_refused(EngineContext& context, const Status& why, const catalog::Chunk& chunk) {
  const auto refused = is_refused(context, why, chunk);
  Status removed = refused.status();
  if (refused.ok() && *refused) removed = context.store->remove(chunk.path);
  if (!removed.ok()) core::log().warn("{} is left over: {}", chunk.path, removed.message());
}

Result<UnnamedChunk> write_unnamed(store::Store& store, const EngineOptions& options,
                                   const ChunkOrigin& origin, const std::vector<TailBatch>& batches,
                                   const std::string& path) {
  UnnamedChunk written{.chunk = describe(origin, batches), .file = nullptr};
  catalog::Chunk& chunk = written.chunk;
  chunk.path = path.empty() ? new_chunk_path(origin, chunk.first_row, options.clock()) : path;
  ARROW_ASSIGN_OR_RAISE(written.file, store.create(chunk.path));
  const auto stream = std::make_shared<ChecksumStream>(written.file->stream());
  const Status status = write_file(stream, options, origin, batches, &chunk);
  if (!status.ok()) return core::with_context(status, "writing " + chunk.path);
  return written;
}

}  // namespace

std::string new_chunk_path(const ChunkOrigin& origin, int64_t first_row, int64_t now_ns) {
  // Each attempt has a name of its own: one that failed after all may have been published.
  std::string number = std::to_string(first_row);
  number.insert(0, kRowDigits - number.size(), '0');
  return topic_folder(origin.sequence, origin.topic) + "/" + number + "-" +
         core::make_ulid(now_ns / kNsPerMs) + std::string(kChunkExtension);
}

Result<catalog::Chunk> write_chunk(store::Store& store, const EngineOptions& options,
                                   const ChunkOrigin& origin, const std::vector<TailBatch>& batches,
                                   const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const UnnamedChunk written,
                        write_unnamed(store, options, origin, batches, path));
  ARROW_RETURN_NOT_OK(written.file->close());
  return written.chunk;
}

Result<std::vector<catalog::Chunk>> chunks_of(EngineContext& context, catalog::TopicId topic) {
  return context.catalog->find_chunks(topic, std::numeric_limits<int64_t>::min(),
                                      std::numeric_limits<int64_t>::max());
}

Result<UnnamedChunk> write_rows(EngineContext& context, const ChunkOrigin& origin,
                                const std::vector<TailBatch>& batches) {
  ARROW_ASSIGN_OR_RAISE(const auto memory,
                        context.chunk_memory.reserve(working_bytes(context.options, batches)));
  return write_unnamed(*context.store, context.options, origin, batches, "");
}

Status publish(EngineContext& context, UnnamedChunk written) {
  ARROW_RETURN_NOT_OK(written.file->close());
  core::crash_point("chunk.publish.before");
  const Status published = context.catalog->publish_chunk(written.chunk).status();
  core::crash_point("chunk.publish.after");
  if (!published.ok()) remove_refused(context, published, written.chunk);
  if (published.ok()) context.compaction.add(written.chunk.topic);
  return published;
}

Status publish_rows(EngineContext& context, const ChunkOrigin& origin,
                    const std::vector<TailBatch>& batches) {
  ARROW_ASSIGN_OR_RAISE(UnnamedChunk written, write_rows(context, origin, batches));
  return publish(context, std::move(written));
}

}  // namespace mosaico::engine
