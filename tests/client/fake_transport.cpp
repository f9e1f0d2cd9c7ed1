#include "client/fake_transport.hpp"

#include <arrow/array.h>
#include <arrow/type.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "mosaico/detail/record_buffer.hpp"
#include "ontology/arrow_schema.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::client {

namespace {

const int64_t* times_of(const arrow::RecordBatch& batch) {
  return static_cast<const arrow::Int64Array&>(*batch.GetColumnByName("timestamp_ns")).raw_values();
}

// The rows in a window; null when there is none. Times ascend.
std::shared_ptr<arrow::RecordBatch> cut(const std::shared_ptr<arrow::RecordBatch>& batch,
                                        const protocol::Window& window) {
  const int64_t* times = times_of(*batch);
  int64_t first = 0;
  int64_t last = batch->num_rows();
  while (first < last && !window.contains(times[first])) ++first;
  while (first < last && !window.contains(times[last - 1])) --last;
  return first < last ? batch->Slice(first, last - first) : nullptr;
}

int64_t bytes_of(const arrow::RecordBatch& batch) { return ontology::bytes_of(batch).ValueOr(0); }

// Figures of the rows in a window.
protocol::TopicDescription::WindowFigures figures_of(const FakeTopic& topic,
                                                     const protocol::Window& window) {
  protocol::TopicDescription::WindowFigures figures;
  for (const auto& batch : topic.batches) {
    const auto part = cut(batch, window);
    if (part == nullptr) continue;
    figures.rows += part->num_rows();
    const int64_t first = times_of(*part)[0];
    const int64_t last = times_of(*part)[part->num_rows() - 1];
    if (!figures.interval.has_value()) figures.interval = protocol::Interval{first, last};
    figures.interval->start_ns = std::min(figures.interval->start_ns, first);
    figures.interval->end_ns = std::max(figures.interval->end_ns, last);
  }
  return figures;
}

// What can be told without a look at the rows.
bool may_hold(const protocol::TopicDescription::WindowFigures& all,
              const protocol::Window& window) {
  return all.interval.has_value() &&
         (!window.start_ns || *window.start_ns <= all.interval->end_ns) &&
         (!window.end_ns || *window.end_ns > all.interval->start_ns);
}

}  // namespace

// --- Gate ---

void Gate::shut() {
  std::lock_guard lock(mutex_);
  is_shut_ = true;
}

void Gate::open() {
  {
    std::lock_guard lock(mutex_);
    is_shut_ = false;
  }
  changed_.notify_all();
}

void Gate::wait_for_waiters(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiters_ >= count; });
}

int Gate::waiters() const {
  std::lock_guard lock(mutex_);
  return waiters_;
}

void Gate::pass(const std::function<bool()>& broken_off) {
  std::unique_lock lock(mutex_);
  ++waiters_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !is_shut_ || broken_off(); });
  --waiters_;
}

void Gate::wake() {
  {
    std::lock_guard lock(mutex_);
  }
  changed_.notify_all();
}

// --- Streams ---

class FakeDownload final : public DownloadStream {
 public:
  FakeDownload(FakeTransport& transport, protocol::Ticket ticket,
               std::shared_ptr<arrow::Schema> schema)
      : transport_(transport),
        ticket_(std::move(ticket)),
        locator_(ticket_.topic.to_string()),
        schema_(std::move(schema)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    transport_.reading.pass([this] { return cancelled_.load(); });
    std::unique_lock lock(transport_.mutex_);
    while (!cancelled_) {
      const auto found = transport_.topics_.find(locator_);
      if (found == transport_.topics_.end()) {
        return core::error(ErrorKind::Cancelled, "the topic was deleted");
      }
      const FakeTopic& topic = found->second;
      if (topic.download_fault.has_value() && given_out_ >= topic.download_fault->after) {
        return topic.download_fault->error;
      }
      while (position_ < topic.batches.size()) {
        const auto batch = cut(topic.batches[position_++], ticket_.window);
        if (batch == nullptr) continue;
        ++given_out_;
        transport_.hand_out(batch);
        return batch;
      }
      if (!ticket_.follow || topic.completed_at_ns.has_value()) return nullptr;
      transport_.changed_.wait(lock);
    }
    return core::error(ErrorKind::Cancelled, "the reader broke off");
  }

  void cancel() override {
    {
      std::lock_guard lock(transport_.mutex_);
      cancelled_ = true;
    }
    transport_.changed_.notify_all();
    transport_.reading.wake();
  }

 private:
  FakeTransport& transport_;
  const protocol::Ticket ticket_;
  const std::string locator_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::atomic<bool> cancelled_ = false;
  size_t position_ = 0;
  int given_out_ = 0;
};

class FakeUpload final : public UploadStream {
 public:
  FakeUpload(FakeTransport& transport, std::string locator)
      : transport_(transport), locator_(std::move(locator)) {}

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    transport_.writing.pass([this] { return cancelled_.load(); });
    std::lock_guard lock(transport_.mutex_);
    if (cancelled_) return core::error(ErrorKind::Cancelled, "the upload was cancelled");
    FakeTopic& topic = transport_.topics_[locator_];
    if (topic.upload_fault.has_value() && written_ >= topic.upload_fault->after) {
      return topic.upload_fault->error;
    }
    ++written_;
    rows_ += batch->num_rows();
    topic.batches.push_back(batch);
    transport_.changed_.notify_all();
    return Status::OK();
  }

  Result<int64_t> wait_durable(int64_t rows) override {
    transport_.durable.pass([this] { return cancelled_.load(); });
    std::unique_lock lock(transport_.mutex_);
    transport_.changed_.wait(lock, [&] { return cancelled_ || rows_ >= rows; });
    if (cancelled_) return core::error(ErrorKind::Cancelled, "the upload was cancelled");
    return rows_;
  }

  Status finish() override { return transport_.record("finish " + locator_); }

  void cancel() override {
    {
      std::lock_guard lock(transport_.mutex_);
      cancelled_ = true;
    }
    transport_.changed_.notify_all();
    transport_.writing.wake();
    transport_.durable.wake();
  }

 private:
  FakeTransport& transport_;
  const std::string locator_;
  std::atomic<bool> cancelled_ = false;
  // Guarded by the transport's mutex.
  int written_ = 0;
  int64_t rows_ = 0;
};

// --- For the test ---

void FakeTransport::add_sequence(const std::string& sequence) {
  std::lock_guard lock(mutex_);
  sequences_[sequence];
}

void FakeTransport::add_topic(const std::string& locator, FakeTopic topic) {
  std::lock_guard lock(mutex_);
  const auto parsed = core::parse_topic_locator(locator).ValueOrDie();
  sequences_[parsed.sequence].topics.push_back(parsed.topic);
  topics_[locator] = std::move(topic);
}

void FakeTransport::append(const std::string& locator, std::shared_ptr<arrow::RecordBatch> batch) {
  {
    std::lock_guard lock(mutex_);
    topics_.at(locator).batches.push_back(std::move(batch));
  }
  changed_.notify_all();
}

void FakeTransport::complete(const std::string& locator) {
  {
    std::lock_guard lock(mutex_);
    topics_.at(locator).completed_at_ns = 3'000'000'000;
  }
  changed_.notify_all();
}

void FakeTransport::remove_topic(const std::string& locator) {
  {
    std::lock_guard lock(mutex_);
    topics_.erase(locator);
  }
  changed_.notify_all();
}

void FakeTransport::add_notification(const core::Locator& locator,
                                     const std::string& created_datetime) {
  std::lock_guard lock(mutex_);
  notifications_.emplace_back(locator, created_datetime);
}

void FakeTransport::fail_actions(const Status& error) {
  std::lock_guard lock(mutex_);
  failure_ = error;
}

std::vector<std::string> FakeTransport::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

void FakeTransport::count_always() {
  std::lock_guard lock(mutex_);
  counts_always_ = true;
}

std::vector<protocol::ReadDescriptor> FakeTransport::discoveries() const {
  std::lock_guard lock(mutex_);
  return discoveries_;
}

int FakeTransport::downloads() const {
  std::lock_guard lock(mutex_);
  return downloads_;
}

int FakeTransport::openings_at_once() const {
  std::lock_guard lock(mutex_);
  return openings_at_once_;
}

int64_t FakeTransport::held_bytes_max() const {
  std::lock_guard lock(mutex_);
  return held_bytes_max_;
}

FakeTopic FakeTransport::topic(const std::string& locator) {
  std::lock_guard lock(mutex_);
  return topics_.at(locator);
}

Status FakeTransport::record(const std::string& call) {
  std::lock_guard lock(mutex_);
  calls_.push_back(call);
  return failure_;
}

void FakeTransport::hand_out(const std::shared_ptr<arrow::RecordBatch>& batch) {
  std::erase_if(handed_out_, [](const auto& earlier) { return earlier.first.expired(); });
  handed_out_.emplace_back(batch, bytes_of(*batch));
  int64_t bytes = 0;
  for (const auto& held : handed_out_) bytes += held.second;
  held_bytes_max_ = std::max(held_bytes_max_, bytes);
}

// --- Transport: actions ---

Result<protocol::ServerInfo> FakeTransport::info() {
  ARROW_RETURN_NOT_OK(record("info"));
  return protocol::ServerInfo{
      .version = "0.7.0", .limits = {}, .server = std::string(protocol::kServerName)};
}

Status FakeTransport::sequence_create(const protocol::SequenceCreate& request) {
  ARROW_RETURN_NOT_OK(record("sequence_create " + request.sequence));
  std::lock_guard lock(mutex_);
  if (!sequences_.emplace(request.sequence, Sequence{request.user_metadata, {}}).second) {
    return core::error(ErrorKind::AlreadyExists, request.sequence);
  }
  return Status::OK();
}

Status FakeTransport::sequence_delete(const core::Locator& sequence) {
  return record("sequence_delete " + sequence.to_string());
}

Status FakeTransport::sequence_abort(const protocol::SequenceAbort& request) {
  return record("sequence_abort " + request.sequence);
}

Result<protocol::SequenceListAnswer> FakeTransport::sequence_list(
    const protocol::SequenceListRequest& request) {
  ARROW_RETURN_NOT_OK(record("sequence_list " + request.prefix));
  return protocol::SequenceListAnswer{};
}

Result<protocol::SessionCreated> FakeTransport::session_create(const core::Locator& sequence) {
  ARROW_RETURN_NOT_OK(record("session_create " + sequence.to_string()));
  return protocol::SessionCreated{
      .uuid = "6f0f8a8e-1d6b-4b7e-9d1a-3f2f1f6f7a10",
      .locator = {
          .sequence = sequence.sequence, .topic = "", .session = "01HZZZZZZZZZZZZZZZZZZZZZZZ"}};
}

Status FakeTransport::session_finalize(const protocol::SessionFinalize&) {
  return record("session_finalize");
}

Status FakeTransport::session_delete(const core::Locator& session) {
  return record("session_delete " + session.to_string());
}

Result<protocol::SessionClaimed> FakeTransport::session_claim(const core::Locator& session) {
  ARROW_RETURN_NOT_OK(record("session_claim " + session.to_string()));
  return core::error(ErrorKind::Unsupported, "session_claim");
}

Result<protocol::TopicCreated> FakeTransport::topic_create(const protocol::TopicCreate& request) {
  ARROW_RETURN_NOT_OK(record("topic_create " + request.locator.to_string()));
  add_topic(request.locator.to_string(), FakeTopic{.tag = request.ontology_tag,
                                                   .format = request.serialization_format,
                                                   .user_metadata = request.user_metadata,
                                                   .schema = nullptr,
                                                   .completed_at_ns = std::nullopt});
  return protocol::TopicCreated{.uuid = "0d2b6d53-9f4e-4a55-8a3e-0f7f3c1f5b22"};
}

Status FakeTransport::topic_delete(const core::Locator& topic) {
  return record("topic_delete " + topic.to_string());
}

Status FakeTransport::notification_create(const protocol::NotificationCreate& request) {
  return record("notification_create " + request.locator.to_string() + " " + request.message);
}

Result<protocol::NotificationList> FakeTransport::notification_list(const core::Locator& locator) {
  ARROW_RETURN_NOT_OK(record("notification_list " + locator.to_string()));
  protocol::NotificationList list;
  std::lock_guard lock(mutex_);
  for (const auto& [where, created_datetime] : notifications_) {
    if (where.to_string() != locator.to_string()) continue;
    list.notifications.push_back({where, "error", "something", created_datetime});
  }
  return list;
}

Status FakeTransport::notification_purge(const core::Locator& locator) {
  return record("notification_purge " + locator.to_string());
}

Result<protocol::QueryAnswer> FakeTransport::query(const nlohmann::json& body) {
  ARROW_RETURN_NOT_OK(record("query " + body.dump()));
  return protocol::QueryAnswer{};
}

Result<std::vector<protocol::Interval>> FakeTransport::clusterize(
    const protocol::TopicFilter& filter) {
  ARROW_RETURN_NOT_OK(record("clusterize " + filter.to_json().dump()));
  return std::vector<protocol::Interval>{};
}

Result<std::vector<protocol::Interval>> FakeTransport::intersect(
    const protocol::TopicIntersection& request) {
  ARROW_RETURN_NOT_OK(record("intersect " + request.to_json().dump()));
  return std::vector<protocol::Interval>{};
}

// --- Transport: data ---

Result<std::unique_ptr<UploadStream>> FakeTransport::upload(
    const protocol::PutDescriptor& descriptor, const std::shared_ptr<arrow::Schema>& schema) {
  const std::string locator = descriptor.topic.to_string();
  ARROW_RETURN_NOT_OK(record("upload " + locator));
  std::lock_guard lock(mutex_);
  topics_[locator].schema = schema;
  return std::make_unique<FakeUpload>(*this, locator);
}

protocol::Discovery::Endpoint FakeTransport::endpoint(
    const core::Locator& locator, const FakeTopic& topic,
    const protocol::ReadDescriptor& descriptor) const {
  const auto all = figures_of(topic, {});
  protocol::TopicDescription description{.locator = locator,
                                         .created_at_ns = 1'000'000'000,
                                         .completed_at_ns = topic.completed_at_ns,
                                         .ontology_tag = topic.tag,
                                         .serialization_format = topic.format,
                                         .user_metadata = topic.user_metadata,
                                         .rows = all.rows,
                                         .bytes = 0,
                                         .chunks = static_cast<int64_t>(topic.batches.size()),
                                         .interval = all.interval,
                                         .window = {}};
  for (const auto& batch : topic.batches) description.bytes += bytes_of(*batch);
  if (descriptor.uncounted && !counts_always_) {
    description.window_empty = !may_hold(all, descriptor.window);
  } else if (descriptor.window.bounded()) {
    description.window = figures_of(topic, descriptor.window);
  }
  return {.topic = std::move(description),
          .ticket = protocol::Ticket{.topic = locator,
                                     .topic_id = 1,
                                     .window = descriptor.window,
                                     .follow = descriptor.follow,
                                     .batch_bytes = descriptor.batch_bytes}
                        .to_text()};
}

Result<protocol::Discovery> FakeTransport::discover(const protocol::ReadDescriptor& descriptor) {
  ARROW_RETURN_NOT_OK(record("discover " + descriptor.locator.to_string()));
  std::lock_guard lock(mutex_);
  discoveries_.push_back(descriptor);
  const auto found = sequences_.find(descriptor.locator.sequence);
  if (found == sequences_.end()) return core::error(ErrorKind::NotFound, "no such sequence");

  protocol::Discovery discovery{.is_sequence = descriptor.locator.is_sequence(), .sequence = {}};
  protocol::SequenceDescription::Session session{
      .locator = {.sequence = found->first, .topic = "", .session = "01HZZZZZZZZZZZZZZZZZZZZZZZ"},
      .created_at_ns = 1'000'000'000,
      .completed_at_ns = 2'000'000'000};
  for (const std::string& name : found->second.topics) {
    const core::Locator locator{.sequence = found->first, .topic = name, .session = ""};
    const auto topic = topics_.find(locator.to_string());
    if (topic == topics_.end()) continue;
    session.topics.push_back(locator);
    if (!topic->second.completed_at_ns.has_value()) session.completed_at_ns.reset();
    if (!discovery.is_sequence && name != descriptor.locator.topic) continue;
    discovery.endpoints.push_back(endpoint(locator, topic->second, descriptor));
  }
  if (!discovery.is_sequence && discovery.endpoints.empty()) {
    return core::error(ErrorKind::NotFound, "no such topic");
  }
  discovery.sequence = {.locator = {.sequence = found->first, .topic = "", .session = ""},
                        .created_at_ns = 1'000'000'000,
                        .user_metadata = found->second.user_metadata,
                        .sessions = {session}};
  return discovery;
}

Result<std::shared_ptr<arrow::Schema>> FakeTransport::topic_schema(const core::Locator& topic) {
  ARROW_RETURN_NOT_OK(record("topic_schema " + topic.to_string()));
  std::lock_guard lock(mutex_);
  const auto found = topics_.find(topic.to_string());
  if (found == topics_.end()) return core::error(ErrorKind::NotFound, "no such topic");
  return found->second.schema == nullptr ? arrow::schema({}) : found->second.schema;
}

Result<std::unique_ptr<DownloadStream>> FakeTransport::download(const std::string& ticket_text) {
  {
    std::lock_guard lock(mutex_);
    openings_at_once_ = std::max(openings_at_once_, ++openings_);
  }
  opening.pass([] { return false; });
  std::lock_guard lock(mutex_);
  --openings_;
  ++downloads_;
  ARROW_ASSIGN_OR_RAISE(auto ticket, protocol::Ticket::parse(ticket_text));
  const auto found = topics_.find(ticket.topic.to_string());
  if (found == topics_.end()) return core::error(ErrorKind::NotFound, "no such topic");
  if (ticket.follow && found->second.schema == nullptr) {
    return core::error(ErrorKind::Locked, "a topic without an upload cannot be followed");
  }
  return std::make_unique<FakeDownload>(*this, std::move(ticket), found->second.schema);
}

// --- Rows to test with ---

std::shared_ptr<arrow::RecordBatch> numbers(const std::vector<int64_t>& times,
                                            int64_t first_value) {
  auto buffer = std::make_shared<detail::TypedRecordBuffer<TestNumber>>();
  for (const int64_t time : times) {
    const TestNumber number{first_value++};
    buffer->append(time, number, detail::TypedRecordBuffer<TestNumber>::bytes_of(number));
  }
  buffer->finish();
  static const auto kSchema = ontology::to_arrow_schema(schema_of<TestNumber>()).ValueOrDie();
  return ontology::to_record_batch(kSchema, buffer).ValueOrDie();
}

FakeTopic number_topic(const std::vector<std::vector<int64_t>>& times_of_batches) {
  FakeTopic topic{.schema = numbers({})->schema()};
  int64_t value = 0;
  for (const auto& times : times_of_batches) {
    topic.batches.push_back(numbers(times, value));
    value += static_cast<int64_t>(times.size());
  }
  return topic;
}

}  // namespace mosaico::client
