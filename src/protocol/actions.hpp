#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"
#include "protocol/limits.hpp"

// The bodies of Flight actions. Each message has to_json() and a static from_json() (a QueryAnswer:
// to_envelope() and from_envelope()) that refuses, with Invalid and the key's name, whatever
// docs/protocol.md does not allow; unknown keys are ignored.
namespace mosaico::protocol {

using core::Locator;
using core::Result;
using core::Status;
using nlohmann::json;

namespace action {
inline constexpr std::string_view kInfo = "info";
inline constexpr std::string_view kVersion = "version";
inline constexpr std::string_view kSequenceCreate = "sequence_create";
inline constexpr std::string_view kSequenceDelete = "sequence_delete";
inline constexpr std::string_view kSequenceAbort = "sequence_abort";
inline constexpr std::string_view kSequenceList = "sequence_list";
inline constexpr std::string_view kSessionCreate = "session_create";
inline constexpr std::string_view kSessionFinalize = "session_finalize";
inline constexpr std::string_view kSessionDelete = "session_delete";
inline constexpr std::string_view kSessionClaim = "session_claim";
inline constexpr std::string_view kTopicCreate = "topic_create";
inline constexpr std::string_view kTopicDelete = "topic_delete";
inline constexpr std::string_view kSequenceNotificationCreate = "sequence_notification_create";
inline constexpr std::string_view kSequenceNotificationList = "sequence_notification_list";
inline constexpr std::string_view kSequenceNotificationPurge = "sequence_notification_purge";
inline constexpr std::string_view kTopicNotificationCreate = "topic_notification_create";
inline constexpr std::string_view kTopicNotificationList = "topic_notification_list";
inline constexpr std::string_view kTopicNotificationPurge = "topic_notification_purge";
inline constexpr std::string_view kTopicFilterClusterize = "topic_filter_clusterize";
inline constexpr std::string_view kTopicFilterIntersect = "topic_filter_intersect";
inline constexpr std::string_view kQuery = "query";
}  // namespace action

// Reads the body of an action: a JSON object; an empty body counts as {}.
Result<json> parse_request(std::string_view body, int64_t bytes_max = kJsonBytesMax);

// Reads the JSON of an answer, which may be as long as the number of topics makes it. Corrupt when
// it is not one JSON object.
Result<json> parse_answer(std::string_view text);

inline constexpr std::string_view kServerName = "mosaico-cpp";

struct ServerInfo {
  std::string version = {};  // "0.7.0": of the protocol.
  MessageLimits limits = {};
  std::string server = {};  // "mosaico-cpp" tells that the additions are there; empty elsewhere.
  int64_t uptime_s = 0;

  bool has_additions() const { return server == kServerName; }
  json to_json() const;
  json to_version_json() const;  // The answer of `version`.
  static Result<ServerInfo> from_json(const json& body);
};

struct SequenceCreate {
  std::string sequence = {};
  json user_metadata = json::object();

  json to_json() const;
  static Result<SequenceCreate> from_json(const json& body);
};

// A body that names one sequence, session or topic and nothing else.
struct LocatorRequest {
  Locator locator = {};

  json to_json() const;
  static Result<LocatorRequest> from_json(const json& body);
};

struct SequenceAbort {
  std::string sequence = {};
  std::string session_uuid = {};

  json to_json() const;
  static Result<SequenceAbort> from_json(const json& body);
};

struct SessionCreated {
  std::string uuid = {};
  Locator locator = {};

  json to_json() const;
  static Result<SessionCreated> from_json(const json& body);
};

struct SessionFinalize {
  std::string session_uuid = {};

  json to_json() const;
  static Result<SessionFinalize> from_json(const json& body);
};

struct SessionClaimed {
  struct Topic {
    Locator locator = {};
    std::string uuid = {};
    int64_t durable_rows = 0;
  };
  std::string uuid = {};
  std::vector<Topic> topics = {};

  json to_json() const;
  static Result<SessionClaimed> from_json(const json& body);
};

struct TopicCreate {
  std::string session_uuid = {};
  Locator locator = {};
  std::string serialization_format = "default";
  std::string ontology_tag = {};
  json user_metadata = json::object();

  json to_json() const;
  static Result<TopicCreate> from_json(const json& body);
};

struct TopicCreated {
  std::string uuid = {};

  json to_json() const;
  static Result<TopicCreated> from_json(const json& body);
};

struct NotificationCreate {
  Locator locator = {};  // Of a sequence or a topic.
  std::string type = "error";
  std::string message = {};

  json to_json() const;
  static Result<NotificationCreate> from_json(const json& body);
};

struct NotificationList {
  struct Entry {
    Locator locator = {};
    std::string type = {};
    std::string message = {};
    std::string created_datetime = {};  // "2026-05-01 10:00:00.123456 UTC"
  };
  std::vector<Entry> notifications = {};

  json to_json() const;
  static Result<NotificationList> from_json(const json& body);
};

struct SequenceListRequest {
  std::string prefix = {};
  int64_t limit = 1000;     // 1 to 1000.
  std::string cursor = {};  // Empty: from the start.

  json to_json() const;
  static Result<SequenceListRequest> from_json(const json& body);
};

struct SequenceListAnswer {
  struct Entry {
    std::string name = {};
    std::string state = {};  // pending, finalized or unlocked.
    int64_t created_at_ns = 0;
    int64_t topics = 0;
    int64_t rows = 0;
    int64_t bytes = 0;
    std::optional<int64_t> timestamp_ns_min = {};
    std::optional<int64_t> timestamp_ns_max = {};
  };
  std::vector<Entry> sequences = {};
  std::string cursor = {};  // Empty on the last page.

  json to_json() const;
  static Result<SequenceListAnswer> from_json(const json& body);
};

struct QueryAnswer {
  struct Topic {
    Locator locator = {};
    std::string ontology_tag = {};
  };
  struct Item {
    std::string sequence = {};
    std::vector<Topic> topics = {};
  };
  std::vector<Item> items = {};

  // The envelope with this as its response, and its reading as unwrap_answer() has it. Invalid
  // where it holds no answer. No document is made in between: an answer may be long.
  std::string to_envelope() const;
  static Result<QueryAnswer> from_envelope(std::string_view text);
};

// The envelope of an answer, and its reading by a client: `response` of the joined Results. Null
// for a void action, and for all that counts as "no answer": no text, `action` missing or another.
// Corrupt when the text is not a JSON object.
std::string wrap_answer(std::string_view action, const json& response);
Result<json> unwrap_answer(std::string_view action, std::string_view text);

}  // namespace mosaico::protocol
