#include "client/read/topic_loads.hpp"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "ontology/arrow_schema.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::client {

namespace {

constexpr std::chrono::milliseconds kUploadPoll{100};

}  // namespace

TopicLoads::TopicLoads(Session& session, const std::vector<StreamTopic>& topics,
                       const LoadOptions& options)
    : executor_(session.executor()),
      transport_(session.transport()),
      about_(topics),
      options_(options),
      topics_(topics.size()) {
  for (size_t i = 0; i < topics_.size(); ++i) {
    topics_[i].about = &about_[i];
    topics_[i].expected_bytes = options_.batch_bytes;
  }
}

void TopicLoads::request(size_t topic, bool ahead) {
  {
    std::lock_guard lock(mutex_);
    if (!enqueue(topic, ahead) || tasks_ >= options_.loads_max) return;
    ++tasks_;
  }
  executor_.submit([self = shared_from_this()] { self->work(); });
}

// Whether a load was added to the queue.
bool TopicLoads::enqueue(size_t index, bool ahead) {
  Topic& topic = topics_[index];
  if (closed_ || topic.busy || topic.ended || topic.ready || !topic.status.ok()) return false;
  if (ahead && used_bytes_ + topic.expected_bytes > options_.budget_bytes) return false;
  topic.busy = true;
  count(topic.expected_bytes);
  queue_.push_back(index);
  return true;
}

void TopicLoads::count(int64_t bytes) {
  used_bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, used_bytes_);
}

Result<LoadedBatch> TopicLoads::take(size_t index) {
  request(index, /*ahead=*/false);
  std::unique_lock lock(mutex_);
  Topic& topic = topics_[index];
  changed_.wait(lock, [&] { return closed_ || !topic.busy; });
  if (closed_) return LoadedBatch{};
  ARROW_RETURN_NOT_OK(topic.status);
  return std::exchange(topic.ready, {});
}

TopicLoads::State TopicLoads::look(size_t index) const {
  std::lock_guard lock(mutex_);
  const Topic& topic = topics_[index];
  if (closed_) return State::Ended;
  if (topic.ready || !topic.status.ok()) return State::Ready;
  return topic.ended ? State::Ended : State::Pending;
}

void TopicLoads::wait_for_arrival(uint64_t seen, const std::optional<TimePoint>& deadline) const {
  std::unique_lock lock(mutex_);
  const auto arrived = [&] { return closed_ || arrivals_ != seen; };
  if (deadline.has_value()) {
    changed_.wait_until(lock, *deadline, arrived);
  } else {
    changed_.wait(lock, arrived);
  }
}

uint64_t TopicLoads::arrivals() const {
  std::lock_guard lock(mutex_);
  return arrivals_;
}

void TopicLoads::give_back(int64_t bytes) {
  std::lock_guard lock(mutex_);
  used_bytes_ -= bytes;
}

int64_t TopicLoads::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used_bytes_;
}

int64_t TopicLoads::peak_bytes() const {
  std::lock_guard lock(mutex_);
  return peak_bytes_;
}

void TopicLoads::close() {
  std::vector<std::shared_ptr<DownloadStream>> streams;
  std::vector<LoadedBatch> freed;  // Outside the lock.
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    for (const size_t queued : queue_) {
      topics_[queued].busy = false;
      used_bytes_ -= topics_[queued].expected_bytes;
    }
    queue_.clear();
    for (Topic& topic : topics_) {
      if (topic.stream != nullptr) streams.push_back(std::move(topic.stream));
      if (!topic.ready) continue;
      used_bytes_ -= topic.ready.bytes();
      freed.push_back(std::exchange(topic.ready, {}));
    }
  }
  changed_.notify_all();
  for (const auto& stream : streams) stream->cancel();
}

void TopicLoads::work() {
  std::unique_lock lock(mutex_);
  while (!queue_.empty()) {
    Topic& topic = topics_[queue_.front()];
    queue_.pop_front();
    lock.unlock();
    finish(topic, load(topic));
    lock.lock();
  }
  --tasks_;
}

Result<LoadedBatch> TopicLoads::load(Topic& topic) {
  try {
    ARROW_ASSIGN_OR_RAISE(const auto stream, open(topic));
    if (stream == nullptr) return LoadedBatch{};
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      ARROW_ASSIGN_OR_RAISE(batch, stream->next());
    } while (batch != nullptr && batch->num_rows() == 0);
    if (batch == nullptr) return LoadedBatch{};
    return decode(topic, *stream, batch);
  } catch (const std::exception& error) {
    return core::error(ErrorKind::Internal, "reading a batch: ", error.what());
  }
}

// Null when the stream was closed.
Result<std::shared_ptr<DownloadStream>> TopicLoads::open(Topic& topic) {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || topic.stream != nullptr) return topic.stream;
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<DownloadStream> stream, download(topic));
  if (stream == nullptr) return nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      topic.stream = stream;
      return stream;
    }
  }
  stream->cancel();
  return nullptr;
}

// Null also for a topic that went without ever having had a row.
Result<std::unique_ptr<DownloadStream>> TopicLoads::download(const Topic& topic) {
  auto opened = transport_.download(topic.about->ticket);
  if (!options_.wait_for_upload) return opened;
  // Locked: nobody has written to it yet.
  while (core::is_kind(opened.status(), ErrorKind::Locked)) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kUploadPoll, [this] { return closed_; })) return nullptr;
    }
    opened = transport_.download(topic.about->ticket);
  }
  const bool had_rows = topic.about->last_stored_ns.has_value();
  if (!had_rows && core::is_kind(opened.status(), ErrorKind::NotFound)) return nullptr;
  return opened;
}

Result<LoadedBatch> TopicLoads::decode(Topic& topic, DownloadStream& stream,
                                       const std::shared_ptr<arrow::RecordBatch>& batch) const {
  if (const Status valid = batch->Validate(); !valid.ok()) {
    return core::error(ErrorKind::Corrupt, "a malformed batch: ", valid.message());
  }
  if (!topic.type.has_value()) {
    topic.type = detail::intern_ontology(ontology::from_arrow_schema(
        *stream.schema(), topic.about->ontology_tag, topic.about->format));
  }
  LoadedBatch loaded{.rows = nullptr, .columns = batch};
  ARROW_ASSIGN_OR_RAISE(loaded.rows, ontology::to_stream_batch(batch, *topic.type));

  const detail::ColumnView& times = loaded.rows->timestamps;
  if (times.null_count != 0) {
    return core::error(ErrorKind::Corrupt, "a row without a timestamp_ns");
  }
  if (!options_.ascending) return loaded;
  for (int64_t row = 0; row < times.length; ++row) {
    const auto timestamp_ns = times.number<int64_t>(row);
    if (timestamp_ns < topic.last_timestamp_ns) {
      return core::error(ErrorKind::Corrupt, "rows are not in ascending order: ", timestamp_ns,
                         " ns after ", topic.last_timestamp_ns);
    }
    topic.last_timestamp_ns = timestamp_ns;
  }
  return loaded;
}

void TopicLoads::finish(Topic& topic, Result<LoadedBatch> result) {
  const core::Status status = result.status();
  LoadedBatch batch;
  if (status.ok()) batch = std::move(result).ValueUnsafe();
  std::shared_ptr<DownloadStream> done;  // Goes outside the lock.
  {
    std::lock_guard lock(mutex_);
    topic.busy = false;
    used_bytes_ -= topic.expected_bytes;
    if (!status.ok()) {
      topic.status = core::with_context(status, topic.about->name);
    } else if (!batch) {
      topic.ended = true;
    } else if (!closed_) {
      topic.expected_bytes = std::max(options_.batch_bytes, batch.bytes());
      count(batch.bytes());
      topic.ready = std::move(batch);
    }
    if (!topic.ready) done = std::move(topic.stream);
    ++arrivals_;
  }
  changed_.notify_all();
}

}  // namespace mosaico::client
