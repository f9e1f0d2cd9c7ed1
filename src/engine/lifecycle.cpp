#include <arrow/record_batch.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/names.hpp"
#include "engine/engine_impl.hpp"
#include "engine/ingest/ingest.hpp"
#include "engine/manifest.hpp"

// The life of sequences, sessions and topics: what the arguments must be is checked here, the rules
// are the catalog's.
namespace mosaico::engine {

namespace {

constexpr const char* kProtocolVersion = "0.7.0";
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kListLimitMax = 1000;
constexpr const char* kErrorType = "error";

Status check_form(bool right, const core::Locator& locator, std::string_view form) {
  if (right) return Status::OK();
  return core::error(ErrorKind::Invalid, "locator ", core::quoted(locator.to_string()),
                     " is not that of a ", form);
}

Status check_uuid(std::string_view what, const std::string& uuid) {
  if (core::is_uuid(uuid)) return Status::OK();
  return core::error(ErrorKind::Invalid, what, " ", core::quoted(uuid), " is no UUID");
}

Status check_length(std::string_view what, const std::string& name, const EngineOptions& options) {
  if (std::ssize(name) <= options.name_bytes_max) return Status::OK();
  return core::error(ErrorKind::LimitExceeded, what, " of ", name.size(), " bytes; at most ",
                     options.name_bytes_max, " are allowed (name_bytes_max)");
}

Result<nlohmann::json> checked_metadata(const nlohmann::json& metadata,
                                        const EngineOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto valid, core::validate_user_metadata(metadata));
  ARROW_RETURN_NOT_OK(
      core::check_user_metadata_size(valid, static_cast<size_t>(options.user_metadata_bytes_max)));
  return valid;
}

Status check_topic_create(const protocol::TopicCreate& request, const EngineOptions& options) {
  ARROW_RETURN_NOT_OK(check_form(request.locator.is_topic(), request.locator, "topic"));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(request.locator.sequence));
  ARROW_RETURN_NOT_OK(core::validate_topic_name(request.locator.topic));
  ARROW_RETURN_NOT_OK(check_uuid("session_uuid", request.session_uuid));
  constexpr std::array<std::string_view, 3> kFormats = {"default", "ragged", "image"};
  if (std::find(kFormats.begin(), kFormats.end(), request.serialization_format) == kFormats.end()) {
    return core::error(ErrorKind::Invalid, "serialization_format ",
                       core::quoted(request.serialization_format),
                       " is none of default, ragged, image");
  }
  if (request.ontology_tag.empty()) {
    return core::error(ErrorKind::Invalid, "ontology_tag is empty");
  }
  ARROW_RETURN_NOT_OK(check_length("topic name", request.locator.topic, options));
  return check_length("ontology_tag", request.ontology_tag, options);
}

std::string_view state_name(catalog::SequenceState state) {
  switch (state) {
    case catalog::SequenceState::Pending:
      return "pending";
    case catalog::SequenceState::Unlocked:
      return "unlocked";
    case catalog::SequenceState::Finalized:
      break;
  }
  return "finalized";
}

// Rows of a topic that survive a crash: those in chunks, and those that wait in a journal.
int64_t durable_rows(const EngineContext& context, const catalog::Topic& topic) {
  const auto live = context.live.find(topic.id);
  if (live == nullptr) return topic.rows;
  const auto batches = live->snapshot().batches;
  if (batches.empty()) return topic.rows;
  return std::max(topic.rows, batches.back().first_row + batches.back().batch->num_rows());
}

}  // namespace

protocol::ServerInfo EngineImpl::info() const {
  protocol::ServerInfo info;
  info.version = kProtocolVersion;
  info.limits = context_->options.limits;
  info.server = protocol::kServerName;
  info.uptime_s = (context_->options.clock() - opened_at_ns_) / kNsPerSecond;
  return info;
}

// --- Sequences ---

Status EngineImpl::sequence_create(const protocol::SequenceCreate& request) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(request.sequence));
  ARROW_RETURN_NOT_OK(check_length("sequence name", request.sequence, context_->options));
  ARROW_ASSIGN_OR_RAISE(const auto user_metadata,
                        checked_metadata(request.user_metadata, context_->options));
  ARROW_RETURN_NOT_OK(
      context_->catalog->create_sequence(request.sequence, user_metadata, context_->options.clock())
          .status());
  manifests_->request(request.sequence);
  return Status::OK();
}

Status EngineImpl::sequence_delete(const core::Locator& sequence) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_form(sequence.is_sequence(), sequence, "sequence"));
  ARROW_ASSIGN_OR_RAISE(const auto deleted,
                        context_->catalog->delete_sequence(
                            sequence.sequence, context_->options.allow_delete_finalized));
  remove_deleted(deleted, "");
  return Status::OK();
}

Status EngineImpl::sequence_abort(const protocol::SequenceAbort& request) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(request.sequence));
  ARROW_RETURN_NOT_OK(check_uuid("session_uuid", request.session_uuid));
  ARROW_ASSIGN_OR_RAISE(const auto deleted,
                        context_->catalog->abort_sequence(request.sequence, request.session_uuid));
  remove_deleted(deleted, "");
  return Status::OK();
}

Result<protocol::SequenceListAnswer> EngineImpl::sequence_list(
    const protocol::SequenceListRequest& request) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/false));
  if (request.limit < 1 || request.limit > kListLimitMax) {
    return core::error(ErrorKind::Invalid, "limit must be from 1 to ", kListLimitMax, ", not ",
                       request.limit);
  }
  ARROW_ASSIGN_OR_RAISE(
      auto page, context_->catalog->list_sequences(request.prefix, request.cursor, request.limit));
  protocol::SequenceListAnswer answer;
  for (catalog::SequenceSummary& summary : page.sequences) {
    answer.sequences.push_back({.name = std::move(summary.name),
                                .state = std::string(state_name(summary.state)),
                                .created_at_ns = summary.created_at_ns,
                                .topics = summary.topics,
                                .rows = summary.rows,
                                .bytes = summary.bytes,
                                .timestamp_ns_min = summary.timestamp_ns_min,
                                .timestamp_ns_max = summary.timestamp_ns_max});
  }
  answer.cursor = std::move(page.cursor);
  ARROW_RETURN_NOT_OK(count_live_rows(&answer.sequences));
  return answer;
}

// The catalog knows of rows in chunks only. Where uploads run, the figures are those that a look at
// the sequence would give.
Status EngineImpl::count_live_rows(std::vector<protocol::SequenceListAnswer::Entry>* sequences) {
  auto live = context_->live.with_rows();
  for (auto& summary : *sequences) {
    if (live.empty()) return Status::OK();
    const auto tree = context_->catalog->find_sequence(summary.name);
    if (core::is_kind(tree.status(), ErrorKind::NotFound)) continue;  // Deleted meanwhile.
    ARROW_RETURN_NOT_OK(tree.status());
    bool has_live = false;
    for (const auto& topic : tree->topics) has_live = live.erase(topic.id) > 0 || has_live;
    if (!has_live) continue;
    protocol::ReadDescriptor descriptor;
    descriptor.locator.sequence = summary.name;
    const auto found = discover(descriptor);
    if (core::is_kind(found.status(), ErrorKind::NotFound)) continue;
    ARROW_RETURN_NOT_OK(found.status());
    summary.topics = std::ssize(found->endpoints);
    summary.rows = 0;
    summary.bytes = 0;
    for (const auto& [topic, ticket] : found->endpoints) {
      summary.rows += topic.rows;
      summary.bytes += topic.bytes;
      if (!topic.interval) continue;
      summary.timestamp_ns_min = std::min(
          summary.timestamp_ns_min.value_or(topic.interval->start_ns), topic.interval->start_ns);
      summary.timestamp_ns_max = std::max(summary.timestamp_ns_max.value_or(topic.interval->end_ns),
                                          topic.interval->end_ns);
    }
  }
  return Status::OK();
}

// --- Sessions ---

Result<protocol::SessionCreated> EngineImpl::session_create(const core::Locator& sequence) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_form(sequence.is_sequence(), sequence, "sequence"));
  const int64_t now_ns = context_->options.clock();
  ARROW_ASSIGN_OR_RAISE(
      const auto session,
      context_->catalog->create_session(sequence.sequence, core::make_ulid(now_ns / kNsPerMs),
                                        core::make_uuid(), now_ns));
  manifests_->request(sequence.sequence);
  return protocol::SessionCreated{
      .uuid = session.uuid, .locator = {.sequence = sequence.sequence, .session = session.ulid}};
}

Status EngineImpl::session_finalize(const protocol::SessionFinalize& request) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_uuid("session_uuid", request.session_uuid));
  ARROW_ASSIGN_OR_RAISE(
      const std::string sequence,
      context_->catalog->finalize_session(request.session_uuid, context_->options.clock()));
  // From here on the data is fixed, so its description is as well; the catalog has the truth, and a
  // manifest that cannot be written does not undo it.
  manifests_->write(sequence);
  return Status::OK();
}

Status EngineImpl::session_delete(const core::Locator& session) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_form(session.is_session(), session, "session"));
  ARROW_ASSIGN_OR_RAISE(const auto deleted, context_->catalog->delete_session(
                                                session.sequence, session.session,
                                                context_->options.allow_delete_finalized));
  remove_deleted(deleted, session.sequence);
  return Status::OK();
}

Result<catalog::SequenceTree> EngineImpl::claim(const core::Locator& session) {
  const auto claim = [&] {
    return context_->catalog->claim_session(session.sequence, session.session,
                                            [] { return core::make_uuid(); });
  };
  auto claimed = claim();
  if (!core::is_kind(claimed.status(), ErrorKind::Locked)) return claimed;
  ARROW_ASSIGN_OR_RAISE(const auto tree, context_->catalog->find_sequence(session.sequence));
  const catalog::Session* found = tree.session(session.session);
  if (found == nullptr) return claimed;
  std::vector<catalog::TopicId> topics;
  bool some_were_lost = false;
  for (const catalog::Topic& topic : tree.topics) {
    if (topic.session != found->id) continue;
    topics.push_back(topic.id);
    ARROW_ASSIGN_OR_RAISE(const bool was_lost,
                          ingest_->end_lost_upload(session.sequence, topic.name));
    some_were_lost = some_were_lost || was_lost;
  }
  return ingest_->end_silent(topics) || some_were_lost ? claim() : std::move(claimed);
}

Result<protocol::SessionClaimed> EngineImpl::session_claim(const core::Locator& session) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_form(session.is_session(), session, "session"));
  ARROW_ASSIGN_OR_RAISE(const auto tree, claim(session));
  const catalog::Session* claimed = tree.session(session.session);
  if (claimed == nullptr) {
    return core::error(ErrorKind::Internal,
                       "the catalog gave a session without itself: ", session.to_string());
  }
  protocol::SessionClaimed answer;
  answer.uuid = claimed->uuid;
  for (const catalog::Topic& topic : tree.topics) {
    if (topic.session != claimed->id) continue;
    answer.topics.push_back({.locator = {.sequence = session.sequence, .topic = topic.name},
                             .uuid = topic.uuid,
                             .durable_rows = durable_rows(*context_, topic)});
  }
  return answer;
}

// --- Topics ---

Result<protocol::TopicCreated> EngineImpl::topic_create(const protocol::TopicCreate& request) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_topic_create(request, context_->options));
  catalog::Topic topic;
  ARROW_ASSIGN_OR_RAISE(topic.user_metadata,
                        checked_metadata(request.user_metadata, context_->options));
  topic.name = request.locator.topic;
  topic.uuid = core::make_uuid();
  topic.ontology_tag = request.ontology_tag;
  topic.serialization_format = request.serialization_format;
  topic.created_at_ns = context_->options.clock();
  ARROW_ASSIGN_OR_RAISE(
      const auto created,
      context_->catalog->create_topic(request.locator.sequence, request.session_uuid, topic));
  manifests_->request(request.locator.sequence);
  return protocol::TopicCreated{.uuid = created.uuid};
}

Status EngineImpl::topic_delete(const core::Locator& topic) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_form(topic.is_topic(), topic, "topic"));
  ARROW_ASSIGN_OR_RAISE(const auto deleted,
                        context_->catalog->delete_topic(topic.sequence, topic.topic,
                                                        context_->options.allow_delete_finalized));
  remove_deleted(deleted, topic.sequence);
  return Status::OK();
}

// --- Notifications ---

Status EngineImpl::notification_create(const protocol::NotificationCreate& request) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(
      check_form(!request.locator.is_session(), request.locator, "sequence or a topic"));
  if (request.type != kErrorType) {
    return core::error(ErrorKind::Invalid, "notification_type must be \"error\", not ",
                       core::quoted(request.type));
  }
  if (request.message.size() > static_cast<size_t>(protocol::kJsonBytesMax)) {
    return core::error(ErrorKind::LimitExceeded, "msg of ", request.message.size(),
                       " bytes; at most ", protocol::kJsonBytesMax, " are allowed");
  }
  ARROW_RETURN_NOT_OK(
      context_->catalog->add_notification({.sequence = request.locator.sequence,
                                           .topic = request.locator.topic,
                                           .type = request.type,
                                           .message = request.message,
                                           .created_at_ns = context_->options.clock()}));
  manifests_->write(request.locator.sequence);
  return Status::OK();
}

Result<protocol::NotificationList> EngineImpl::notification_list(const core::Locator& locator) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/false));
  ARROW_RETURN_NOT_OK(check_form(!locator.is_session(), locator, "sequence or a topic"));
  ARROW_ASSIGN_OR_RAISE(const auto notifications,
                        context_->catalog->list_notifications(locator.sequence, locator.topic));
  protocol::NotificationList list;
  for (const catalog::Notification& notification : notifications) {
    list.notifications.push_back(
        {.locator = {.sequence = notification.sequence, .topic = notification.topic},
         .type = notification.type,
         .message = notification.message,
         .created_datetime = core::format_datetime_utc(notification.created_at_ns)});
  }
  return list;
}

Status EngineImpl::notification_purge(const core::Locator& locator) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  ARROW_RETURN_NOT_OK(check_form(!locator.is_session(), locator, "sequence or a topic"));
  ARROW_RETURN_NOT_OK(context_->catalog->purge_notifications(locator.sequence, locator.topic));
  manifests_->write(locator.sequence);
  return Status::OK();
}

}  // namespace mosaico::engine
