// The side of a lane that sends: batches leave, acknowledgements come back, and a stream that broke
// is opened again.
#include <arrow/record_batch.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "client/lane.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::client {

namespace {

constexpr std::chrono::milliseconds kReconnectDelayMin{50};
constexpr std::chrono::milliseconds kReconnectDelayMax{1000};

// The other side went away, or its disk did: it may come back. Locked is a server that has not
// noticed yet that the former stream is dead.
bool may_pass(const Status& status, bool while_reopening) {
  return core::is_kind(status, ErrorKind::Unavailable) || core::is_kind(status, ErrorKind::Io) ||
         (while_reopening && core::is_kind(status, ErrorKind::Locked));
}

}  // namespace

void Lane::schedule_sending() {
  if (sending_) return;
  sending_ = true;
  executor_->submit(std::shared_ptr<Executor::Task>(shared_from_this(), &send_task_));
}

void Lane::schedule_acknowledging() {
  if (acknowledging_ || acknowledged_rows_ >= sent_rows_) return;
  acknowledging_ = true;
  executor_->submit(std::shared_ptr<Executor::Task>(shared_from_this(), &acknowledge_task_));
}

void Lane::send_queued() {
  std::unique_lock guard(mutex_);
  while (error_.ok() && (!broken_.ok() || !queue_.empty() || sign_due_)) {
    if (!broken_.ok()) {
      reconnect(guard);
    } else if (!queue_.empty()) {
      send_next(guard);
    } else if (acknowledging_) {
      // The task that reads them comes back here. To wait for it would hold the thread that it may
      // still need.
      break;
    } else {
      send_sign(guard);
    }
    sign_due_ = false;
    sent_at_ = std::chrono::steady_clock::now();
  }
  sending_ = false;
  changed_.notify_all();
}

void Lane::send_next(std::unique_lock<std::mutex>& guard) {
  Sealed sealed = std::move(queue_.front());
  queue_.erase(queue_.begin());
  const int64_t end_row = sent_rows_ + sealed.rows;
  const int64_t bytes = sealed.bytes;
  auto stream = stream_;
  const int64_t number = stream_number_;
  guard.unlock();
  auto encoded = encode(std::move(sealed));
  const int64_t encoded_bytes = encoded.ok() ? ontology::bytes_of(**encoded).ValueOr(bytes) : 0;
  guard.lock();
  changed_.notify_all();
  if (!encoded.ok()) {
    queued_bytes_ -= bytes;
    return fail(encoded.status(), guard);
  }
  const bool broken_off = !error_.ok();
  if (!broken_off) sent_.push_back({.batch = *encoded, .end_row = end_row, .bytes = bytes});
  guard.unlock();
  const Status status = broken_off ? Status::OK() : stream->write(*encoded);
  // Outside the lock: streams and buffers that go may need the lane.
  encoded = std::shared_ptr<arrow::RecordBatch>();
  stream.reset();
  guard.lock();
  if (broken_off) return;
  if (!status.ok()) return on_broken(status, number, guard);
  if (!broken_.ok()) return;  // It will be sent again.
  sent_rows_ = end_row;
  sent_bytes_ += encoded_bytes;
  schedule_acknowledging();
}

void Lane::send_sign(std::unique_lock<std::mutex>& guard) {
  auto stream = stream_;
  if (stream == nullptr) return;
  const int64_t number = stream_number_;
  guard.unlock();
  const auto nothing = arrow::RecordBatch::MakeEmpty(schema_);
  const Status status = nothing.ok() ? stream->write(*nothing) : nothing.status();
  stream.reset();  // Outside the lock.
  guard.lock();
  if (!status.ok()) on_broken(status, number, guard);
}

void Lane::give_sign_if_quiet(std::chrono::steady_clock::time_point now) {
  if (options_.sign_period <= std::chrono::nanoseconds::zero()) return;
  std::lock_guard guard(mutex_);
  if (sending_ || ending_ || !error_.ok() || now - sent_at_ < options_.sign_period) return;
  sign_due_ = true;
  schedule_sending();
}

Result<std::shared_ptr<arrow::RecordBatch>> Lane::encode(Sealed sealed) {
  if (sealed.buffer == nullptr) return std::move(sealed.columns);
  try {
    sealed.buffer->finish();
  } catch (const Error& error) {
    return core::with_context(core::status_of(error), "encoding for topic " + options_.name);
  } catch (const std::exception& error) {
    return core::error(ErrorKind::Invalid, "encoding for topic ", options_.name, ": ",
                       error.what());
  }
  // The buffer comes back when the last reference to the batch is gone.
  std::shared_ptr<const detail::RecordBuffer> shared(
      sealed.buffer.release(),
      [weak = weak_from_this(), bytes = sealed.bytes](const detail::RecordBuffer* buffer) {
        std::unique_ptr<detail::RecordBuffer> owned(const_cast<detail::RecordBuffer*>(buffer));
        if (const auto lane = weak.lock()) lane->recycle(std::move(owned), bytes);
      });
  {
    std::lock_guard guard(mutex_);
    last_encoded_ = shared;
  }
  return ontology::to_record_batch(schema_, shared);
}

void Lane::read_acknowledgements() {
  std::unique_lock guard(mutex_);
  while (error_.ok() && broken_.ok() && acknowledged_rows_ < sent_rows_) {
    const int64_t next = acknowledged_rows_ + 1;
    auto stream = stream_;
    const int64_t number = stream_number_;
    guard.unlock();
    const Result<int64_t> durable = stream->wait_durable(next);
    stream.reset();  // Outside the lock.
    guard.lock();
    if (durable.ok()) {
      acknowledge(*durable, guard);
    } else {
      on_broken(durable.status(), number, guard);
    }
  }
  acknowledging_ = false;
  if (error_.ok() && !broken_.ok()) schedule_sending();
  changed_.notify_all();
}

void Lane::acknowledge(int64_t rows, std::unique_lock<std::mutex>& guard) {
  std::vector<Sent> freed;
  while (!sent_.empty() && sent_.front().end_row <= rows) {
    queued_bytes_ -= sent_.front().bytes;
    freed.push_back(std::move(sent_.front()));
    sent_.pop_front();
  }
  // Outside the lock, and before anybody is told: whoever flushed finds their buffers again.
  guard.unlock();
  freed.clear();
  guard.lock();
  acknowledged_rows_ = std::max(acknowledged_rows_, rows);
  changed_.notify_all();
}

// --- A stream that breaks ---

void Lane::on_broken(const Status& why, int64_t stream, std::unique_lock<std::mutex>& guard) {
  if (!error_.ok() || !broken_.ok() || stream != stream_number_) return;
  if (reopen_ == nullptr || options_.reconnect_time <= std::chrono::nanoseconds::zero() ||
      !may_pass(why, /*while_reopening=*/false)) {
    return fail(why, guard);
  }
  broken_ = why;
  auto broken = stream_;
  schedule_sending();
  guard.unlock();
  broken->cancel();  // Wakes the other task.
  broken.reset();    // Outside the lock.
  guard.lock();
}

Result<Lane::Reopened> Lane::open_again() {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<UploadStream> stream, reopen_());
  ARROW_ASSIGN_OR_RAISE(const int64_t durable_rows, stream->wait_durable(0));
  return Reopened{.stream = std::move(stream), .durable_rows = durable_rows};
}

// Runs in the sending task, while no other task has the stream.
void Lane::reconnect(std::unique_lock<std::mutex>& guard) {
  const auto deadline = std::chrono::steady_clock::now() + options_.reconnect_time;
  auto former = std::move(stream_);
  stream_ = nullptr;
  ++stream_number_;
  std::chrono::milliseconds delay = kReconnectDelayMin;
  while (error_.ok()) {
    const bool finishing = finishing_;
    guard.unlock();
    former.reset();
    auto opened = open_again();
    // The topic may have ended, and only the answer been lost.
    const bool has_ended = finishing && core::is_kind(opened.status(), ErrorKind::Locked) &&
                           has_ended_().ValueOr(false);
    guard.lock();
    if (opened.ok() && !error_.ok()) {
      guard.unlock();
      opened->stream.reset();  // Outside the lock.
      guard.lock();
    }
    if (!error_.ok()) return;
    if (opened.ok()) {
      stream_ = std::move(opened->stream);
      return resume_at(opened->durable_rows, guard);
    }
    if (has_ended) {
      broken_ = Status::OK();
      return;
    }
    if (!may_pass(opened.status(), /*while_reopening=*/true) ||
        std::chrono::steady_clock::now() >= deadline) {
      return fail(core::error(core::kind_of(opened.status()), broken_.message(),
                              "; going on with it: ", opened.status().message()),
                  guard);
    }
    changed_.wait_for(guard, delay, [this] { return !error_.ok(); });
    delay = std::min(2 * delay, kReconnectDelayMax);
  }
}

Status Lane::finish_stream(bool* finished) {
  std::unique_lock guard(mutex_);
  finishing_ = true;
  changed_.wait(guard, [this] { return !acknowledging_; });
  auto stream = stream_;
  const int64_t number = stream_number_;
  guard.unlock();
  const Status status = stream == nullptr
                            ? Status::OK()
                            : core::with_context(stream->finish(), "topic " + options_.name);
  stream.reset();  // Outside the lock.
  guard.lock();
  *finished = status.ok();
  if (!status.ok()) on_broken(status, number, guard);
  return error_;
}

// Queues again what the other side does not have.
void Lane::resume_at(int64_t row, std::unique_lock<std::mutex>& guard) {
  const int64_t known_rows = sent_.empty() ? sent_rows_ : sent_.back().end_row;
  if (row < acknowledged_rows_ || row > known_rows) {
    return fail(
        core::error(ErrorKind::Corrupt, "the topic came back with ", row, " durable rows, where ",
                    acknowledged_rows_, " to ", known_rows, " are possible"),
        guard);
  }
  acknowledge(row, guard);
  sent_rows_ = row;
  int64_t first_row = row;
  std::vector<Sealed> again;
  again.reserve(sent_.size() + queue_.size());
  for (Sent& sent : sent_) {
    const int64_t rows = sent.end_row - first_row;
    auto batch = std::move(sent.batch);
    if (rows < batch->num_rows()) batch = batch->Slice(batch->num_rows() - rows);
    again.push_back(
        {.buffer = nullptr, .columns = std::move(batch), .rows = rows, .bytes = sent.bytes});
    first_row = sent.end_row;
  }
  sent_.clear();
  queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()),
                std::make_move_iterator(again.end()));
  broken_ = Status::OK();
}

}  // namespace mosaico::client
