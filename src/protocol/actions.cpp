#include "protocol/actions.hpp"

#include "core/json.hpp"
#include "protocol/members.hpp"

namespace mosaico::protocol {

using core::error;

namespace {

// User metadata alone may be 64 levels deep; a message adds a few around it.
constexpr int kDepthMax = 72;

struct Version {
  int64_t major = 0;
  int64_t minor = 0;
  int64_t patch = 0;
};

// The numbers of "0.7.0"; whatever is not there counts as 0.
Version split_version(std::string_view text) {
  Version version;
  int64_t* const parts[] = {&version.major, &version.minor, &version.patch};
  size_t part = 0;
  for (const char c : text) {
    if (c == '.') {
      if (++part == std::size(parts)) break;
    } else if (c < '0' || c > '9' || *parts[part] > 1'000'000) {
      break;
    } else {
      *parts[part] = *parts[part] * 10 + (c - '0');
    }
  }
  return version;
}

json version_json(const std::string& version, const json& pre) {
  const Version numbers = split_version(version);
  return {{"version", version},
          {"semver",
           {{"major", numbers.major},
            {"minor", numbers.minor},
            {"patch", numbers.patch},
            {"pre", pre}}}};
}

Result<int64_t> limit_member(const json& object, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(const int64_t value, core::int_member(object, key));
  if (value <= 0) {
    return error(ErrorKind::Invalid, "key ", core::quoted(key), " must be positive, not ", value);
  }
  return value;
}

}  // namespace

Result<json> parse_request(std::string_view body, int64_t bytes_max) {
  if (body.empty()) return json::object();
  ARROW_ASSIGN_OR_RAISE(json request,
                        core::parse_json(body, {static_cast<size_t>(bytes_max), kDepthMax}));
  if (!request.is_object()) {
    return error(ErrorKind::Invalid, "the body must be a JSON object, not ", request.type_name());
  }
  return request;
}

Result<json> parse_answer(std::string_view text) {
  Result<json> answer = core::parse_json(text, {static_cast<size_t>(kAnswerBytesMax), kDepthMax});
  if (core::is_kind(answer.status(), ErrorKind::LimitExceeded)) return answer.status();
  if (!answer.ok()) return error(ErrorKind::Corrupt, "the answer is ", answer.status().message());
  if (!answer->is_object()) {
    return error(ErrorKind::Corrupt, "the answer must be a JSON object, not ", answer->type_name());
  }
  return answer;
}

std::string wrap_answer(std::string_view action, const json& response) {
  return core::dump({{"action", action}, {"response", response}});
}

Result<json> unwrap_answer(std::string_view action, std::string_view text) {
  if (text.empty()) return json();
  ARROW_ASSIGN_OR_RAISE(json answer, parse_answer(text));
  const auto name = answer.find("action");
  if (name == answer.end() || *name != json(action)) return json();
  const auto response = answer.find("response");
  return response == answer.end() ? json() : std::move(*response);
}

json ServerInfo::to_json() const {
  json body = version_json(version, nullptr);
  body["config"] = {{"grpc_max_decode_message_size", limits.max_decode_bytes},
                    {"grpc_max_encode_message_size", limits.max_encode_bytes},
                    {"grpc_target_encode_message_size", limits.target_encode_bytes}};
  body["server"] = server;
  body["uptime_s"] = uptime_s;
  return body;
}

json ServerInfo::to_version_json() const { return version_json(version, ""); }

Result<ServerInfo> ServerInfo::from_json(const json& body) {
  ServerInfo info;
  ARROW_ASSIGN_OR_RAISE(info.version, core::string_member(body, "version"));
  ARROW_ASSIGN_OR_RAISE(const json* config, core::object_member(body, "config"));
  ARROW_ASSIGN_OR_RAISE(info.limits.max_decode_bytes,
                        limit_member(*config, "grpc_max_decode_message_size"));
  ARROW_ASSIGN_OR_RAISE(info.limits.max_encode_bytes,
                        limit_member(*config, "grpc_max_encode_message_size"));
  ARROW_ASSIGN_OR_RAISE(info.limits.target_encode_bytes,
                        limit_member(*config, "grpc_target_encode_message_size"));
  ARROW_ASSIGN_OR_RAISE(const auto server, core::optional_string_member(body, "server"));
  ARROW_ASSIGN_OR_RAISE(const auto uptime_s, core::optional_int_member(body, "uptime_s"));
  info.server = server.value_or("");
  info.uptime_s = uptime_s.value_or(0);
  return info;
}

json SequenceCreate::to_json() const {
  return {{"locator", sequence}, {"user_metadata", user_metadata}};
}

Result<SequenceCreate> SequenceCreate::from_json(const json& body) {
  SequenceCreate request;
  ARROW_ASSIGN_OR_RAISE(const Locator locator,
                        locator_member(body, "locator", core::parse_sequence_locator));
  request.sequence = locator.sequence;
  ARROW_ASSIGN_OR_RAISE(request.user_metadata, user_metadata_of_request(body));
  return request;
}

json LocatorRequest::to_json() const { return {{"locator", locator.to_string()}}; }

Result<LocatorRequest> LocatorRequest::from_json(const json& body) {
  ARROW_ASSIGN_OR_RAISE(Locator locator, locator_member(body, "locator", Locator::parse));
  return LocatorRequest{std::move(locator)};
}

json SequenceAbort::to_json() const {
  return {{"locator", sequence}, {"session_uuid", session_uuid}};
}

Result<SequenceAbort> SequenceAbort::from_json(const json& body) {
  SequenceAbort request;
  ARROW_ASSIGN_OR_RAISE(const Locator locator,
                        locator_member(body, "locator", core::parse_sequence_locator));
  request.sequence = locator.sequence;
  ARROW_ASSIGN_OR_RAISE(request.session_uuid, uuid_member(body, "session_uuid"));
  return request;
}

json SessionCreated::to_json() const { return {{"uuid", uuid}, {"locator", locator.to_string()}}; }

Result<SessionCreated> SessionCreated::from_json(const json& body) {
  SessionCreated answer;
  ARROW_ASSIGN_OR_RAISE(answer.uuid, uuid_member(body, "uuid"));
  ARROW_ASSIGN_OR_RAISE(answer.locator,
                        locator_member(body, "locator", core::parse_session_locator));
  return answer;
}

json SessionFinalize::to_json() const { return {{"session_uuid", session_uuid}}; }

Result<SessionFinalize> SessionFinalize::from_json(const json& body) {
  SessionFinalize request;
  ARROW_ASSIGN_OR_RAISE(request.session_uuid, uuid_member(body, "session_uuid"));
  return request;
}

json SessionClaimed::to_json() const {
  json list = json::array();
  for (const Topic& topic : topics) {
    list.push_back({{"locator", topic.locator.to_string()},
                    {"uuid", topic.uuid},
                    {"durable_rows", topic.durable_rows}});
  }
  return {{"uuid", uuid}, {"topics", std::move(list)}};
}

Result<SessionClaimed> SessionClaimed::from_json(const json& body) {
  const auto read_topic = [](const json& element) -> Result<Topic> {
    Topic topic;
    ARROW_ASSIGN_OR_RAISE(topic.locator,
                          locator_member(element, "locator", core::parse_topic_locator));
    ARROW_ASSIGN_OR_RAISE(topic.uuid, uuid_member(element, "uuid"));
    ARROW_ASSIGN_OR_RAISE(topic.durable_rows, count_member(element, "durable_rows"));
    return topic;
  };
  SessionClaimed answer;
  ARROW_ASSIGN_OR_RAISE(answer.uuid, uuid_member(body, "uuid"));
  ARROW_RETURN_NOT_OK(read_list(body, "topics", read_topic, &answer.topics));
  return answer;
}

json TopicCreate::to_json() const {
  return {{"session_uuid", session_uuid},
          {"locator", locator.to_string()},
          {"serialization_format", serialization_format},
          {"ontology_tag", ontology_tag},
          {"user_metadata", user_metadata}};
}

Result<TopicCreate> TopicCreate::from_json(const json& body) {
  TopicCreate request;
  ARROW_ASSIGN_OR_RAISE(request.session_uuid, uuid_member(body, "session_uuid"));
  ARROW_ASSIGN_OR_RAISE(request.locator,
                        locator_member(body, "locator", core::parse_topic_locator));
  ARROW_ASSIGN_OR_RAISE(request.serialization_format,
                        word_member(body, "serialization_format", {"default", "ragged", "image"}));
  ARROW_ASSIGN_OR_RAISE(request.ontology_tag, core::string_member(body, "ontology_tag"));
  if (request.ontology_tag.empty()) {
    return error(ErrorKind::Invalid, "key \"ontology_tag\" is empty");
  }
  if (request.ontology_tag.size() > core::kNameBytesMax) {
    return error(ErrorKind::Invalid, "key \"ontology_tag\" has ", request.ontology_tag.size(),
                 " bytes; at most ", core::kNameBytesMax, " are allowed");
  }
  ARROW_ASSIGN_OR_RAISE(request.user_metadata, user_metadata_of_request(body));
  return request;
}

json TopicCreated::to_json() const { return {{"uuid", uuid}}; }

Result<TopicCreated> TopicCreated::from_json(const json& body) {
  TopicCreated answer;
  ARROW_ASSIGN_OR_RAISE(answer.uuid, uuid_member(body, "uuid"));
  return answer;
}

json NotificationCreate::to_json() const {
  return {{"locator", locator.to_string()}, {"notification_type", type}, {"msg", message}};
}

Result<NotificationCreate> NotificationCreate::from_json(const json& body) {
  NotificationCreate request;
  ARROW_ASSIGN_OR_RAISE(request.locator, locator_member(body, "locator", Locator::parse));
  if (request.locator.is_session()) {
    return error(ErrorKind::Invalid, "key \"locator\": ", core::quoted(request.locator.to_string()),
                 " is that of a session; notifications belong to a sequence or a topic");
  }
  ARROW_ASSIGN_OR_RAISE(request.type, word_member(body, "notification_type", {"error"}));
  ARROW_ASSIGN_OR_RAISE(request.message, core::string_member(body, "msg"));
  return request;
}

}  // namespace mosaico::protocol
