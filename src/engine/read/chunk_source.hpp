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
// the scan budget. Above it a row group is decoded part by part, each as large as fits beside a
// page of every column; so is the first, whose first parts are small. Where not even those pages
// do, it is decoded again for each part, and nothing but that part is kept; only one source of an
// engine does so at a time. Where nothing is free, a part has about `least_bytes`, which the scan
// holds from its beginning. So a source never waits for memory, and those that opened first leave
// room for others.
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

  // The next row group that overlaps the span, or null.
  const ChunkReader::RowGroup* coming_group();
  void pass_group();
  // The bytes that all sources together may decode beyond what each holds from its beginning, and
  // this one's part of them.
  int64_t shared_bytes() const;
  int64_t share() const;
  // The most that is taken at once for the first row group where less will do: it is decoded while
  // others are about to open.
  int64_t first_bytes() const;
  std::optional<core::MemoryBudget::Reservation> try_reserve(int64_t bytes);
  // Memory for decoding a row group ahead of the reader, if there is some to spare.
  std::optional<core::MemoryBudget::Reservation> spare_memory(
      const ChunkReader::Decoding& decoding);
  Result<Decoded> decode();
  // What is left of the coming row group; moves row_ to its first row.
  Result<std::shared_ptr<arrow::RecordBatch>> decode_rest();
  // Nothing where there is no memory for that.
  std::optional<Decoded> try_whole(const ChunkReader::Decoding& decoding, int64_t most_bytes);
  // Keeps `value_bytes` of the memory.
  Decoded decode_whole(core::MemoryBudget::Reservation memory, int64_t value_bytes);
  // Starts to decode the coming row group part by part within `most_bytes`; false where there is
  // no memory for that.
  Result<bool> start_parts(const ChunkReader::Decoding& decoding, int64_t most_bytes);
  // The next part of it; may be empty.
  Decoded decode_part();
  Result<std::shared_ptr<arrow::RecordBatch>> next_part();
  // The rows of the next part: few for the first batch of the scan, and those before it.
  int64_t part_rows() const;
  // Rows of a row group before the span, were they evenly spaced.
  int64_t rows_before_span(const ChunkReader::RowGroup& group) const;
  // About `bytes` of it, decoding it all.
  Result<std::shared_ptr<arrow::RecordBatch>> decode_again(int64_t bytes, int64_t group_bytes);
  Status start_ahead();
  Decoded wait_ahead();

  const std::shared_ptr<EngineContext> context_;
  const catalog::Chunk chunk_;
  const std::shared_ptr<arrow::Schema> schema_;
  const TimeSpan span_;
  const int64_t least_bytes_;

  // Used by the job ahead while one runs, else by the reader's thread.
  std::unique_ptr<ChunkReader> reader_;
  size_t group_ = 0;  // The coming row group, and the rows of it that were given or passed.
  int64_t row_ = 0;
  bool passed_group_ = false;

  core::MemoryBudget::Reservation memory_;  // Of the batch handed out last.
  // While a row group is decoded part by part: its rows decoded so far, and the memory for that.
  std::optional<int64_t> decoded_rows_;
  core::MemoryBudget::Reservation parts_memory_;
  int64_t part_bytes_ = 0;  // Of that memory, for a part.
  int64_t part_rows_max_ = 0;
  int64_t rows_wanted_;  // Of a part; grows to the most with each that held some of the span.
  bool found_span_ = false;
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
