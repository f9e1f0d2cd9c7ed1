#include "engine/read/chunk_source.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

namespace mosaico::engine {

namespace {

// The rows alone, without the memory of the batch they are a slice of.
Result<std::shared_ptr<arrow::RecordBatch>> copy_of(const arrow::RecordBatch& slice) {
  arrow::ArrayVector columns;
  for (const auto& column : slice.columns()) {
    ARROW_ASSIGN_OR_RAISE(auto copy, arrow::Concatenate({column}));
    columns.push_back(std::move(copy));
  }
  return arrow::RecordBatch::Make(slice.schema(), slice.num_rows(), std::move(columns));
}

}  // namespace

Result<std::unique_ptr<ChunkSource>> ChunkSource::open(std::shared_ptr<EngineContext> context,
                                                       const catalog::Chunk& chunk,
                                                       std::shared_ptr<arrow::Schema> schema,
                                                       const TimeSpan& span, int64_t least_bytes) {
  auto source = std::unique_ptr<ChunkSource>(
      new ChunkSource(std::move(context), chunk, std::move(schema), span, least_bytes));
  ARROW_RETURN_NOT_OK(source->open_reader());
  source->groups_ = source->reader_->row_groups();
  return source;
}

ChunkSource::ChunkSource(std::shared_ptr<EngineContext> context, const catalog::Chunk& chunk,
                         std::shared_ptr<arrow::Schema> schema, const TimeSpan& span,
                         int64_t least_bytes)
    : context_(std::move(context)),
      chunk_(chunk),
      schema_(std::move(schema)),
      span_(span),
      least_bytes_(least_bytes) {
  ++context_->reading.open_chunks;
}

ChunkSource::~ChunkSource() {
  if (ahead_running_) wait_ahead();
  --context_->reading.open_chunks;
}

Status ChunkSource::open_reader() {
  ARROW_ASSIGN_OR_RAISE(
      reader_, ChunkReader::open(*context_->store, context_->reading.footers, chunk_, schema_));
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::next() {
  for (;;) {
    memory_.release();
    Decoded decoded = ahead_running_ ? wait_ahead() : decode();
    ARROW_ASSIGN_OR_RAISE(auto batch, std::move(decoded.batch));
    if (batch == nullptr) return nullptr;
    memory_ = std::move(decoded.memory);
    // Not behind the first: its reader waits for it, on the same cores, and may want no more.
    if (std::exchange(gave_first_, true)) start_ahead();
    if (batch->num_rows() > 0) return batch;
  }
}

const ChunkReader::RowGroup* ChunkSource::coming_group() {
  while (group_ < groups_.size() && groups_[group_].timestamp_ns_max < span_.first) ++group_;
  if (group_ == groups_.size() || groups_[group_].timestamp_ns_min > span_.last) return nullptr;
  return &groups_[group_];
}

ChunkSource::Decoded ChunkSource::decode() {
  const auto* group = coming_group();
  if (group == nullptr) return {};
  const int64_t bytes = std::min(group->bytes, share());
  auto memory = context_->scan_memory.try_reserve(bytes, shared_bytes());
  if (memory && bytes == group->bytes) return decode_whole(std::move(*memory));
  if (!memory || bytes <= least_bytes_) return {.batch = decode_part(least_bytes_), .memory = {}};
  return {.batch = decode_part(bytes), .memory = std::move(*memory)};
}

int64_t ChunkSource::shared_bytes() const {
  // A quarter is for scans that open: what they need at least must not wait for slow readers.
  return context_->scan_memory.bytes_max() / 4 * 3;
}

int64_t ChunkSource::share() const {
  return shared_bytes() / std::max<int64_t>(context_->reading.open_chunks, 1);
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::decode_rest() {
  const auto& group = groups_[group_];
  if (reader_ == nullptr) ARROW_RETURN_NOT_OK(open_reader());
  ARROW_RETURN_NOT_OK(reader_->start(group, group.rows));
  ARROW_ASSIGN_OR_RAISE(const auto batch, reader_->next());
  if (batch == nullptr || batch->num_rows() != group.rows) {
    return core::error(ErrorKind::Corrupt,
                       "a row group is shorter than its footer says: ", chunk_.path);
  }
  ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*batch));
  const auto [begin, end] = rows_within(*times, span_);
  row_ = std::max(row_, begin);
  return batch->Slice(row_, std::max<int64_t>(end - row_, 0));
}

ChunkSource::Decoded ChunkSource::decode_whole(core::MemoryBudget::Reservation memory) {
  auto batch = decode_rest();
  ++group_;
  row_ = 0;
  return {.batch = std::move(batch), .memory = std::move(memory)};
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::decode_part(int64_t bytes) {
  const auto& group = groups_[group_];
  const double row_bytes = static_cast<double>(group.bytes) / static_cast<double>(group.rows);
  const auto part = static_cast<int64_t>(static_cast<double>(bytes) / row_bytes);

  const std::lock_guard lock(context_->reading.decoding_parts);
  ARROW_ASSIGN_OR_RAISE(const auto rest, decode_rest());
  reader_.reset();  // It keeps the encoded row group.
  const int64_t rows = std::min(std::max<int64_t>(part, 1), rest->num_rows());
  if (rows < rest->num_rows()) {
    row_ += rows;
  } else {
    ++group_;
    row_ = 0;
  }
  return rows == group.rows ? rest : copy_of(*rest->Slice(0, rows));
}

std::optional<core::MemoryBudget::Reservation> ChunkSource::spare_memory(
    const ChunkReader::RowGroup& group) {
  // Beside the row group that the reader has.
  if (2 * group.bytes > share()) return std::nullopt;
  return context_->scan_memory.try_reserve(group.bytes, shared_bytes());
}

void ChunkSource::start_ahead() {
  const auto* group = coming_group();
  if (group == nullptr) return;
  auto memory = spare_memory(*group);
  if (!memory) return;
  auto held = std::make_shared<core::MemoryBudget::Reservation>(std::move(*memory));
  ahead_running_ = context_->reading.decoders.submit([this, held] {
    auto decoded = decode_whole(std::move(*held));
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
  auto decoded = decode_whole(std::move(*memory));
  const std::lock_guard lock(mutex_);
  ahead_ = std::move(decoded);
  ahead_running_ = true;
}

bool ChunkSource::at_end() { return !ahead_running_ && coming_group() == nullptr; }

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
