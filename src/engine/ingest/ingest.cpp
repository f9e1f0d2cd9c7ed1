#include "engine/ingest/ingest.hpp"

#include <algorithm>
#include <iterator>

#include "core/log.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/ingest/recovery.hpp"
#include "engine/ingest/topic_upload.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

namespace {

constexpr size_t kSessionsKept = 64;

Status engine_is_closed() { return core::error(ErrorKind::Unavailable, "the engine is closed"); }

Status topic_was_deleted(const std::string& sequence, const std::string& topic) {
  return core::error(ErrorKind::NotFound, "the topic was deleted: ", sequence, "/", topic);
}

}  // namespace

Ingest::Ingest(std::shared_ptr<EngineContext> context,
               std::function<void(const std::string&)> changed)
    : context_(std::move(context)),
      changed_(std::move(changed)),
      committer_(context_->options.group_commit),
      chunk_threads_(context_->options.chunk_threads),
      space_(context_->files, {.path = context_->journal_directory,
                               .bytes_min = context_->options.min_free_bytes,
                               .clock = context_->options.clock}) {}

Ingest::~Ingest() = default;

Result<std::shared_ptr<TopicUpload>> Ingest::begin(const protocol::PutDescriptor& descriptor,
                                                   const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_RETURN_NOT_OK(validate_storable(*schema));
  ARROW_RETURN_NOT_OK(space_.check(0));
  std::multiset<TopicName>::iterator beginning;
  {
    const std::lock_guard lock(mutex_);
    beginning = beginning_.emplace(descriptor.topic.sequence, descriptor.topic.topic);
  }
  auto upload = begin_named(descriptor, schema);
  const std::lock_guard lock(mutex_);
  beginning_.erase(beginning);
  return upload;
}

Result<catalog::Topic> Ingest::begin_in_catalog(const protocol::PutDescriptor& descriptor,
                                                const std::string& schema) {
  const core::Locator& name = descriptor.topic;
  const auto begin = [&] {
    return context_->catalog->begin_upload(name.sequence, name.topic, descriptor.topic_uuid, schema,
                                           descriptor.resume);
  };
  auto topic = begin();
  if (!core::is_kind(topic.status(), ErrorKind::Locked)) return topic;
  ARROW_ASSIGN_OR_RAISE(const bool was_lost,
                        end_lost_upload(name.sequence, name.topic, /*own_begins=*/1));
  if (was_lost) return begin();
  if (!descriptor.resume) return topic;
  // A connection that died without a word leaves an upload which nobody feeds any more.
  const auto found = context_->catalog->find_topic(name.sequence, name.topic);
  if (!found.ok() || found->uuid != descriptor.topic_uuid || !end_silent({found->id})) return topic;
  return begin();
}

Result<bool> Ingest::end_lost_upload(const std::string& sequence, const std::string& topic,
                                     size_t own_begins) {
  // In a shared catalog it may be somebody else's, and running.
  if (context_->options.shared_catalog) return false;
  const auto found = context_->catalog->find_topic(sequence, topic);
  if (core::is_kind(found.status(), ErrorKind::NotFound)) return false;
  ARROW_RETURN_NOT_OK(found.status());
  if (found->state != catalog::TopicState::Uploading) return false;
  {
    const std::lock_guard lock(mutex_);
    // Another that begins has told the catalog, perhaps, and is not among the uploads yet.
    const size_t begins = beginning_.count({sequence, topic});
    if (uploads_.contains(found->id) || begins > own_begins) return false;
  }
  const Status ended = context_->catalog->end_upload(found->id, catalog::TopicState::Interrupted);
  if (!ended.ok()) return core::with_context(ended, "ending an upload that is over");
  return true;
}

Result<std::shared_ptr<TopicUpload>> Ingest::begin_named(
    const protocol::PutDescriptor& descriptor, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, serialize_schema(*schema));
  ARROW_ASSIGN_OR_RAISE(const catalog::Topic topic, begin_in_catalog(descriptor, bytes));
  auto upload = start(topic, descriptor, schema);
  if (!upload.ok()) {
    const Status ended = context_->catalog->end_upload(topic.id, catalog::TopicState::Interrupted);
    if (!ended.ok() && !core::is_kind(ended, ErrorKind::NotFound)) {
      return core::with_context(upload.status(), ended.message());
    }
  }
  return upload;
}

Result<std::shared_ptr<TopicUpload>> Ingest::start(const catalog::Topic& topic,
                                                   const protocol::PutDescriptor& descriptor,
                                                   const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(ChunkOrigin origin, origin_of(descriptor.topic.sequence, topic, schema));
  if (descriptor.resume) {
    ARROW_RETURN_NOT_OK(publish_leftovers(&origin));
  }
  // Its folder also tells which of the uploads in a shared catalog were ours. Elsewhere it waits
  // for the first row that goes there.
  const bool describe = context_->options.shared_catalog;
  if (describe) {
    ARROW_RETURN_NOT_OK(describe_journal({context_->journal_directory, context_->files}, origin));
  }
  const auto upload = std::make_shared<TopicUpload>(
      shared_from_this(),
      TopicUpload::Start{.origin = std::move(origin),
                         .schema_bytes = topic.schema,
                         // Pictures hardly get smaller, and there are many bytes of them.
                         .compress_journal = topic.serialization_format != "image",
                         .sync_journal = !descriptor.process_durability,
                         .journal_described = describe,
                         .gives_signs = descriptor.ack});
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return engine_is_closed();
    uploads_[topic.id] = upload;
  }
  // A deletion from now on finds the upload; one before shows here.
  const auto found =
      context_->catalog->find_topic(descriptor.topic.sequence, descriptor.topic.topic);
  Status status = found.status();
  if (found.ok() && found->id != topic.id) {
    status = topic_was_deleted(descriptor.topic.sequence, descriptor.topic.topic);
  }
  if (!status.ok()) {
    upload->drop(status);
    upload->interrupt();
    return status;
  }
  return upload;
}

Status Ingest::publish_leftovers(ChunkOrigin* origin) {
  const catalog::TopicId topic = origin->topic.id;
  const std::lock_guard one_at_a_time(leftovers_mutex_);
  ARROW_ASSIGN_OR_RAISE(origin->topic.rows,
                        publish_journal(*context_, *origin, origin->topic.schema));
  Stranded published;
  {
    const std::lock_guard lock(mutex_);
    const auto found = stranded_.find(topic);
    if (found == stranded_.end()) return Status::OK();
    published = std::move(found->second);
    stranded_.erase(found);
  }
  published.live->drop_before(origin->topic.rows);
  return Status::OK();
}

bool Ingest::end_silent(const std::vector<catalog::TopicId>& topics) {
  std::vector<std::shared_ptr<TopicUpload>> uploads;
  {
    const std::lock_guard lock(mutex_);
    uploads = running_locked(topics);
  }
  if (uploads.empty() || !std::all_of(uploads.begin(), uploads.end(),
                                      [](const auto& upload) { return upload->is_silent(); })) {
    return false;
  }
  for (const auto& upload : uploads) {
    core::log().warn("{}/{}: nothing came from its writer any more, the upload is interrupted",
                     upload->origin().sequence.name, upload->origin().topic.name);
    upload->break_off(core::error(ErrorKind::Cancelled, "the upload was silent for too long"));
    upload->end_interrupted();
  }
  return true;
}

void Ingest::drop_topics(const std::vector<catalog::TopicId>& topics) {
  std::vector<std::shared_ptr<TopicUpload>> uploads;
  std::vector<Stranded> stranded;
  {
    const std::lock_guard lock(mutex_);
    uploads = running_locked(topics);
    for (const catalog::TopicId topic : topics) {
      if (const auto found = stranded_.find(topic); found != stranded_.end()) {
        stranded.push_back(std::move(found->second));
        stranded_.erase(found);
      }
    }
  }
  const Status why = core::error(ErrorKind::NotFound, "the topic was deleted");
  for (const auto& upload : uploads) upload->drop(why);
  for (const catalog::TopicId topic : topics) context_->live.end(topic, why);
}

void Ingest::seal_older_than(std::chrono::steady_clock::time_point time) {
  for (const auto& upload : running()) upload->cut_older_than(time);
}

void Ingest::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  const auto uploads = running();
  for (const auto& upload : uploads) upload->break_off(engine_is_closed());
  for (const auto& upload : uploads) upload->end_interrupted();
  ending_thread_.close();  // Before the chunk threads, for which its work waits.
  committer_.close();
  chunk_threads_.close();
}

Result<core::MemoryBudget::Reservation> Ingest::reserve(int64_t bytes,
                                                        const std::stop_token& stop) {
  core::MemoryBudget& budget = context_->ingest_memory;
  if (auto memory = budget.try_reserve(bytes)) return *std::move(memory);
  while (true) {
    std::stop_source look_again;
    {
      const std::lock_guard lock(mutex_);
      ARROW_RETURN_NOT_OK(check_not_stranded_locked(bytes));
      waiting_.insert(&look_again);
    }
    relieve(bytes);
    auto memory = [&] {
      const std::stop_callback stopped(stop, [&] { look_again.request_stop(); });
      return budget.reserve(bytes, look_again.get_token());
    }();
    const std::lock_guard lock(mutex_);
    waiting_.erase(&look_again);
    if (memory.ok() || stop.stop_requested()) return memory;
  }
}

Status Ingest::check_not_stranded_locked(int64_t bytes) const {
  const int64_t bytes_max = context_->ingest_memory.bytes_max();
  int64_t stranded_bytes = 0;
  for (const auto& [topic, rows] : stranded_) stranded_bytes += rows.memory.bytes();
  if (stranded_bytes == 0 || bytes <= bytes_max - stranded_bytes) return Status::OK();
  return core::error(ErrorKind::LimitExceeded, "ingest_memory_bytes: ", stranded_bytes, " of ",
                     bytes_max, " hold rows of interrupted uploads that the store could not take");
}

void Ingest::relieve(int64_t bytes) {
  const core::MemoryBudget& budget = context_->ingest_memory;
  const int64_t wanted = budget.waiting() + bytes - (budget.bytes_max() - budget.used());
  int64_t coming = 0;
  std::vector<std::pair<int64_t, std::shared_ptr<TopicUpload>>> tails;
  for (const auto& upload : running()) {
    const TopicUpload::Memory memory = upload->memory();
    coming += memory.cut;
    if (memory.cut > 0) upload->hurry();
    if (memory.tail > 0) tails.emplace_back(memory.tail, upload);
  }
  std::sort(tails.begin(), tails.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [tail, upload] : tails) {
    if (coming >= wanted) return;
    upload->cut();
    coming += tail;
  }
}

Result<ChunkOrigin> Ingest::origin_of(const std::string& sequence, const catalog::Topic& topic,
                                      std::shared_ptr<arrow::Schema> schema) {
  ChunkOrigin origin;
  origin.topic = topic;
  origin.schema = std::move(schema);
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
      return entry.second.id == topic.session;
    });
    if (found != sessions_.end()) {
      sessions_.splice(sessions_.begin(), sessions_, found);
      std::tie(origin.sequence, origin.session) = *found;
      return origin;
    }
  }
  ARROW_ASSIGN_OR_RAISE(const auto tree, context_->catalog->find_sequence(sequence));
  const catalog::Session* session = tree.session(topic.session);
  if (session == nullptr) return topic_was_deleted(sequence, topic.name);
  origin.sequence = tree.sequence;
  origin.session = *session;
  const std::lock_guard lock(mutex_);
  sessions_.emplace_front(origin.sequence, origin.session);
  if (sessions_.size() > kSessionsKept) sessions_.pop_back();
  return origin;
}

void Ingest::forget(const TopicUpload& upload) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = uploads_.find(upload.origin().topic.id);
    // The topic may have its next upload already.
    if (found != uploads_.end() && found->second.lock().get() == &upload) uploads_.erase(found);
  }
  changed_(upload.origin().sequence.name);
}

void Ingest::strand(catalog::TopicId topic, Stranded rows) {
  const std::lock_guard lock(mutex_);
  stranded_.insert_or_assign(topic, std::move(rows));
  for (std::stop_source* waits : waiting_) waits->request_stop();
}

void Ingest::end_broken(std::shared_ptr<TopicUpload> upload) {
  // Once the engine is closed all uploads have been ended.
  static_cast<void>(
      ending_thread_.submit([upload = std::move(upload)] { upload->end_interrupted(); }));
}

std::vector<std::shared_ptr<TopicUpload>> Ingest::running() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<TopicUpload>> uploads;
  for (const auto& [topic, entry] : uploads_) {
    if (auto upload = entry.lock()) uploads.push_back(std::move(upload));
  }
  return uploads;
}

std::vector<std::shared_ptr<TopicUpload>> Ingest::running_locked(
    const std::vector<catalog::TopicId>& topics) const {
  std::vector<std::shared_ptr<TopicUpload>> uploads;
  for (const catalog::TopicId topic : topics) {
    const auto found = uploads_.find(topic);
    if (found == uploads_.end()) continue;
    if (auto upload = found->second.lock()) uploads.push_back(std::move(upload));
  }
  return uploads;
}

}  // namespace mosaico::engine
