#include "engine/read/chunk_source.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

namespace mosaico::engine {

Result<std::unique_ptr<ChunkSource>> ChunkSource::open(std::shared_ptr<EngineContext> context,
                                                       const catalog::Chunk& chunk,
                                                       std::shared_ptr<arrow::Schema> schema,
                                                       const TimeSpan& span, int64_t least_bytes) {
  ARROW_ASSIGN_OR_RAISE(auto reader, ChunkReader::open(*context->store, context->reading.footers,
                                                       chunk, std::move(schema)));
  return std::unique_ptr<ChunkSource>(
      new ChunkSource(std::move(context), std::move(reader), span, least_bytes));
}

ChunkSource::ChunkSource(std::shared_ptr<EngineContext> context,
                         std::unique_ptr<ChunkReader> reader, const TimeSpan& span,
                         int64_t least_bytes)
    : context_(std::move(context)),
      span_(span),
      least_bytes_(least_bytes),
      reader_(std::move(reader)) {}

ChunkSource::~ChunkSource() {
  if (ahead_running_) wait_ahead();
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::next() {
  for (;;) {
    memory_.release();
    Decoded decoded = ahead_running_ ? wait_ahead() : decode();
    ARROW_ASSIGN_OR_RAISE(auto batch, std::move(decoded.batch));
    if (batch == nullptr) return nullptr;
    memory_ = std::move(decoded.memory);
    start_ahead();
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*batch));
    const auto [begin, end] = rows_within(*times, span_);
    if (begin == 0 && end == batch->num_rows()) return batch;
    if (begin < end) return batch->Slice(begin, end - begin);
  }
}

const ChunkReader::RowGroup* ChunkSource::coming_group() {
  const auto& groups = reader_->row_groups();
  while (group_ < groups.size() && groups[group_].timestamp_ns_max < span_.first) ++group_;
  if (group_ == groups.size() || groups[group_].timestamp_ns_min > span_.last) return nullptr;
  return &groups[group_];
}

ChunkSource::Decoded ChunkSource::decode() {
  if (within_group_) {
    auto batch = reader_->next();
    if (!batch.ok() || *batch != nullptr) return {.batch = std::move(batch), .memory = {}};
    within_group_ = false;
  }
  const auto* group = coming_group();
  if (group == nullptr) return {};
  auto memory = context_->scan_memory.try_reserve(group->bytes);
  if (memory) return decode_group(std::move(*memory));

  const double row_bytes = static_cast<double>(group->bytes) / static_cast<double>(group->rows);
  const auto rows = static_cast<int64_t>(static_cast<double>(least_bytes_) / row_bytes);
  ++group_;
  const auto started = reader_->start(*group, std::max<int64_t>(rows, 1));
  if (!started.ok()) return {.batch = started, .memory = {}};
  within_group_ = true;
  return decode();
}

ChunkSource::Decoded ChunkSource::decode_group(core::MemoryBudget::Reservation memory) {
  const auto* group = coming_group();
  ++group_;
  const auto started = reader_->start(*group, group->rows);
  if (!started.ok()) return {.batch = started, .memory = {}};
  return {.batch = reader_->next(), .memory = std::move(memory)};
}

std::optional<core::MemoryBudget::Reservation> ChunkSource::spare_memory(
    const ChunkReader::RowGroup& group) {
  auto& budget = context_->scan_memory;
  // The second half of the budget is for what readers need now.
  if (budget.used() + group.bytes > budget.bytes_max() / 2) return std::nullopt;
  return budget.try_reserve(group.bytes);
}

void ChunkSource::start_ahead() {
  if (within_group_) return;
  const auto* group = coming_group();
  if (group == nullptr) return;
  auto memory = spare_memory(*group);
  if (!memory) return;
  auto held = std::make_shared<core::MemoryBudget::Reservation>(std::move(*memory));
  ahead_running_ = context_->reading.decoders.submit([this, held] {
    auto decoded = decode_group(std::move(*held));
    // The lock is held while notifying: once it is free the source may be destroyed.
    const std::lock_guard lock(mutex_);
    ahead_ = std::move(decoded);
    ahead_done_.notify_one();
  });
}

void ChunkSource::decode_first() {
  const auto* group = coming_group();
  if (group == nullptr) return;
  auto memory = spare_memory(*group);
  if (!memory) return;
  auto decoded = decode_group(std::move(*memory));
  const std::lock_guard lock(mutex_);
  ahead_ = std::move(decoded);
  ahead_running_ = true;
}

bool ChunkSource::at_end() {
  return !ahead_running_ && !within_group_ && coming_group() == nullptr;
}

ChunkSource::Decoded ChunkSource::wait_ahead() {
  std::unique_lock lock(mutex_);
  ahead_done_.wait(lock, [this] { return ahead_.has_value(); });
  ahead_running_ = false;
  auto decoded = std::move(*ahead_);
  ahead_.reset();
  return decoded;
}

ComingChunk::ComingChunk(std::shared_ptr<EngineContext> context, catalog::Chunk chunk,
                         std::shared_ptr<arrow::Schema> schema, const TimeSpan& span,
                         int64_t least_bytes)
    : context_(std::move(context)),
      chunk_(std::move(chunk)),
      schema_(std::move(schema)),
      span_(span),
      least_bytes_(least_bytes) {}

ComingChunk::~ComingChunk() {
  if (preparing_) wait();
}

void ComingChunk::prepare() {
  preparing_ = context_->reading.decoders.submit([this] {
    auto source = open_now();
    if (source.ok()) (*source)->decode_first();
    const std::lock_guard lock(mutex_);
    source_ = std::move(source);
    prepared_.notify_one();
  });
}

Result<std::unique_ptr<ChunkSource>> ComingChunk::open() {
  if (!preparing_) return open_now();
  wait();
  preparing_ = false;
  const std::lock_guard lock(mutex_);
  return std::move(*source_);
}

Result<std::unique_ptr<ChunkSource>> ComingChunk::open_now() const {
  return ChunkSource::open(context_, chunk_, schema_, span_, least_bytes_);
}

void ComingChunk::wait() {
  std::unique_lock lock(mutex_);
  prepared_.wait(lock, [this] { return source_.has_value(); });
}

}  // namespace mosaico::engine
