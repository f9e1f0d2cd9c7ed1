// The answers that are lists: notifications, sequences. Those of queries: query_answer.cpp.
#include "core/json.hpp"
#include "protocol/actions.hpp"
#include "protocol/members.hpp"

namespace mosaico::protocol {

using core::error;

namespace {

constexpr int64_t kSequencesMax = 1000;  // Of one page.

json optional_json(const std::optional<int64_t>& value) {
  return value ? json(*value) : json(nullptr);
}

Result<NotificationList::Entry> read_notification(const json& element) {
  NotificationList::Entry entry;
  ARROW_ASSIGN_OR_RAISE(entry.locator, locator_member(element, "name", Locator::parse));
  ARROW_ASSIGN_OR_RAISE(entry.type, core::string_member(element, "notification_type"));
  ARROW_ASSIGN_OR_RAISE(entry.message, core::string_member(element, "msg"));
  ARROW_ASSIGN_OR_RAISE(entry.created_datetime, core::string_member(element, "created_datetime"));
  return entry;
}

Result<SequenceListAnswer::Entry> read_sequence(const json& element) {
  SequenceListAnswer::Entry entry;
  ARROW_ASSIGN_OR_RAISE(entry.name, core::string_member(element, "name"));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(entry.name));
  ARROW_ASSIGN_OR_RAISE(entry.state,
                        word_member(element, "state", {"pending", "finalized", "unlocked"}));
  ARROW_ASSIGN_OR_RAISE(entry.created_at_ns, core::int_member(element, "created_at_ns"));
  ARROW_ASSIGN_OR_RAISE(entry.topics, count_member(element, "topics"));
  ARROW_ASSIGN_OR_RAISE(entry.rows, count_member(element, "rows"));
  ARROW_ASSIGN_OR_RAISE(entry.bytes, count_member(element, "bytes"));
  ARROW_ASSIGN_OR_RAISE(entry.timestamp_ns_min,
                        core::optional_int_member(element, "timestamp_ns_min"));
  ARROW_ASSIGN_OR_RAISE(entry.timestamp_ns_max,
                        core::optional_int_member(element, "timestamp_ns_max"));
  return entry;
}

}  // namespace

json NotificationList::to_json() const {
  json list = json::array();
  for (const Entry& entry : notifications) {
    list.push_back({{"name", entry.locator.to_string()},
                    {"notification_type", entry.type},
                    {"msg", entry.message},
                    {"created_datetime", entry.created_datetime}});
  }
  return {{"notifications", std::move(list)}};
}

Result<NotificationList> NotificationList::from_json(const json& body) {
  NotificationList answer;
  ARROW_RETURN_NOT_OK(read_list(body, "notifications", read_notification, &answer.notifications));
  return answer;
}

json SequenceListRequest::to_json() const {
  json body = {{"prefix", prefix}, {"limit", limit}};
  if (!cursor.empty()) body["cursor"] = cursor;
  return body;
}

Result<SequenceListRequest> SequenceListRequest::from_json(const json& body) {
  SequenceListRequest request;
  ARROW_ASSIGN_OR_RAISE(const auto prefix, core::optional_string_member(body, "prefix"));
  ARROW_ASSIGN_OR_RAISE(const auto limit, core::optional_int_member(body, "limit"));
  ARROW_ASSIGN_OR_RAISE(const auto cursor, core::optional_string_member(body, "cursor"));
  request.prefix = prefix.value_or("");
  request.cursor = cursor.value_or("");
  request.limit = limit.value_or(kSequencesMax);
  if (request.limit < 1 || request.limit > kSequencesMax) {
    return error(ErrorKind::Invalid, "key \"limit\" must be from 1 to ", kSequencesMax, ", not ",
                 request.limit);
  }
  return request;
}

json SequenceListAnswer::to_json() const {
  json list = json::array();
  for (const Entry& entry : sequences) {
    list.push_back({{"name", entry.name},
                    {"state", entry.state},
                    {"created_at_ns", entry.created_at_ns},
                    {"topics", entry.topics},
                    {"rows", entry.rows},
                    {"bytes", entry.bytes},
                    {"timestamp_ns_min", optional_json(entry.timestamp_ns_min)},
                    {"timestamp_ns_max", optional_json(entry.timestamp_ns_max)}});
  }
  return {{"sequences", std::move(list)},
          {"cursor", cursor.empty() ? json(nullptr) : json(cursor)}};
}

Result<SequenceListAnswer> SequenceListAnswer::from_json(const json& body) {
  SequenceListAnswer answer;
  ARROW_RETURN_NOT_OK(read_list(body, "sequences", read_sequence, &answer.sequences));
  ARROW_ASSIGN_OR_RAISE(const auto cursor, core::optional_string_member(body, "cursor"));
  answer.cursor = cursor.value_or("");
  return answer;
}

}  // namespace mosaico::protocol
