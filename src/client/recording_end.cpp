// How a recording ends, in each of the ways there are.
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "client/recording.hpp"
#include "client/try_again.hpp"
#include "core/json.hpp"

namespace mosaico::client {

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
  Status status = finalize_all();
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

Status Recording::finish() {
  if (!begin_ending()) {
    std::lock_guard guard(mutex_);
    return end_error_;
  }
  const Status status = finalize_all();
  if (!status.ok()) abandon_lanes(status);
  finish_ending(status.ok() ? SequenceStatus::Finalized : SequenceStatus::Error, status);
  return status;
}

Status Recording::finalize_all() {
  ARROW_RETURN_NOT_OK(finalize_lanes());
  ARROW_RETURN_NOT_OK(finalize_left());
  ARROW_RETURN_NOT_OK(report_gaps());
  return core::with_context(finalize_session(), "finalizing sequence " + name_);
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
  const auto left = [this] {
    std::lock_guard guard(mutex_);
    return left_;
  }();
  for (const auto& [name, uuid] : left) {
    const core::Locator locator{.sequence = name_, .topic = name, .session = {}};
    ARROW_RETURN_NOT_OK(
        core::with_context(end_left(locator, uuid), "ending topic " + locator.to_string()));
  }
  return Status::OK();
}

Result<bool> Recording::has_ended(Transport& transport, const core::Locator& topic) {
  ARROW_ASSIGN_OR_RAISE(const auto found,
                        transport.discover(protocol::ReadDescriptor{.locator = topic}));
  if (found.endpoints.size() != 1) {
    return core::error(ErrorKind::Corrupt, "a topic was asked for, and ", found.endpoints.size(),
                       " were answered: ", topic.to_string());
  }
  return found.endpoints.front().topic.ended;
}

// Its rows are all there; what it lacks is a proper end.
Status Recording::end_left(const core::Locator& topic, const std::string& uuid) {
  Transport& transport = session_->transport();
  return try_again(config_.reconnect_time, [&](bool again) -> Status {
    const auto schema = transport.topic_schema(topic);
    if (again && core::is_kind(schema.status(), ErrorKind::NotFound)) return Status::OK();
    ARROW_RETURN_NOT_OK(schema.status());
    // Nothing was ever sent to it.
    if ((*schema)->num_fields() == 0) return transport.topic_delete(topic);
    auto stream = transport.upload({.topic = topic,
                                    .topic_uuid = uuid,
                                    .ack = true,
                                    .resume = true,
                                    .process_durability = false},
                                   *schema);
    if (core::is_kind(stream.status(), ErrorKind::Locked)) {
      ARROW_ASSIGN_OR_RAISE(const bool ended, has_ended(transport, topic));
      if (ended) return Status::OK();
      // The stream of an attempt before this one, or of the recorder before, is not known to be
      // dead.
      return core::error(ErrorKind::Unavailable, stream.status().message());
    }
    ARROW_RETURN_NOT_OK(stream.status());
    return (*stream)->finish();
  });
}

Status Recording::finalize_session() {
  return try_again(config_.reconnect_time, [this](bool again) -> Status {
    const Status status = session_->transport().session_finalize({.session_uuid = session_uuid_});
    if (!again || !core::is_kind(status, ErrorKind::Locked)) return status;
    ARROW_ASSIGN_OR_RAISE(const auto session, describe_session());
    return session.completed_at_ns.has_value() ? Status::OK() : status;
  });
}

Result<bool> Recording::session_has(const core::Locator& topic) const {
  ARROW_ASSIGN_OR_RAISE(const auto session, describe_session());
  return std::any_of(session.topics.begin(), session.topics.end(),
                     [&](const auto& each) { return each.topic == topic.topic; });
}

Result<protocol::SequenceDescription::Session> Recording::describe_session() const {
  ARROW_ASSIGN_OR_RAISE(
      const auto found,
      session_->transport().discover(protocol::ReadDescriptor{.locator = sequence_locator(name_)}));
  for (const auto& session : found.sequence.sessions) {
    if (session.locator.session == session_locator_.session) return session;
  }
  return core::error(ErrorKind::NotFound, "the session of sequence ", name_, " is gone");
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
  if (!has_additions_) return remove_step_by_step(reason);
  // The abort ends streams on the server, and so a write that waits there.
  const Status status =
      session_->transport().sequence_abort({.sequence = name_, .session_uuid = session_uuid_});
  for (const auto& lane : lanes()) lane->wait_broken_off();
  // Somebody else removed it: what was wanted.
  return core::is_kind(status, ErrorKind::NotFound) ? Status::OK() : status;
}

Status Recording::remove_step_by_step(const std::string& reason) {
  Transport& transport = session_->transport();
  for (const auto& lane : lanes()) lane->wait_broken_off();
  for (const auto& lane : lanes()) {
    ARROW_WARN_NOT_OK(
        transport.notification_create(
            {.locator = topic_locator(name_, lane->name()), .type = "error", .message = reason}),
        "telling a topic why its recording is deleted");
  }
  const Status status = transport.session_delete(session_locator_);
  if (!status.ok() && !core::is_kind(status, ErrorKind::NotFound)) return status;
  const Status deleted = transport.sequence_delete(sequence_locator(name_));
  return core::is_kind(deleted, ErrorKind::NotFound) ? Status::OK() : deleted;
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
  if (!notified.ok() || has_additions_) return notified.ok() ? gaps : notified;
  const Status finalized = finalize_session();
  return finalized.ok() ? gaps : finalized;
}

Status Recording::report_gaps() {
  for (const auto& lane : lanes()) {
    const core::Locator topic = topic_locator(name_, lane->name());
    for (const Gap& gap : lane->gaps()) {
      const nlohmann::json body = {{"gap",
                                    {{"timestamp_ns_min", gap.timestamp_ns_min},
                                     {"timestamp_ns_max", gap.timestamp_ns_max},
                                     {"rows", gap.rows}}}};
      ARROW_RETURN_NOT_OK(notify_once(topic, body.dump()));
    }
  }
  return Status::OK();
}

Status Recording::notify_once(const core::Locator& locator, const std::string& message) {
  Transport& transport = session_->transport();
  return try_again(config_.reconnect_time, [&](bool again) -> Status {
    if (again) {
      ARROW_ASSIGN_OR_RAISE(const auto list, transport.notification_list(locator));
      for (const auto& entry : list.notifications) {
        if (entry.message == message) return Status::OK();
      }
    }
    return transport.notification_create({.locator = locator, .type = "error", .message = message});
  });
}

}  // namespace mosaico::client
