#include "client/recording.hpp"

#include <arrow/type.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "client/snapshots.hpp"
#include "client/try_again.hpp"
#include "core/json.hpp"
#include "core/names.hpp"
#include "ontology/arrow_schema.hpp"

namespace mosaico::client {

namespace {

constexpr std::chrono::milliseconds kTimerPeriodMin{2};
constexpr std::chrono::milliseconds kClaimPatience{2'000};
constexpr std::chrono::milliseconds kClaimRetry{20};
// A fifth of what a server waits for (EngineOptions::silent_upload).
constexpr std::chrono::milliseconds kSignPeriod{3'000};

Status check_config(const WriterConfig& config) {
  const auto refuse = [](const char* what) {
    return core::error(ErrorKind::Invalid, "WriterConfig::", what);
  };
  constexpr size_t kBatchBytesMax = 1U << 30;
  if (config.max_batch_size_bytes == 0 || config.max_batch_size_bytes > kBatchBytesMax) {
    return refuse("max_batch_size_bytes must be from 1 to 1 GiB");
  }
  if (config.max_batch_size_records == 0) return refuse("max_batch_size_records must not be 0");
  if (config.max_pending_batches == 0 || config.max_pending_batches > 1024) {
    return refuse("max_pending_batches must be from 1 to 1024");
  }
  if (config.max_record_bytes == 0 || config.max_record_bytes > kBatchBytesMax) {
    return refuse("max_record_bytes must be from 1 to 1 GiB");
  }
  if (config.max_batch_age <= std::chrono::milliseconds::zero()) {
    return refuse("max_batch_age must be positive");
  }
  return Status::OK();
}

}  // namespace

Result<std::shared_ptr<Recording>> Recording::start(const std::shared_ptr<Session>& session,
                                                    const std::string& name,
                                                    const nlohmann::json& user_metadata,
                                                    const WriterConfig& config) {
  ARROW_ASSIGN_OR_RAISE(const auto metadata, core::validate_user_metadata(user_metadata));
  ARROW_ASSIGN_OR_RAISE(auto recording, make(session, name, config));
  Transport& transport = session->transport();
  ARROW_RETURN_NOT_OK(transport.sequence_create({.sequence = name, .user_metadata = metadata}));
  auto created = transport.session_create(sequence_locator(name));
  if (!created.ok()) {
    // Without a session the sequence is of no use to anyone.
    ARROW_WARN_NOT_OK(transport.sequence_delete(sequence_locator(name)),
                      "removing a sequence without session");
    recording->finish_ending(SequenceStatus::Error, created.status());
    return core::with_context(created.status(), "starting a session of sequence " + name);
  }
  recording->session_uuid_ = created->uuid;
  recording->session_locator_ = created->locator;
  return recording;
}

Result<std::shared_ptr<Recording>> Recording::resume(const std::shared_ptr<Session>& session,
                                                     const std::string& name,
                                                     const WriterConfig& config) {
  ARROW_ASSIGN_OR_RAISE(auto recording, make(session, name, config));
  if (!recording->has_additions_) {
    return core::error(ErrorKind::Unsupported, "this server cannot hand over a recording: ", name);
  }
  Transport& transport = session->transport();
  ARROW_ASSIGN_OR_RAISE(
      const auto found,
      transport.discover(protocol::ReadDescriptor{.locator = sequence_locator(name)}));
  const auto& sessions = found.sequence.sessions;
  const auto open = std::find_if(sessions.rbegin(), sessions.rend(), [](const auto& each) {
    return !each.completed_at_ns.has_value();
  });
  if (open == sessions.rend()) {
    return core::error(ErrorKind::Locked, "sequence ", name, " has no open session to go on with");
  }
  auto claimed = transport.session_claim(open->locator);
  // The server may still have to notice that the writer is gone.
  const auto deadline = std::chrono::steady_clock::now() + kClaimPatience;
  while (core::is_kind(claimed.status(), ErrorKind::Locked) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kClaimRetry);
    claimed = transport.session_claim(open->locator);
  }
  ARROW_RETURN_NOT_OK(claimed.status());
  recording->session_uuid_ = claimed->uuid;
  recording->session_locator_ = open->locator;
  for (const auto& topic : claimed->topics) {
    recording->left_.emplace(topic.locator.topic, topic.uuid);
  }
  return recording;
}

Result<std::shared_ptr<Recording>> Recording::make(const std::shared_ptr<Session>& session,
                                                   const std::string& name,
                                                   const WriterConfig& config) {
  ARROW_RETURN_NOT_OK(check_config(config));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(name));
  ARROW_ASSIGN_OR_RAISE(const auto info, session->transport().info());
  std::shared_ptr<Recording> recording(new Recording(session, name, config));
  recording->message_bytes_max_ = static_cast<size_t>(info.limits.max_decode_bytes) / 10 * 9;
  recording->has_additions_ = info.has_additions();
  return recording;
}

Recording::~Recording() {
  if (status() == SequenceStatus::Pending) {
    abandon_lanes(core::error(ErrorKind::Cancelled, "the recording was dropped"));
  }
}

Result<std::shared_ptr<Lane>> Recording::create_topic(const std::string& topic,
                                                      const nlohmann::json& user_metadata,
                                                      OntologyType type,
                                                      const detail::LaneClass* lane_class) {
  ARROW_ASSIGN_OR_RAISE(auto schema, ontology::to_arrow_schema(type.schema()));
  return open_lane(topic, user_metadata,
                   {.ontology_tag = type.tag(),
                    .serialization_format =
                        std::string(serialization_format_name(type.schema().serialization_format)),
                    .schema = std::move(schema)},
                   {.type = type, .lane_class = lane_class});
}

Result<std::shared_ptr<Lane>> Recording::create_topic(const std::string& topic,
                                                      const nlohmann::json& user_metadata,
                                                      const TopicColumns& columns) {
  const auto type = detail::intern_ontology(
      ontology::from_arrow_schema(*columns.schema, columns.ontology_tag,
                                  serialization_format_of(columns.serialization_format)));
  return open_lane(topic, user_metadata, columns, {.type = type});
}

Result<std::shared_ptr<Lane>> Recording::open_lane(const std::string& topic,
                                                   const nlohmann::json& user_metadata,
                                                   const TopicColumns& columns,
                                                   const LaneType& type) {
  const core::Locator locator = topic_locator(name_, topic);
  ARROW_RETURN_NOT_OK(core::validate_topic_name(locator.topic));
  ARROW_ASSIGN_OR_RAISE(const auto metadata, core::validate_user_metadata(user_metadata));
  {
    std::lock_guard guard(mutex_);
    if (ending_) return core::error(ErrorKind::Locked, "sequence ", name_, " has ended");
  }
  const auto& schema = columns.schema;
  ARROW_ASSIGN_OR_RAISE(auto descriptor, claim_or_create(locator, columns, metadata));
  const bool is_new = !descriptor.resume;
  auto stream = open_stream(&descriptor, schema);
  if (!stream.ok()) {
    if (is_new) {
      // The topic would stay without rows and keep the session from being finalized.
      ARROW_WARN_NOT_OK(session_->transport().topic_delete(locator),
                        "removing a topic without stream");
    }
    return core::with_context(stream.status(), "opening topic " + locator.to_string());
  }
  int64_t durable_rows = 0;
  if (descriptor.resume) {
    ARROW_ASSIGN_OR_RAISE(durable_rows, (*stream)->wait_durable(0));
    std::lock_guard guard(mutex_);
    left_.erase(locator.topic);
  }
  descriptor.resume = true;
  std::function<Result<std::unique_ptr<UploadStream>>()> reopen;
  std::function<Result<bool>()> has_ended;
  if (has_additions_) {
    // Lanes do not keep the session: this recording does, until no task of theirs runs any more.
    has_ended = [weak = std::weak_ptr(session_), locator]() -> Result<bool> {
      const auto session = weak.lock();
      if (session == nullptr) return core::error(ErrorKind::Cancelled, "the client is gone");
      return Recording::has_ended(session->transport(), locator);
    };
    reopen = [weak = std::weak_ptr(session_), descriptor,
              schema]() -> Result<std::unique_ptr<UploadStream>> {
      const auto session = weak.lock();
      if (session == nullptr) return core::error(ErrorKind::Cancelled, "the client is gone");
      return session->transport().upload(descriptor, schema);
    };
  }
  auto lane =
      std::make_shared<Lane>(lane_options(topic), Lane::Parts{.type = type.type,
                                                              .lane_class = type.lane_class,
                                                              .schema = schema,
                                                              .stream = *std::move(stream),
                                                              .reopen = std::move(reopen),
                                                              .has_ended = std::move(has_ended),
                                                              .durable_rows = durable_rows,
                                                              .shares = shares_,
                                                              .executor = &session_->executor()});
  std::unique_lock guard(mutex_);
  if (ending_) {
    guard.unlock();
    lane->break_off(core::error(ErrorKind::Locked, "sequence ", name_, " has ended"));
    return lane->error();
  }
  lanes_.push_back(lane);
  if (!timer_.joinable()) start_timer();
  return lane;
}

Result<protocol::PutDescriptor> Recording::claim_or_create(const core::Locator& locator,
                                                           const TopicColumns& columns,
                                                           const nlohmann::json& user_metadata) {
  protocol::PutDescriptor descriptor{
      .topic = locator,
      .topic_uuid = {},
      .ack = has_additions_,
      .resume = false,
      .process_durability = has_additions_ && config_.durability == Durability::Process};
  {
    std::lock_guard guard(mutex_);
    if (const auto left = left_.find(locator.topic); left != left_.end()) {
      descriptor.topic_uuid = left->second;
      descriptor.resume = true;
      return descriptor;
    }
  }
  const protocol::TopicCreate request{.session_uuid = session_uuid_,
                                      .locator = locator,
                                      .serialization_format = columns.serialization_format,
                                      .ontology_tag = columns.ontology_tag,
                                      .user_metadata = user_metadata};
  Transport& transport = session_->transport();
  auto created = try_again(config_.reconnect_time, [&](bool again) {
    auto answer = transport.topic_create(request);
    if (!again || !core::is_kind(answer.status(), ErrorKind::AlreadyExists)) return answer;
    const Status removed = remove_unanswered(locator);
    return removed.ok() ? transport.topic_create(request) : removed;
  });
  ARROW_RETURN_NOT_OK(created.status());
  descriptor.topic_uuid = std::move(created->uuid);
  return descriptor;
}

// Removes a topic whose making was not answered, and whose UUID so nobody knows. AlreadyExists
// where it is another one.
Status Recording::remove_unanswered(const core::Locator& topic) {
  Transport& transport = session_->transport();
  ARROW_ASSIGN_OR_RAISE(const bool is_ours, session_has(topic));
  ARROW_ASSIGN_OR_RAISE(const auto schema, transport.topic_schema(topic));
  if (!is_ours || schema->num_fields() > 0 || find_topic(topic.topic) != nullptr) {
    return core::error(ErrorKind::AlreadyExists, "topic exists already: ", topic.to_string());
  }
  return transport.topic_delete(topic);
}

Result<std::unique_ptr<UploadStream>> Recording::open_stream(
    protocol::PutDescriptor* descriptor, const std::shared_ptr<arrow::Schema>& schema) {
  // A second stream would have to go on with the first.
  const auto patience = has_additions_ ? config_.reconnect_time : std::chrono::milliseconds::zero();
  return try_again(patience, [&](bool again) -> Result<std::unique_ptr<UploadStream>> {
    descriptor->resume = descriptor->resume || again;
    auto stream = session_->transport().upload(*descriptor, schema);
    if (!again || !core::is_kind(stream.status(), ErrorKind::Locked)) return stream;
    // The server has not noticed yet that the stream before this one is dead.
    return core::error(ErrorKind::Unavailable, stream.status().message());
  });
}

LaneOptions Recording::lane_options(const std::string& topic) const {
  const std::string shown = core::topic_name_for_user(topic);
  const auto policy = std::find_if(
      config_.when_full_by_topic.begin(), config_.when_full_by_topic.end(),
      [&](const auto& entry) { return core::topic_name_for_user(entry.first) == shown; });
  return {
      .name = shown,
      // A batch that takes a row asks for no more than this, so it also bounds the record.
      .batch_bytes_max =
          std::min({config_.max_batch_size_bytes, message_bytes_max_, config_.max_record_bytes}),
      .batch_rows_max = config_.max_batch_size_records,
      .record_bytes_max = config_.max_record_bytes,
      .pending_batches_max = config_.max_pending_batches,
      .batch_age_max = config_.max_batch_age,
      .reconnect_time = config_.reconnect_time,
      .sign_period = kSignPeriod,
      .when_full = policy == config_.when_full_by_topic.end() ? config_.when_full : policy->second};
}

void Recording::start_timer() {
  timer_ = std::jthread([this](const std::stop_token& stop) { run_timer(stop); });
}

// Seals batches that have waited too long for their next row.
void Recording::run_timer(const std::stop_token& stop) {
  const auto period =
      std::max<std::chrono::nanoseconds>(kTimerPeriodMin, config_.max_batch_age / 8);
  std::vector<std::shared_ptr<Lane>> lanes;
  std::unique_lock guard(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(guard, stop, period, [] { return false; });
    lanes = lanes_;
    guard.unlock();
    const auto now = std::chrono::steady_clock::now();
    for (const auto& lane : lanes) {
      lane->seal_if_older(now);
      lane->keep_spare();
      lane->give_sign_if_quiet(now);
    }
    guard.lock();
  }
}

std::vector<std::shared_ptr<Lane>> Recording::lanes() const {
  std::lock_guard guard(mutex_);
  return lanes_;
}

std::shared_ptr<Lane> Recording::find_topic(const std::string& topic) const {
  const std::string shown = core::topic_name_for_user(topic);
  std::lock_guard guard(mutex_);
  const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                  [&](const auto& lane) { return lane->name() == shown; });
  return found == lanes_.end() ? nullptr : *found;
}

std::vector<std::string> Recording::topics() const {
  std::vector<std::string> names;
  for (const auto& lane : lanes()) names.push_back(lane->name());
  return names;
}

SequenceStatus Recording::status() const {
  std::lock_guard guard(mutex_);
  return status_;
}

}  // namespace mosaico::client
