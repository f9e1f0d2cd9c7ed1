#include "client/lane.hpp"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "ontology/dynamic_buffer.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::client {

namespace {

constexpr size_t kBatchBytesMin = 64 << 10;
constexpr size_t kGapsMax = 256;

Gap gap_of(const detail::RecordBuffer& buffer) {
  const detail::ColumnView timestamps = buffer.timestamp_column();
  const auto* first = static_cast<const int64_t*>(timestamps.values);
  const auto [min, max] = std::minmax_element(first, first + timestamps.length);
  return {.timestamp_ns_min = *min, .timestamp_ns_max = *max, .rows = buffer.rows()};
}

}  // namespace

Lane::Lane(LaneOptions options, Parts parts)
    : LaneFront(parts.type, parts.lane_class, options.batch_rows_max),
      options_(std::move(options)),
      schema_(std::move(parts.schema)),
      column_import_(options_.name, schema_),
      shares_(std::move(parts.shares)),
      executor_(parts.executor),
      reopen_(std::move(parts.reopen)),
      has_ended_(std::move(parts.has_ended)),
      resumed_rows_(parts.durable_rows),
      stream_(std::move(parts.stream)),
      sent_rows_(parts.durable_rows),
      acknowledged_rows_(parts.durable_rows) {
  shares_->add_lane();
  queue_.reserve(options_.pending_batches_max + 1);
  spare_.reserve(options_.pending_batches_max);
}

Lane::~Lane() {
  if (stream_ != nullptr) stream_->cancel();
}

// --- The batch being filled ---

size_t Lane::batch_bytes_now() const {
  // Half of the lane's share fills while the other half is on its way.
  return std::min(options_.batch_bytes_max, std::max(kBatchBytesMin, shares_->share_bytes() / 2));
}

PushResult Lane::make_room(size_t bytes, int64_t timestamp_ns, bool wait) {
  PushResult result = PushResult::Pushed;
  while (true) {
    {
      std::lock_guard guard(mutex_);
      core::throw_if_error(check_open());
    }
    if (bytes > options_.record_bytes_max) {
      core::throw_if_error(core::error(ErrorKind::LimitExceeded, "a record of ", bytes,
                                       " bytes exceeds max_record_bytes, ",
                                       options_.record_bytes_max, ", of topic ", options_.name));
    }
    if (current_ == nullptr || current_->rows() == 0) {
      start_batch(bytes);
      return result;
    }
    if (try_seal()) continue;
    const PushResult answer = when_full(timestamp_ns, wait);
    if (answer == PushResult::Full || answer == PushResult::DroppedNewest) return answer;
    if (answer == PushResult::DroppedOldest) result = answer;
  }
}

PushResult Lane::when_full(int64_t timestamp_ns, bool wait) {
  switch (options_.when_full) {
    case WhenFull::DropNewest: {
      std::lock_guard guard(mutex_);
      ++dropped_rows_;
      ++gone_rows_;
      add_gap({.timestamp_ns_min = timestamp_ns, .timestamp_ns_max = timestamp_ns, .rows = 1},
              gap_open_);
      return PushResult::DroppedNewest;
    }
    case WhenFull::DropOldest:
      drop_oldest();
      return PushResult::DroppedOldest;
    case WhenFull::Block:
      break;
  }
  if (!wait) return PushResult::Full;
  const auto bytes = static_cast<int64_t>(current_->bytes());
  lock_.leave();
  const Status status = wait_for_room(bytes);
  lock_.enter();
  core::throw_if_error(status);
  return PushResult::Pushed;
}

void Lane::start_batch(size_t bytes) {
  if (current_ == nullptr) current_ = make_buffer();
  // A record larger than a batch travels alone.
  bytes_left_ = std::max(bytes, batch_bytes_now());
}

void Lane::on_first_row() {
  first_row_time_.store(std::chrono::steady_clock::now().time_since_epoch().count(),
                        std::memory_order_relaxed);
}

void Lane::on_batch_full() {
  if (!try_seal()) end_batch();
}

bool Lane::try_seal() {
  std::lock_guard guard(mutex_);
  const auto bytes = static_cast<int64_t>(current_->bytes());
  if (!error_.ok()) return false;
  waiting_bytes_ = has_room(bytes) ? 0 : bytes;
  if (waiting_bytes_ > 0) return false;
  const int64_t rows = current_->rows();
  end_batch();
  gone_rows_ += rows;
  rows_before_ = static_cast<size_t>(rows);
  first_row_time_.store(kNoRow, std::memory_order_relaxed);
  enqueue({.buffer = std::move(current_), .columns = nullptr, .rows = rows, .bytes = bytes});
  return true;
}

// The oldest batch that no task has in hand, else the one being filled.
void Lane::drop_oldest() {
  std::unique_lock guard(mutex_);
  const auto oldest = std::find_if(queue_.begin(), queue_.end(),
                                   [](const Sealed& sealed) { return sealed.buffer != nullptr; });
  if (oldest == queue_.end()) {
    guard.unlock();
    drop_current();
    return;
  }
  Sealed dropped = std::move(*oldest);
  const bool adjacent = !gaps_.empty() && oldest == queue_.begin();
  queue_.erase(oldest);
  queued_bytes_ -= dropped.bytes;
  dropped_rows_ += dropped.rows;
  add_gap(gap_of(*dropped.buffer), adjacent);
  guard.unlock();
  recycle(std::move(dropped.buffer), dropped.bytes);
}

void Lane::drop_current() {
  std::lock_guard guard(mutex_);
  dropped_rows_ += current_->rows();
  gone_rows_ += current_->rows();
  add_gap(gap_of(*current_), gap_open_);
  current_->clear();
  waiting_bytes_ = 0;
}

void Lane::add_gap(const Gap& gap, bool contiguous) {
  gap_open_ = true;
  if (gaps_.empty() || (!contiguous && gaps_.size() < kGapsMax)) {
    gaps_.push_back(gap);
    return;
  }
  Gap& last = gaps_.back();
  last.timestamp_ns_min = std::min(last.timestamp_ns_min, gap.timestamp_ns_min);
  last.timestamp_ns_max = std::max(last.timestamp_ns_max, gap.timestamp_ns_max);
  last.rows += gap.rows;
}

void Lane::seal_if_older(std::chrono::steady_clock::time_point now) {
  // Looked at first, as the lock is dear from this side, and a push waits for it.
  const std::chrono::steady_clock::duration first_row(
      first_row_time_.load(std::memory_order_relaxed));
  if (now.time_since_epoch() - first_row < options_.batch_age_max) return;
  {
    std::lock_guard guard(mutex_);
    if (waiting_bytes_ > 0 && !has_room(waiting_bytes_)) return;
  }
  std::unique_lock guard(lock_, std::try_to_lock);
  // A push that holds the lock will be seen by the next tick.
  if (!guard.owns_lock() || current_ == nullptr || current_->rows() == 0) return;
  try_seal();
}

// --- Other ways in ---

PushResult Lane::push_json(const nlohmann::json& row, int64_t timestamp_ns, bool wait) {
  if (class_ != nullptr) {
    core::throw_if_error(core::error(ErrorKind::Invalid, "topic ", options_.name,
                                     " was created for a C++ type; push objects of it, not JSON"));
  }
  const size_t bytes =
      core::value_or_throw(ontology::DynamicRecordBuffer::bytes_of(type_.schema(), row));
  const detail::OwnerLock::Guard guard(lock_);
  PushResult result = PushResult::Pushed;
  if (bytes > bytes_left_) {
    result = make_room(bytes, timestamp_ns, wait);
    if (result == PushResult::Full || result == PushResult::DroppedNewest) return result;
  }
  auto& buffer = static_cast<ontology::DynamicRecordBuffer&>(*current_);
  core::throw_if_error(buffer.append(timestamp_ns, row));
  count_row(bytes);
  return result;
}

PushResult Lane::push_dynamic_row(const detail::StreamBatch& batch, int64_t row, bool wait) {
  return push_json(detail::to_json(batch, row), batch.timestamps.number<int64_t>(row), wait);
}

Status Lane::push_columns(const std::shared_ptr<arrow::RecordBatch>& batch) {
  if (batch->num_rows() == 0) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const int64_t all_bytes, ontology::bytes_of(*batch));
  const int64_t row_bytes = std::max<int64_t>(1, all_bytes / batch->num_rows());
  const int64_t step = std::max<int64_t>(1, static_cast<int64_t>(batch_bytes_now()) / row_bytes);
  ARROW_RETURN_NOT_OK(seal());
  for (int64_t first = 0; first < batch->num_rows(); first += step) {
    const bool is_all = step >= batch->num_rows();
    auto part = is_all ? batch : batch->Slice(first, std::min(step, batch->num_rows() - first));
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes,
                          is_all ? Result<int64_t>(all_bytes) : ontology::bytes_of(*part));
    if (part->num_rows() == 1 && bytes > static_cast<int64_t>(options_.record_bytes_max)) {
      return core::error(ErrorKind::LimitExceeded, "a record of ", bytes,
                         " bytes exceeds max_record_bytes, ", options_.record_bytes_max,
                         ", of topic ", options_.name);
    }
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return !check_open().ok() || has_room(bytes); });
    ARROW_RETURN_NOT_OK(check_open());
    const int64_t rows = part->num_rows();
    enqueue({.buffer = nullptr, .columns = std::move(part), .rows = rows, .bytes = bytes});
    guard.unlock();
    const detail::OwnerLock::Guard front(lock_);
    gone_rows_ += rows;
  }
  return Status::OK();
}

// --- The queue ---

bool Lane::has_room(int64_t bytes) const {
  if (queue_.empty() && queued_bytes_ == 0) return true;
  return queue_.size() < options_.pending_batches_max &&
         queued_bytes_ + bytes <= static_cast<int64_t>(shares_->share_bytes());
}

void Lane::enqueue(Sealed sealed) {
  queued_bytes_ += sealed.bytes;
  gap_open_ = false;
  queue_.push_back(std::move(sealed));
  schedule_sending();
}

Status Lane::check_open() const {
  if (!error_.ok()) return error_;
  if (ending_) return core::error(ErrorKind::Locked, "topic ", options_.name, " has ended");
  return Status::OK();
}

Status Lane::wait_for_room(int64_t bytes) {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [&] { return !error_.ok() || has_room(bytes); });
  return error_;
}

// Spare buffers take what the queue does not need.
bool Lane::has_room_to_spare(int64_t bytes) const {
  return !ended_ && spare_.size() < options_.pending_batches_max &&
         spare_bytes_ + queued_bytes_ + bytes <= static_cast<int64_t>(shares_->share_bytes());
}

void Lane::recycle(std::unique_ptr<detail::RecordBuffer> buffer, int64_t bytes) {
  buffer->clear();
  std::lock_guard guard(mutex_);
  if (!has_room_to_spare(bytes)) return;
  spare_bytes_ += bytes;
  spare_.push_back({.buffer = std::move(buffer), .bytes = bytes});
}

void Lane::keep_spare() {
  if (options_.when_full == WhenFull::Block) return;
  std::shared_ptr<const detail::RecordBuffer> like;
  {
    std::lock_guard guard(mutex_);
    like = last_encoded_.lock();
    if (like == nullptr || !spare_.empty()) return;
    if (!has_room_to_spare(static_cast<int64_t>(like->bytes()))) return;
  }
  if (auto spare = like->copy()) recycle(std::move(spare), static_cast<int64_t>(like->bytes()));
}

std::unique_ptr<detail::RecordBuffer> Lane::make_buffer() {
  {
    std::lock_guard guard(mutex_);
    if (!spare_.empty()) {
      auto buffer = std::move(spare_.back().buffer);
      spare_bytes_ -= spare_.back().bytes;
      spare_.pop_back();
      return buffer;
    }
  }
  if (class_ != nullptr) return class_->make_buffer();
  return std::make_unique<ontology::DynamicRecordBuffer>(type_.schema());
}

void Lane::break_off(const Status& reason) {
  std::unique_lock guard(mutex_);
  fail(reason, guard);
}

void Lane::fail(const Status& error, std::unique_lock<std::mutex>& guard) {
  if (!error_.ok() || ended_) return;
  error_ = core::with_context(error, "topic " + options_.name);
  queued_bytes_ = 0;
  // Freed outside the lock.
  std::vector<Sealed> unsent;
  unsent.reserve(options_.pending_batches_max + 1);
  unsent.swap(queue_);
  std::deque<Sent> sent = std::exchange(sent_, {});
  auto stream = stream_;
  guard.unlock();
  changed_.notify_all();
  if (stream != nullptr) stream->cancel();
  stream.reset();
  {
    // The next push meets the error.
    std::lock_guard front(lock_);
    end_batch();
  }
  unsent.clear();
  sent.clear();
  guard.lock();
}

// --- Endings ---

Status Lane::seal() {
  while (true) {
    int64_t bytes = 0;
    {
      std::lock_guard front(lock_);
      {
        std::lock_guard guard(mutex_);
        ARROW_RETURN_NOT_OK(error_);
      }
      if (current_ == nullptr || current_->rows() == 0 || try_seal()) return Status::OK();
      bytes = static_cast<int64_t>(current_->bytes());
    }
    ARROW_RETURN_NOT_OK(wait_for_room(bytes));
  }
}

Status Lane::wait_acknowledged() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] {
    return !error_.ok() ||
           (queue_.empty() && !sending_ && broken_.ok() && acknowledged_rows_ >= sent_rows_);
  });
  return error_;
}

Status Lane::flush() {
  {
    std::lock_guard guard(mutex_);
    if (ended_) return end_status_;
  }
  ARROW_RETURN_NOT_OK(seal());
  return wait_acknowledged();
}

Status Lane::finalize() {
  {
    std::unique_lock guard(mutex_);
    if (ending_) {
      changed_.wait(guard, [this] { return ended_; });
      return end_status_;
    }
    ARROW_RETURN_NOT_OK(error_);
    ending_ = true;
  }
  {
    // Whoever pushes from here on is refused.
    std::lock_guard front(lock_);
    end_batch();
  }
  Status status = seal();
  for (bool finished = false; status.ok() && !finished;) {
    status = wait_acknowledged();
    if (status.ok()) status = finish_stream(&finished);
  }
  std::unique_lock guard(mutex_);
  if (!status.ok()) fail(status, guard);
  end_status_ = status;
  ended_ = true;
  spare_.clear();
  changed_.notify_all();
  return status;
}

void Lane::wait_broken_off() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return !sending_ && !acknowledging_; });
  if (ended_) return;
  ending_ = true;
  ended_ = true;
  end_status_ = error_;
  spare_.clear();
  changed_.notify_all();
}

Status Lane::error() const {
  std::lock_guard guard(mutex_);
  return error_;
}

bool Lane::ended() const {
  std::lock_guard guard(mutex_);
  return ended_;
}

TopicWriterStats Lane::stats() const {
  std::lock_guard front(lock_);
  std::lock_guard guard(mutex_);
  return {.pushed_rows = gone_rows_ + (current_ == nullptr ? 0 : current_->rows()),
          .acknowledged_rows = acknowledged_rows_ - resumed_rows_,
          .dropped_rows = dropped_rows_,
          .sent_bytes = sent_bytes_,
          .queued_batches = static_cast<int64_t>(queue_.size()),
          .resumed_rows = resumed_rows_};
}

std::vector<Gap> Lane::gaps() const {
  std::lock_guard guard(mutex_);
  return gaps_;
}

}  // namespace mosaico::client
