#include "client/snapshots.hpp"

#include <algorithm>
#include <utility>

#include "core/names.hpp"
#include "core/time.hpp"
#include "ontology/arrow_schema.hpp"

namespace mosaico::client {

namespace {

void widen(std::optional<protocol::Interval>& interval,
           const std::optional<protocol::Interval>& other) {
  if (!other.has_value()) return;
  if (!interval.has_value()) interval = other;
  interval->start_ns = std::min(interval->start_ns, other->start_ns);
  interval->end_ns = std::max(interval->end_ns, other->end_ns);
}

SessionInfo session_info(const protocol::SequenceDescription::Session& session) {
  SessionInfo info{.locator = session.locator.to_string(),
                   .created_at_ns = session.created_at_ns,
                   .completed_at_ns = session.completed_at_ns,
                   .is_locked = session.completed_at_ns.has_value()};
  for (const core::Locator& topic : session.topics) {
    info.topics.push_back(core::topic_name_for_user(topic.topic));
  }
  return info;
}

// Only an error told before the last session was finalized unlocks a sequence. The texts of both
// times have one form, so that they compare as the times do.
bool unlocks(const protocol::NotificationList::Entry& notification,
             const std::optional<int64_t>& finalized_at_ns) {
  if (notification.type != "error") return false;
  return !finalized_at_ns.has_value() ||
         notification.created_datetime <= core::format_datetime_utc(*finalized_at_ns);
}

SequenceState state_of(const std::vector<SessionInfo>& sessions,
                       const protocol::NotificationList& list) {
  std::optional<int64_t> finalized_at_ns;
  for (const SessionInfo& session : sessions) {
    finalized_at_ns = std::max(finalized_at_ns, session.completed_at_ns);
  }
  const auto& entries = list.notifications;
  if (std::any_of(entries.begin(), entries.end(),
                  [&](const auto& entry) { return unlocks(entry, finalized_at_ns); })) {
    return SequenceState::Unlocked;
  }
  return finalized_at_ns.has_value() ? SequenceState::Finalized : SequenceState::Pending;
}

Result<std::shared_ptr<SequenceSnapshot>> read_sequence(const std::shared_ptr<Session>& session,
                                                        const core::Locator& locator) {
  Transport& transport = session->transport();
  ARROW_ASSIGN_OR_RAISE(auto discovery,
                        transport.discover(protocol::ReadDescriptor{.locator = locator}));
  ARROW_ASSIGN_OR_RAISE(const auto notifications, transport.notification_list(locator));

  auto snapshot = std::make_shared<SequenceSnapshot>();
  snapshot->session = session;
  snapshot->name = locator.sequence;
  snapshot->user_metadata = std::move(discovery.sequence.user_metadata);
  SequenceInfo& info = snapshot->info;
  info.created_at_ns = discovery.sequence.created_at_ns;
  info.created_datetime = core::format_datetime_utc(info.created_at_ns);
  for (const auto& each : discovery.sequence.sessions) {
    info.sessions.push_back(session_info(each));
    const auto& topics = info.sessions.back().topics;
    snapshot->topics.insert(snapshot->topics.end(), topics.begin(), topics.end());
  }
  for (const auto& endpoint : discovery.endpoints) {
    info.total_size_bytes += endpoint.topic.bytes;
    widen(snapshot->interval, endpoint.topic.interval);
  }
  info.state = state_of(info.sessions, notifications);
  info.is_locked = info.state == SequenceState::Finalized;
  return snapshot;
}

Result<std::shared_ptr<TopicSnapshot>> read_topic(const std::shared_ptr<Session>& session,
                                                  const core::Locator& locator) {
  Transport& transport = session->transport();
  ARROW_ASSIGN_OR_RAISE(auto discovery,
                        transport.discover(protocol::ReadDescriptor{.locator = locator}));
  if (discovery.endpoints.size() != 1) {
    return core::error(ErrorKind::Corrupt, "the server told of ", discovery.endpoints.size(),
                       " endpoints for the one topic ", locator.to_string());
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, transport.topic_schema(locator));

  protocol::TopicDescription& topic = discovery.endpoints.front().topic;
  auto snapshot = std::make_shared<TopicSnapshot>();
  snapshot->session = session;
  snapshot->name = core::topic_name_for_user(locator.topic);
  snapshot->sequence_name = locator.sequence;
  snapshot->user_metadata = std::move(topic.user_metadata);
  snapshot->interval = topic.interval;
  snapshot->type = detail::intern_ontology(ontology::from_arrow_schema(
      *schema, topic.ontology_tag, serialization_format_of(topic.serialization_format)));
  snapshot->info = TopicInfo{.ontology_tag = std::move(topic.ontology_tag),
                             .serialization_format = std::move(topic.serialization_format),
                             .created_at_ns = topic.created_at_ns,
                             .created_datetime = core::format_datetime_utc(topic.created_at_ns),
                             .total_size_bytes = topic.bytes,
                             .total_rows = topic.rows,
                             .chunks_number = topic.chunks,
                             .is_locked = topic.completed_at_ns.has_value()};
  return snapshot;
}

template <typename Snapshot>
Result<std::shared_ptr<Snapshot>> null_if_not_found(Result<std::shared_ptr<Snapshot>> result) {
  if (core::is_kind(result.status(), ErrorKind::NotFound)) return nullptr;
  return result;
}

}  // namespace

Result<std::shared_ptr<SequenceSnapshot>> take_sequence_snapshot(
    const std::shared_ptr<Session>& session, const std::string& sequence) {
  if (!core::validate_sequence_name(sequence).ok()) return nullptr;
  return null_if_not_found(read_sequence(session, core::Locator{.sequence = sequence}));
}

Result<std::shared_ptr<TopicSnapshot>> take_topic_snapshot(const std::shared_ptr<Session>& session,
                                                           const std::string& sequence,
                                                           const std::string& topic) {
  core::Locator locator{.sequence = sequence, .topic = core::topic_name_on_wire(topic)};
  if (!core::validate_sequence_name(sequence).ok() ||
      !core::validate_topic_name(locator.topic).ok()) {
    return nullptr;
  }
  return null_if_not_found(read_topic(session, locator));
}

SerializationFormat serialization_format_of(const std::string& name) {
  for (const auto format : {SerializationFormat::Ragged, SerializationFormat::Image}) {
    if (name == serialization_format_name(format)) return format;
  }
  return SerializationFormat::Default;
}

}  // namespace mosaico::client
