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

int64_t rows_in(int64_t bytes, int64_t group_bytes, int64_t group_rows) {
  const double row_bytes =
      static_cast<double>(std::max<int64_t>(group_bytes, 1)) / static_cast<double>(group_rows);
  return std::clamp<int64_t>(static_cast<int64_t>(static_cast<double>(bytes) / row_bytes), 1,
                             group_rows);
}

// Rows of pictures are decoded one after the other: columns of many grow by copying what they have,
// into memory that was not in use before.
constexpr int64_t kLargeRowBytes = 256 << 10;
constexpr int64_t kLargeRowsPartBytes = 1 << 20;

int64_t row_bytes_of(const ChunkReader::Decoding& decoding, int64_t group_rows) {
  return decoding.value_bytes / std::max<int64_t>(group_rows, 1);
}

}  // namespace

Result<std::unique_ptr<ChunkSource>> ChunkSource::open(std::shared_ptr<EngineContext> context,
                                                       const catalog::Chunk& chunk,
                                                       std::shared_ptr<arrow::Schema> schema,
                                                       const TimeSpan& span, int64_t least_bytes) {
  auto source = std::unique_ptr<ChunkSource>(
      new ChunkSource(std::move(context), chunk, std::move(schema), span, least_bytes));
  ARROW_ASSIGN_OR_RAISE(source->reader_, ChunkReader::open(*source->context_->store,
                                                           source->context_->reading.footers, chunk,
                                                           source->schema_));
  return source;
}

ChunkSource::ChunkSource(std::shared_ptr<EngineContext> context, const catalog::Chunk& chunk,
                         std::shared_ptr<arrow::Schema> schema, const TimeSpan& span,
                         int64_t least_bytes)
    : context_(std::move(context)),
      chunk_(chunk),
      schema_(std::move(schema)),
      span_(span),
      least_bytes_(least_bytes),
      rows_wanted_(std::max<int64_t>(1, context_->options.first_batch_rows)) {
  ++context_->reading.open_chunks;
}

ChunkSource::~ChunkSource() {
  if (ahead_running_) wait_ahead();
  --context_->reading.open_chunks;
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::next() {
  for (;;) {
    memory_.release();
    ARROW_ASSIGN_OR_RAISE(Decoded decoded, ahead_running_ ? wait_ahead() : decode());
    ARROW_ASSIGN_OR_RAISE(auto batch, std::move(decoded.batch));
    if (batch == nullptr) return nullptr;
    memory_ = std::move(decoded.memory);
    // Not behind the first: its reader waits for it, on the same cores, and may want no more.
    if (std::exchange(gave_first_, true)) ARROW_RETURN_NOT_OK(start_ahead());
    if (batch->num_rows() > 0) return batch;
  }
}

const ChunkReader::RowGroup* ChunkSource::coming_group() {
  const auto& groups = reader_->row_groups();
  while (group_ < groups.size() && groups[group_].timestamp_ns_max < span_.first) ++group_;
  if (group_ == groups.size() || groups[group_].timestamp_ns_min > span_.last) return nullptr;
  return &groups[group_];
}

void ChunkSource::pass_group() {
  passed_group_ = true;
  ++group_;
  row_ = 0;
}

int64_t ChunkSource::shared_bytes() const {
  // A quarter is for scans that open: what they need at least must not wait for slow readers.
  return context_->scan_memory.bytes_max() / 4 * 3;
}

int64_t ChunkSource::share() const {
  // What each holds from its beginning is taken from the same budget.
  const int64_t each = shared_bytes() / std::max<int64_t>(context_->reading.open_chunks, 1);
  return std::max<int64_t>(0, each - 2 * least_bytes_);
}

int64_t ChunkSource::first_bytes() const {
  constexpr int64_t kSources = 192;
  return passed_group_ ? shared_bytes() : shared_bytes() / kSources;
}

std::optional<core::MemoryBudget::Reservation> ChunkSource::try_reserve(int64_t bytes) {
  return context_->scan_memory.try_reserve(bytes, shared_bytes());
}

Result<ChunkSource::Decoded> ChunkSource::decode() {
  if (decoded_rows_) return decode_part();
  const auto* group = coming_group();
  if (group == nullptr) return Decoded{};
  ARROW_ASSIGN_OR_RAISE(const auto decoding, reader_->decoding(*group));
  const int64_t share_bytes = share();
  const bool small_first = !passed_group_ && group->rows > rows_wanted_;
  const bool large_rows = row_bytes_of(decoding, group->rows) >= kLargeRowBytes;
  for (const int64_t most : {std::min(share_bytes, first_bytes()), share_bytes}) {
    if (!small_first && !large_rows) {
      if (auto whole = try_whole(decoding, most)) return std::move(*whole);
    }
    ARROW_ASSIGN_OR_RAISE(const bool started, start_parts(decoding, most));
    if (started) return decode_part();
  }
  if (auto whole = try_whole(decoding, share_bytes)) return std::move(*whole);
  auto memory = share_bytes > least_bytes_ ? try_reserve(share_bytes) : std::nullopt;
  const int64_t bytes = memory ? share_bytes : least_bytes_;
  return Decoded{.batch = decode_again(bytes, decoding.value_bytes),
                 .memory = memory ? std::move(*memory) : core::MemoryBudget::Reservation()};
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::decode_rest() {
  const auto& group = reader_->row_groups()[group_];
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

std::optional<ChunkSource::Decoded> ChunkSource::try_whole(const ChunkReader::Decoding& decoding,
                                                           int64_t most_bytes) {
  if (decoding.value_bytes > most_bytes) return std::nullopt;
  auto memory = try_reserve(decoding.bytes());
  if (!memory) return std::nullopt;
  return decode_whole(std::move(*memory), decoding.value_bytes);
}

ChunkSource::Decoded ChunkSource::decode_whole(core::MemoryBudget::Reservation memory,
                                               int64_t value_bytes) {
  auto batch = decode_rest();
  pass_group();
  memory.shrink(value_bytes);
  return {.batch = std::move(batch), .memory = std::move(memory)};
}

Result<bool> ChunkSource::start_parts(const ChunkReader::Decoding& decoding, int64_t most_bytes) {
  if (decoding.page_bytes > most_bytes) return false;
  // A part of the least size is paid for already.
  auto memory = try_reserve(std::min(most_bytes, decoding.bytes()));
  if (!memory) memory = try_reserve(decoding.page_bytes);
  if (!memory) return false;
  part_bytes_ = memory->bytes() - decoding.page_bytes;
  const auto& group = reader_->row_groups()[group_];
  part_rows_max_ = rows_in(least_bytes_ + part_bytes_, decoding.value_bytes, group.rows);
  const int64_t row_bytes = row_bytes_of(decoding, group.rows);
  if (row_bytes >= kLargeRowBytes) {
    part_rows_max_ = std::clamp<int64_t>(kLargeRowsPartBytes / row_bytes, 1, part_rows_max_);
  }
  ARROW_RETURN_NOT_OK(reader_->start(group, part_rows_max_));
  parts_memory_ = std::move(*memory);
  decoded_rows_ = 0;
  return true;
}

int64_t ChunkSource::rows_before_span(const ChunkReader::RowGroup& group) const {
  const auto min = static_cast<double>(group.timestamp_ns_min);
  const double length = static_cast<double>(group.timestamp_ns_max) - min;
  if (length <= 0 || span_.first <= group.timestamp_ns_min) return 0;
  const double share = (static_cast<double>(span_.first) - min) / length;
  return static_cast<int64_t>(std::min(share, 1.0) * static_cast<double>(group.rows));
}

int64_t ChunkSource::part_rows() const {
  const auto& group = reader_->row_groups()[group_];
  const int64_t before = found_span_ ? 0 : rows_before_span(group) - *decoded_rows_;
  return std::min(std::max<int64_t>(before, 0) + rows_wanted_, part_rows_max_);
}

ChunkSource::Decoded ChunkSource::decode_part() {
  Decoded decoded{.batch = next_part(), .memory = {}};
  if (decoded_rows_) return decoded;
  // It was the last: the pages are gone, and the part is in the reader's hand.
  decoded.memory = std::move(parts_memory_);
  decoded.memory.shrink(part_bytes_);
  return decoded;
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::next_part() {
  const int64_t group_rows = reader_->row_groups()[group_].rows;
  reader_->set_batch_rows(part_rows());
  ARROW_ASSIGN_OR_RAISE(const auto batch, reader_->next());
  if (batch == nullptr) {
    return core::error(ErrorKind::Corrupt,
                       "a row group is shorter than its footer says: ", chunk_.path);
  }
  const int64_t first = *decoded_rows_;
  *decoded_rows_ += batch->num_rows();
  ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*batch));
  const auto [begin, end] = rows_within(*times, span_);
  const int64_t from = std::max(begin, row_ - first);  // Earlier ones were given before.
  const bool was_last = *decoded_rows_ >= group_rows || end < batch->num_rows();
  if (was_last) {
    reader_->stop();
    decoded_rows_.reset();
    pass_group();
  }
  if (from >= end) return batch->Slice(0, 0);
  found_span_ = true;
  rows_wanted_ = std::max(rows_wanted_, std::min(2 * rows_wanted_, part_rows_max_));
  return batch->Slice(from, end - from);
}

Result<std::shared_ptr<arrow::RecordBatch>> ChunkSource::decode_again(int64_t bytes,
                                                                      int64_t group_bytes) {
  const int64_t group_rows = reader_->row_groups()[group_].rows;
  const std::lock_guard lock(context_->reading.decoding_parts);
  ARROW_ASSIGN_OR_RAISE(const auto rest, decode_rest());
  const int64_t rows = std::min(rows_in(bytes, group_bytes, group_rows), rest->num_rows());
  if (rows < rest->num_rows()) {
    row_ += rows;
  } else {
    pass_group();
  }
  return rows == group_rows ? rest : copy_of(*rest->Slice(0, rows));
}

std::optional<core::MemoryBudget::Reservation> ChunkSource::spare_memory(
    const ChunkReader::Decoding& decoding) {
  const int64_t group_rows = reader_->row_groups()[group_].rows;
  if (row_bytes_of(decoding, group_rows) >= kLargeRowBytes) return std::nullopt;
  // Beside the row group that the reader has.
  if (2 * decoding.value_bytes > share()) return std::nullopt;
  return try_reserve(decoding.bytes());
}

Status ChunkSource::start_ahead() {
  if (decoded_rows_) return Status::OK();
  const auto* group = coming_group();
  if (group == nullptr) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto decoding, reader_->decoding(*group));
  auto memory = spare_memory(decoding);
  if (!memory) return Status::OK();
  auto held = std::make_shared<core::MemoryBudget::Reservation>(std::move(*memory));
  const int64_t value_bytes = decoding.value_bytes;
  ahead_running_ = context_->reading.decoders.submit([this, held, value_bytes] {
    auto decoded = decode_whole(std::move(*held), value_bytes);
    // The lock is held while notifying: once it is free the source may be destroyed.
    const std::lock_guard lock(mutex_);
    ahead_ = std::move(decoded);
    ahead_done_.notify_one();
  });
  return Status::OK();
}

void ChunkSource::decode_first() {
  const auto* group = coming_group();
  if (group == nullptr) return;
  const auto decoding = reader_->decoding(*group);
  if (!decoding.ok()) return;  // next() will say so.
  auto memory = spare_memory(*decoding);
  if (!memory) return;
  auto decoded = decode_whole(std::move(*memory), decoding->value_bytes);
  const std::lock_guard lock(mutex_);
  ahead_ = std::move(decoded);
  ahead_running_ = true;
}

bool ChunkSource::at_end() {
  return !ahead_running_ && !decoded_rows_ && coming_group() == nullptr;
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
