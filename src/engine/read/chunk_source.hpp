#pragma once

#include <arrow/type_fwd.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/memory_budget.hpp"
#include "engine/engine_impl.hpp"
#include "engine/read/chunk_reader.hpp"
#include "engine/read/row_merge.hpp"
#include "engine/read/scan_plan.hpp"

namespace mosaico::engine {

// The rows of one chunk within a span, row group by row group; the next one is decoded while the
// reader is busy with this one.
//
// Memory: row groups are decoded whole, and ahead, as long as they fit into this source's share of
// the scan budget. Above it a row group is decoded again for each part that does fit, and nothing
// but that part is kept; where nothing is free, a part has about `least_bytes`, which the scan
// holds from its beginning. So a source never waits for memory, and those that opened first leave
// room for others. Only one source of an engine decodes parts at a time.
class ChunkSource final : public SortedSource {
 public:
  static Result<std::unique_ptr<ChunkSource>> open(std::shared_ptr<EngineContext> context,
                                                   const catalog::Chunk& chunk,
                                                   std::shared_ptr<arrow::Schema> schema,
                                                   const TimeSpan& span, int64_t least_bytes);
  ~ChunkSource() override;

  Result<std::shared_ptr<arrow::RecordBatch>> next() override;
  bool at_end() override;

  // Decodes the first row group here and now, if there is memory to decode ahead.
  void decode_first();

 private:
  struct Decoded {
    Result<std::shared_ptr<arrow::RecordBatch>> batch = std::shared_ptr<arrow::RecordBatch>();
    core::MemoryBudget::Reservation memory;  // Of the batch.
  };

  ChunkSource(std::shared_ptr<EngineContext> context, const catalog::Chunk& chunk,
              std::shared_ptr<arrow::Schema> schema, const TimeSpan& span, int64_t least_bytes);

  Status open_reader();
  // The next row group that overlaps the span, or null.
  const ChunkReader::RowGroup* coming_group();
  // The bytes that all sources together may decode beyond what each holds from its beginning, and
  // this one's part of them.
  int64_t shared_bytes() const;
  int64_t share() const;
  // Memory for decoding `group` ahead of the reader, if there is some to spare.
  std::optional<core::MemoryBudget::Reservation> spare_memory(const ChunkReader::RowGroup& group);
  Decoded decode();
  // What is left of the coming row group; moves row_ to its first row.
  Result<std::shared_ptr<arrow::RecordBatch>> decode_rest();
  Decoded decode_whole(core::MemoryBudget::Reservation memory);
  // About `bytes` of it.
  Result<std::shared_ptr<arrow::RecordBatch>> decode_part(int64_t bytes);
  void start_ahead();
  Decoded wait_ahead();

  const std::shared_ptr<EngineContext> context_;
  const catalog::Chunk chunk_;
  const std::shared_ptr<arrow::Schema> schema_;
  const TimeSpan span_;
  const int64_t least_bytes_;

  // Used by the job ahead while one runs, else by the reader's thread.
  std::unique_ptr<ChunkReader> reader_;  // Null between parts.
  std::vector<ChunkReader::RowGroup> groups_;
  size_t group_ = 0;  // The coming row group, and the rows of it that were given.
  int64_t row_ = 0;

  core::MemoryBudget::Reservation memory_;  // Of the batch handed out last.
  bool gave_first_ = false;
  bool ahead_running_ = false;
  std::mutex mutex_;
  std::condition_variable ahead_done_;
  std::optional<Decoded> ahead_;  // Guarded by mutex_.
};

// A chunk that a scan will come to. It is opened when its time comes, or before, in the background.
// One thread, and the job it starts; the destructor waits for that.
class ComingChunk {
 public:
  ComingChunk(std::shared_ptr<EngineContext> context, catalog::Chunk chunk,
              std::shared_ptr<arrow::Schema> schema, const TimeSpan& span, int64_t least_bytes);
  ~ComingChunk();

  // Starts to open it and to decode its first row group. Once.
  void prepare();
  // Once. Errors as ChunkReader::open().
  Result<std::unique_ptr<ChunkSource>> open();

 private:
  Result<std::unique_ptr<ChunkSource>> open_now() const;
  void wait();

  const std::shared_ptr<EngineContext> context_;
  const catalog::Chunk chunk_;
  const std::shared_ptr<arrow::Schema> schema_;
  const TimeSpan span_;
  const int64_t least_bytes_;

  bool preparing_ = false;
  std::mutex mutex_;
  std::condition_variable prepared_;
  std::optional<Result<std::unique_ptr<ChunkSource>>> source_;  // Guarded by mutex_.
};

}  // namespace mosaico::engine
