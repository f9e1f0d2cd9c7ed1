#include "engine/ingest/topic_upload.hpp"

#include <arrow/record_batch.h>
#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "core/log.hpp"
#include "engine/ingest/batch_check.hpp"
#include "engine/ingest/tail_merge.hpp"
#include "engine/ingest/time_column.hpp"

namespace mosaico::engine {

namespace {

using core::MemoryBudget;

int64_t end_row(const TailBatch& rows) { return rows.first_row + rows.batch->num_rows(); }

// What a batch takes as long as it waits for its chunk.
int64_t kept_bytes(const TailBatch& rows) { return memory_bytes(*rows.batch, rows.bytes); }

// No exception leaves a chunk thread.
template <typename Work>
auto guarded(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& failure) {
    return core::error(ErrorKind::Internal, "writing a chunk: ", failure.what());
  }
}

}  // namespace

TopicUpload::TopicUpload(std::shared_ptr<Ingest> ingest, Start start)
    : ingest_(std::move(ingest)),
      start_(std::move(start)),
      topic_(start_.origin.topic.id),
      live_(ingest_->context().live.find_or_make(topic_)),
      journal_described_(start_.journal_described),
      heard_at_ns_(ingest_->context().options.steady_clock()),
      next_row_(start_.origin.topic.rows),
      durable_rows_(next_row_),
      published_rows_(next_row_),
      reported_rows_(next_row_) {}

TopicUpload::~TopicUpload() = default;

Status TopicUpload::append(const arrow::RecordBatch& batch) {
  // While a message waits for memory or the disk, it is not the writer that is silent.
  heard_at_ns_.store(std::numeric_limits<int64_t>::max());
  const Status status = append_heard(batch);
  heard_at_ns_.store(ingest_->context().options.steady_clock());
  return status;
}

bool TopicUpload::is_silent() const {
  const EngineOptions& options = ingest_->context().options;
  const int64_t heard_at_ns = heard_at_ns_.load();
  const int64_t now_ns = options.steady_clock();
  return start_.gives_signs && heard_at_ns < now_ns &&
         now_ns - heard_at_ns > std::chrono::nanoseconds(options.silent_upload).count();
}

Status TopicUpload::append_heard(const arrow::RecordBatch& batch) {
  const EngineOptions& options = ingest_->context().options;
  ARROW_ASSIGN_OR_RAISE(CheckedBatch checked,
                        check_batch(batch, start_.origin.schema, options.limits.max_record_bytes));
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(check_running_locked());
  }
  if (checked.batch->num_rows() == 0) return Status::OK();
  ARROW_RETURN_NOT_OK(ingest_->space().check(checked.bytes));

  const TimeRange times = time_range(*checked.batch);
  PendingBatch pending;
  pending.rows = {.batch = std::move(checked.batch),
                  .bytes = checked.bytes,
                  .timestamp_ns_min = times.min,
                  .timestamp_ns_max = times.max};
  const int64_t kept = kept_bytes(pending.rows);
  auto memory = ingest_->reserve(kept + frame_bytes(checked.bytes), stop_.get_token());
  if (!memory.ok()) {
    const std::lock_guard lock(mutex_);
    return broken_.ok() ? memory.status() : broken_;
  }
  pending.memory = std::move(memory).ValueUnsafe();
  pending.held = HeldRows(&pending.rows.batch, kept, ingest_->context().reader_held_bytes);
  const Status taken = take(std::move(pending));
  start_writing(/*hurry=*/false);
  if (ingest_->context().ingest_memory.waiting() > 0) ingest_->relieve(0);
  return taken;
}

int64_t TopicUpload::frame_bytes(int64_t batch_bytes) const {
  const bool direct = batch_bytes >= ingest_->context().options.direct_bytes;
  return direct || !start_.compress_journal ? 0 : batch_bytes;
}

Status TopicUpload::take(PendingBatch batch) {
  const bool direct = batch.rows.bytes >= ingest_->context().options.direct_bytes;
  std::shared_ptr<JournalSegment> segment;
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(check_running_locked());
    batch.rows.first_row = next_row_;
    segment = segment_;
    appending_ = true;
  }
  const Status written = direct ? Status::OK() : write_journal(batch.rows, &segment);
  batch.memory.shrink(kept_bytes(batch.rows));

  const std::lock_guard lock(mutex_);
  appending_ = false;
  changed_.notify_all();
  if (segment != segment_) segments_.push_back(segment);
  segment_ = std::move(segment);
  if (!written.ok()) {
    // A batch that could not be put into a frame leaves the file as it was.
    if (!core::is_kind(written, ErrorKind::Invalid)) break_locked(written);
    return written;
  }
  ARROW_RETURN_NOT_OK(broken_);
  if (direct) {
    direct_rows_.push_back(next_row_);
    segment_ = nullptr;  // The rows of a file follow each other.
  }
  next_row_ = end_row(batch.rows);
  if (tail_.empty()) tail_since_ = std::chrono::steady_clock::now();
  tail_bytes_ += batch.rows.bytes;
  waiting_.push_back(batch.rows);
  tail_.push_back(std::move(batch));
  cut_wanted_ = cut_wanted_ || may_cut_direct_locked();
  mark_locked();
  cut_if_due_locked();
  return Status::OK();
}

Status TopicUpload::check_running_locked() const {
  ARROW_RETURN_NOT_OK(broken_);
  if (phase_ != Phase::Running) return core::error(ErrorKind::Invalid, "the upload has ended");
  return Status::OK();
}

Status TopicUpload::write_journal(const TailBatch& rows, std::shared_ptr<JournalSegment>* segment) {
  if (*segment == nullptr) {
    const EngineContext& context = ingest_->context();
    const JournalDirectory directory(context.journal_directory, context.files);
    if (!journal_described_) ARROW_RETURN_NOT_OK(describe_journal(directory, start_.origin));
    journal_described_ = true;
    const JournalIdentity identity{
        .topic = topic_, .schema = start_.origin.schema, .schema_bytes = start_.schema_bytes};
    ARROW_ASSIGN_OR_RAISE(*segment, JournalSegment::create(directory, identity, rows.first_row,
                                                           start_.compress_journal));
  }
  return (*segment)->append(rows);
}

int64_t TopicUpload::durable_rows() const {
  const std::lock_guard lock(mutex_);
  return durable_rows_;
}

void TopicUpload::on_durable(Callback callback) {
  std::unique_lock lock(mutex_);
  callback_ = std::move(callback);
  // Who replaces a callback may let go what the former one uses.
  changed_.wait(lock, [&] { return !reporting_; });
}

// --- The group commit ---

void TopicUpload::mark_locked() {
  if (marked_) return;
  marked_ = true;
  ingest_->committer().mark(shared_from_this());
}

void TopicUpload::commit() {
  std::vector<std::shared_ptr<JournalSegment>> segments;
  int64_t written_rows = 0;
  {
    const std::lock_guard lock(mutex_);
    marked_ = false;
    written_rows = next_row_;
    for (const Cut& cut : cuts_) {
      segments.insert(segments.end(), cut.segments.begin(), cut.segments.end());
    }
    segments.insert(segments.end(), segments_.begin(), segments_.end());
  }
  Status synced;
  for (const auto& segment : segments) {
    if (synced.ok() && start_.sync_journal) synced = segment->sync();
  }
  bool broke = false;
  {
    const std::lock_guard lock(mutex_);
    if (!synced.ok() && !dropped_) {
      broke = break_locked(synced);
    } else if (synced.ok()) {
      advance_locked(written_rows);
    }
  }
  report();
  if (broke) ingest_->end_broken(shared_from_this());
}

void TopicUpload::advance_locked(int64_t row) {
  if (!direct_rows_.empty()) row = std::min(row, direct_rows_.front());
  while (!waiting_.empty() && end_row(waiting_.front()) <= row) {
    const TailBatch rows = std::move(waiting_.front());
    waiting_.pop_front();
    if (rows.first_row < published_rows_) continue;
    live_->add(rows);
    if (tail_live_ < tail_.size() && tail_[tail_live_].rows.first_row == rows.first_row) {
      ++tail_live_;
      merge_small_locked();
    }
  }
  durable_rows_ = std::max(durable_rows_, row);
}

void TopicUpload::merge_small_locked() {
  while (tail_live_ >= 2) {
    PendingBatch& first = tail_[tail_live_ - 2];
    PendingBatch& second = tail_[tail_live_ - 1];
    auto merged = merge_small(first.rows, second.rows);
    if (!merged) return;
    const int64_t kept = kept_bytes(*merged);
    first.memory.merge(std::move(second.memory));
    first.memory.shrink(kept);
    first.held = HeldRows(&merged->batch, kept, ingest_->context().reader_held_bytes);
    first.rows = *merged;
    tail_.erase(tail_.begin() + static_cast<ptrdiff_t>(tail_live_ - 1));
    --tail_live_;
    live_->add(*std::move(merged), 2);
  }
}

// --- Chunks ---

bool TopicUpload::may_cut_direct_locked() const {
  const bool has_direct = !tail_.empty() && !direct_rows_.empty() &&
                          direct_rows_.back() >= tail_.front().rows.first_row;
  return has_direct && std::ssize(cuts_) < ingest_->context().options.chunk_threads;
}

void TopicUpload::cut_if_due_locked() {
  const EngineOptions& options = ingest_->context().options;
  const int64_t tail_rows = tail_.empty() ? 0 : next_row_ - tail_.front().rows.first_row;
  const bool full = tail_bytes_ >= options.chunk_bytes || tail_rows >= options.chunk_rows;
  if (!full && !cut_wanted_) return;
  if (appending_) {
    cut_wanted_ = true;  // The file that append() writes belongs to the tail.
  } else {
    cut_locked();
  }
}

void TopicUpload::cut_locked() {
  cut_wanted_ = false;
  if (tail_.empty()) return;
  cuts_.push_back(
      {.batches = std::move(tail_), .segments = std::move(segments_), .end_row = next_row_});
  tail_.clear();
  segments_.clear();
  segment_ = nullptr;
  tail_bytes_ = 0;
  tail_live_ = 0;
}

void TopicUpload::cut() {
  {
    const std::lock_guard lock(mutex_);
    if (!broken_.ok() || phase_ != Phase::Running) return;
    cut_wanted_ = true;
    cut_if_due_locked();
  }
  start_writing(/*hurry=*/false);
}

void TopicUpload::cut_older_than(std::chrono::steady_clock::time_point time) {
  {
    const std::lock_guard lock(mutex_);
    if (tail_.empty() || tail_since_ >= time) return;
  }
  cut();
}

TopicUpload::Memory TopicUpload::memory() const {
  const std::lock_guard lock(mutex_);
  Memory memory;
  if (!broken_.ok()) return memory;  // When that comes back is up to its owner.
  const bool takes_cuts = phase_ == Phase::Running && !cut_wanted_;
  for (const PendingBatch& batch : tail_) {
    (takes_cuts ? memory.tail : memory.cut) += batch.memory.bytes();
  }
  for (const Cut& cut : cuts_) {
    for (const PendingBatch& batch : cut.batches) memory.cut += batch.memory.bytes();
  }
  return memory;
}

void TopicUpload::hurry() { start_writing(/*hurry=*/true); }

void TopicUpload::start_writing(bool hurry) {
  int more = 0;
  {
    const std::lock_guard lock(mutex_);
    more = claim_writers_locked(hurry);
  }
  submit_writers(more);
}

int TopicUpload::claim_writers_locked(bool hurry) {
  if (!write_status_.ok() || dropped_) return 0;
  const bool all = hurry || phase_ != Phase::Running || !direct_rows_.empty();
  const int writers_max = all ? ingest_->context().options.chunk_threads : 1;
  const auto unwritten = std::count_if(cuts_.begin(), cuts_.end(),
                                       [](const Cut& cut) { return cut.chunk == nullptr; });
  const int more = std::max(std::min(writers_max, static_cast<int>(unwritten)) - writers_, 0);
  writers_ += more;
  return more;
}

void TopicUpload::submit_writers(int count) {
  for (int i = 0; i < count; ++i) {
    if (ingest_->chunk_threads().submit([self = shared_from_this()] { self->write_next_cut(); })) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    --writers_;
    changed_.notify_all();
    fail_writing_locked(core::error(ErrorKind::Unavailable, "the engine is closed"));
  }
}

TopicUpload::Cut* TopicUpload::next_cut_locked() {
  if (!write_status_.ok() || dropped_) return nullptr;
  const auto next =
      std::find_if(cuts_.begin(), cuts_.end(), [](const Cut& cut) { return !cut.taken; });
  return next == cuts_.end() ? nullptr : &*next;
}

void TopicUpload::write_next_cut() {
  bool broke = false;
  std::unique_lock lock(mutex_);
  if (Cut* const cut = next_cut_locked()) {
    cut->taken = true;  // It stays where it is until it is published, or nobody writes.
    lock.unlock();
    auto chunk = write_cut(*cut);
    lock.lock();
    if (chunk.ok()) {
      cut->chunk = std::make_unique<UnnamedChunk>(*std::move(chunk));
    } else {
      cut->taken = false;
      broke = fail_writing_locked(chunk.status());
    }
    broke |= publish_cuts(&lock);
  }
  --writers_;
  const int more = claim_writers_locked(ingest_->context().ingest_memory.waiting() > 0);
  changed_.notify_all();
  lock.unlock();
  submit_writers(more);
  report();
  if (broke) ingest_->end_broken(shared_from_this());
}

Result<UnnamedChunk> TopicUpload::write_cut(const Cut& cut) {
  EngineContext& context = ingest_->context();
  std::vector<TailBatch> batches;
  for (const PendingBatch& batch : cut.batches) batches.push_back(batch.rows);
  return guarded([&] { return write_rows(context, start_.origin, batches); });
}

bool TopicUpload::publish_cuts(std::unique_lock<std::mutex>* lock) {
  if (publishing_) return false;
  bool broke = false;
  publishing_ = true;
  while (!dropped_ && !cuts_.empty() && cuts_.front().chunk) {
    Cut& cut = cuts_.front();
    const auto chunk = std::move(cut.chunk);
    lock->unlock();
    const Status published =
        guarded([&] { return publish(ingest_->context(), std::move(*chunk)); });
    lock->lock();
    if (!published.ok()) {
      cut.taken = false;
      broke = fail_writing_locked(published);
      break;
    }
    Cut done = std::move(cut);
    cuts_.pop_front();
    published_locked(done.end_row);
    if (may_cut_direct_locked()) {
      cut_wanted_ = true;
      cut_if_due_locked();
    }
    lock->unlock();
    for (const auto& segment : done.segments) segment->remove();
    done = {};
    lock->lock();
  }
  publishing_ = false;
  return broke;
}

bool TopicUpload::fail_writing_locked(const Status& why) {
  if (write_status_.ok()) write_status_ = why;
  return break_locked(why);
}

void TopicUpload::published_locked(int64_t row) {
  published_rows_ = row;
  while (!direct_rows_.empty() && direct_rows_.front() < row) direct_rows_.pop_front();
  while (!waiting_.empty() && waiting_.front().first_row < row) waiting_.pop_front();
  durable_rows_ = std::max(durable_rows_, row);
  live_->drop_before(row);
  mark_locked();  // What the count is now is told with the next commit.
}

// --- The end ---

Status TopicUpload::finish() {
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(check_running_locked());
    phase_ = Phase::Ending;
    cut_locked();
  }
  start_writing(/*hurry=*/false);
  Status status;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return writers_ == 0 && (cuts_.empty() || !broken_.ok()); });
    status = broken_;
  }
  if (status.ok()) status = end(catalog::TopicState::Finalized, /*keep_journal=*/false);
  {
    const std::lock_guard lock(mutex_);
    if (!status.ok()) break_locked(status);
    phase_ = status.ok() ? Phase::Ended : Phase::Running;
    end_reported_ = !status.ok();
    changed_.notify_all();
  }
  if (status.ok()) {
    live_->end(Status::OK());
    ingest_->forget(*this);
    // Fewer small chunks are worth putting together once no more come.
    ingest_->context().compaction.add(topic_);
  }
  report();
  return status;
}

void TopicUpload::interrupt() {
  on_durable(nullptr);  // The owner goes, and needs not be told what it does itself.
  end_interrupted();
}

void TopicUpload::end_interrupted() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return phase_ != Phase::Ending; });
    if (phase_ == Phase::Ended) return;
    phase_ = Phase::Ending;
    break_locked(core::error(ErrorKind::Cancelled, "the upload was interrupted"));
    changed_.wait(lock, [&] { return !appending_ && writers_ == 0; });
    cut_locked();
    write_status_ = Status::OK();  // What could not be written gets a second try.
  }
  start_writing(/*hurry=*/false);
  bool left_over = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return writers_ == 0; });
    left_over = !dropped_ && !cuts_.empty();
  }
  std::optional<Ingest::Stranded> stranded;
  if (left_over) commit();
  {
    const std::lock_guard lock(mutex_);
    if (left_over) stranded = strand_locked();
    cuts_.clear();
  }
  if (stranded) ingest_->strand(topic_, *std::move(stranded));
  const Status ended = end(catalog::TopicState::Interrupted, left_over);
  if (!ended.ok() && !core::is_kind(ended, ErrorKind::NotFound)) {
    core::log().error("interrupting the upload of {}: {}", name(), ended.message());
  }
  ingest_->forget(*this);
  const std::lock_guard lock(mutex_);
  phase_ = Phase::Ended;
  changed_.notify_all();
}

Ingest::Stranded TopicUpload::strand_locked() {
  Ingest::Stranded stranded;
  stranded.live = live_;
  for (Cut& cut : cuts_) {
    for (PendingBatch& batch : cut.batches) {
      // The rest was never durable, and is forgotten.
      if (batch.rows.first_row >= durable_rows_) continue;
      stranded.memory.merge(std::move(batch.memory));
      stranded.held.push_back(std::move(batch.held));
    }
  }
  core::log().error("{} rows of {} are in the journal only: {}", durable_rows_ - published_rows_,
                    name(), write_status_.message());
  return stranded;
}

Status TopicUpload::end(catalog::TopicState state, bool keep_journal) {
  EngineContext& context = ingest_->context();
  // First the journal: once the catalog says that the upload has ended, the next one may have begun
  // and the folder is its own.
  if (!keep_journal) {
    const Status removed = remove_journal({context.journal_directory, context.files}, topic_);
    if (!removed.ok()) core::log().warn("{}", removed.message());
  }
  return context.catalog->end_upload(topic_, state);
}

std::string TopicUpload::name() const {
  return start_.origin.sequence.name + "/" + start_.origin.topic.name;
}

void TopicUpload::break_off(const Status& why) {
  {
    const std::lock_guard lock(mutex_);
    break_locked(why);
  }
  report();
}

void TopicUpload::drop(const Status& why) {
  std::vector<PendingBatch> tail;
  std::deque<Cut> cuts;
  {
    const std::lock_guard lock(mutex_);
    dropped_ = true;
    break_locked(why);
    tail.swap(tail_);
    tail_live_ = 0;
    waiting_.clear();
    if (writers_ == 0) cuts.swap(cuts_);
  }
  live_->end(why);
  report();
}

bool TopicUpload::break_locked(const Status& why) {
  if (!broken_.ok() || phase_ == Phase::Ended) return false;
  broken_ = why;
  stop_.request_stop();
  changed_.notify_all();
  return true;
}

void TopicUpload::report() {
  std::unique_lock lock(mutex_);
  // One thread at a time, so that the counts arrive in order; it comes round for later news.
  if (reporting_) return;
  reporting_ = true;
  while (callback_ != nullptr) {
    const bool broke = !broken_.ok() && !broken_reported_;
    if (durable_rows_ == reported_rows_ && !broke && end_reported_) break;
    const Status status = broken_;
    const int64_t rows = durable_rows_;
    const Callback callback = callback_;
    lock.unlock();
    callback(status, rows);
    lock.lock();
    reported_rows_ = rows;
    broken_reported_ = broken_reported_ || !status.ok();
    end_reported_ = true;
  }
  reporting_ = false;
  changed_.notify_all();
}

}  // namespace mosaico::engine
