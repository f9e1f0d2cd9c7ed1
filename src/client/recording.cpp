#include "client/recording.hpp"

#include <arrow/type.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "core/json.hpp"
#include "core/names.hpp"
#include "ontology/arrow_schema.hpp"

namespace mosaico::client {

namespace {

constexpr std::chrono::milliseconds kTimerPeriodMin{2};
constexpr std::chrono::milliseconds kClaimPatience{2'000};
constexpr std::chrono::milliseconds kClaimRetry{20};
constexpr std::chrono::milliseconds kFinalizeRetry{100};

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
  const core::Locator locator = topic_locator(name_, topic);
  ARROW_RETURN_NOT_OK(core::validate_topic_name(locator.topic));
  ARROW_ASSIGN_OR_RAISE(const auto metadata, core::validate_user_metadata(user_metadata));
  {
    std::lock_guard guard(mutex_);
    if (ending_) return core::error(ErrorKind::Locked, "sequence ", name_, " has ended");
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, ontology::to_arrow_schema(type.schema()));
  ARROW_ASSIGN_OR_RAISE(auto descriptor, claim_or_create(locator, type, metadata));
  Transport& transport = session_->transport();
  auto stream = transport.upload(descriptor, schema);
  if (!stream.ok()) {
    if (!descriptor.resume) {
      // The topic would stay without rows and keep the session from being finalized.
      ARROW_WARN_NOT_OK(transport.topic_delete(locator), "removing a topic without stream");
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
  auto lane = std::make_shared<Lane>(
      lane_options(topic),
      Lane::Parts{.type = type,
                  .lane_class = lane_class,
                  .schema = schema,
                  .stream = *std::move(stream),
                  .reopen = [session = session_, descriptor,
                             schema] { return session->transport().upload(descriptor, schema); },
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
                                                           OntologyType type,
                                                           const nlohmann::json& user_metadata) {
  protocol::PutDescriptor descriptor{
      .topic = locator,
      .topic_uuid = {},
      .ack = true,
      .resume = false,
      .process_durability = config_.durability == Durability::Process};
  {
    std::lock_guard guard(mutex_);
    if (const auto left = left_.find(locator.topic); left != left_.end()) {
      descriptor.topic_uuid = left->second;
      descriptor.resume = true;
      return descriptor;
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto created,
                        session_->transport().topic_create(
                            {.session_uuid = session_uuid_,
                             .locator = locator,
                             .serialization_format = std::string(
                                 serialization_format_name(type.schema().serialization_format)),
                             .ontology_tag = type.tag(),
                             .user_metadata = user_metadata}));
  descriptor.topic_uuid = std::move(created.uuid);
  return descriptor;
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
    for (const auto& lane : lanes) lane->seal_if_older(now);
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

// --- Endings ---

bool Recording::begin_ending() {
  std::unique_lock guard(mutex_);
  if (!ending_) {
    ending_ = true;
    return true;
  }
  changed_.wait(guard, [this] { return status_ != SequenceStatus::Pending; });
  return false;
}

void Recording::finish_ending(SequenceStatus status, const Status& error) {
  std::jthread timer;
  {
    std::lock_guard guard(mutex_);
    ending_ = true;
    status_ = status;
    end_error_ = error;
    timer.swap(timer_);
  }
  changed_.notify_all();
}

Status Recording::close() {
  if (!begin_ending()) {
    std::lock_guard guard(mutex_);
    return end_error_;
  }
  Status status = finalize_lanes();
  if (status.ok()) status = finalize_left();
  if (status.ok()) status = report_gaps();
  if (status.ok()) {
    status = core::with_context(finalize_session(), "finalizing sequence " + name_);
  }
  if (status.ok()) {
    finish_ending(SequenceStatus::Finalized, status);
    return status;
  }
  const Status policy = apply_policy(status.message());
  if (!policy.ok()) {
    status = core::error(core::kind_of(status), status.message(),
                         " (and the error policy failed: ", policy.message(), ")");
  }
  finish_ending(SequenceStatus::Error, status);
  return status;
}

Status Recording::abort(const std::string& reason) {
  if (!begin_ending()) return Status::OK();
  const Status status = remove(reason);
  finish_ending(SequenceStatus::Error,
                core::error(ErrorKind::Cancelled, "sequence ", name_, " was abandoned: ", reason));
  return status;
}

Status Recording::fail(const std::string& error) {
  if (!begin_ending()) return Status::OK();
  const Status status = apply_policy(error);
  finish_ending(SequenceStatus::Error,
                core::error(ErrorKind::Cancelled, "sequence ", name_, " failed: ", error));
  return status;
}

// All lanes seal first, so that they drain side by side.
Status Recording::finalize_lanes() {
  Status first;
  const auto lanes = this->lanes();
  for (const auto& lane : lanes) {
    const Status status = lane->ended() ? Status::OK() : lane->seal();
    if (first.ok()) first = status;
  }
  for (const auto& lane : lanes) {
    const Status status = lane->finalize();
    if (first.ok()) first = status;
  }
  return first;
}

Status Recording::finalize_left() {
  Transport& transport = session_->transport();
  const auto left = [this] {
    std::lock_guard guard(mutex_);
    return left_;
  }();
  for (const auto& [name, uuid] : left) {
    const core::Locator locator{.sequence = name_, .topic = name, .session = {}};
    ARROW_ASSIGN_OR_RAISE(const auto schema, transport.topic_schema(locator));
    if (schema->num_fields() == 0) {
      // Nothing was ever sent to it.
      ARROW_RETURN_NOT_OK(transport.topic_delete(locator));
      continue;
    }
    auto stream = transport.upload({.topic = locator,
                                    .topic_uuid = uuid,
                                    .ack = true,
                                    .resume = true,
                                    .process_durability = false},
                                   schema);
    if (core::is_kind(stream.status(), ErrorKind::Locked)) continue;  // It had ended.
    ARROW_RETURN_NOT_OK(stream.status());
    ARROW_RETURN_NOT_OK(
        core::with_context((*stream)->finish(), "ending topic " + locator.to_string()));
  }
  return Status::OK();
}

// Again where the server went away, as lanes do.
Status Recording::finalize_session() {
  Transport& transport = session_->transport();
  const auto deadline = std::chrono::steady_clock::now() + config_.reconnect_time;
  Status status = transport.session_finalize({.session_uuid = session_uuid_});
  while (core::is_kind(status, ErrorKind::Unavailable) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kFinalizeRetry);
    status = transport.session_finalize({.session_uuid = session_uuid_});
    // The first call may have come through, and only its answer been lost.
    if (core::is_kind(status, ErrorKind::Locked) && is_finalized()) return Status::OK();
  }
  return status;
}

bool Recording::is_finalized() const {
  const auto found =
      session_->transport().discover(protocol::ReadDescriptor{.locator = sequence_locator(name_)});
  if (!found.ok()) return false;
  const auto& sessions = found->sequence.sessions;
  return std::any_of(sessions.begin(), sessions.end(), [this](const auto& each) {
    return each.locator.session == session_locator_.session && each.completed_at_ns.has_value();
  });
}

void Recording::abandon_lanes(const Status& reason) {
  for (const auto& lane : lanes()) lane->break_off(reason);
  for (const auto& lane : lanes()) lane->wait_broken_off();
}

Status Recording::apply_policy(const std::string& error) {
  return config_.on_error == OnErrorPolicy::Delete ? remove(error) : report(error);
}

Status Recording::remove(const std::string& reason) {
  for (const auto& lane : lanes()) {
    lane->break_off(
        core::error(ErrorKind::Cancelled, "sequence ", name_, " was abandoned: ", reason));
  }
  // The abort ends streams on the server, and so a write that waits there.
  const Status status =
      session_->transport().sequence_abort({.sequence = name_, .session_uuid = session_uuid_});
  for (const auto& lane : lanes()) lane->wait_broken_off();
  // Somebody else removed it: what was wanted.
  return core::is_kind(status, ErrorKind::NotFound) ? Status::OK() : status;
}

Status Recording::report(const std::string& error) {
  // What reached the lanes is kept as far as that is possible; their own errors are part of what is
  // being reported.
  ARROW_WARN_NOT_OK(finalize_lanes(), "while keeping the rows of a failed recording");
  abandon_lanes(core::error(ErrorKind::Cancelled, "sequence ", name_, " failed: ", error));
  const Status gaps = report_gaps();
  const Status notified = session_->transport().notification_create(
      {.locator = {.sequence = name_, .topic = {}, .session = {}},
       .type = "error",
       .message = error});
  return notified.ok() ? gaps : notified;
}

Status Recording::report_gaps() {
  for (const auto& lane : lanes()) {
    for (const Gap& gap : lane->gaps()) {
      const nlohmann::json body = {{"gap",
                                    {{"timestamp_ns_min", gap.timestamp_ns_min},
                                     {"timestamp_ns_max", gap.timestamp_ns_max},
                                     {"rows", gap.rows}}}};
      ARROW_RETURN_NOT_OK(
          session_->transport().notification_create({.locator = topic_locator(name_, lane->name()),
                                                     .type = "error",
                                                     .message = body.dump()}));
    }
  }
  return Status::OK();
}

}  // namespace mosaico::client
