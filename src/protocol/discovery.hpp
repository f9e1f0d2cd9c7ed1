#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"

// Descriptors, tickets and what GetFlightInfo tells (docs/protocol.md, sections 6 to 8).
namespace mosaico::protocol {

using core::Locator;
using core::Result;
using core::Status;
using nlohmann::json;

// Start inclusive, end exclusive; an absent bound is no bound.
struct Window {
  std::optional<int64_t> start_ns = {};
  std::optional<int64_t> end_ns = {};

  bool bounded() const { return start_ns.has_value() || end_ns.has_value(); }
  bool contains(int64_t t) const {
    return (!start_ns || t >= *start_ns) && (!end_ns || t < *end_ns);
  }
  bool operator==(const Window&) const = default;
};

// Both inclusive.
struct Interval {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  bool operator==(const Interval&) const = default;
};

// The CMD of DoPut.
struct PutDescriptor {
  Locator topic = {};
  std::string topic_uuid = {};
  bool ack = false;
  bool resume = false;
  bool process_durability = false;  // "durability": "process" in place of "disk".

  std::string to_text() const;
  static Result<PutDescriptor> parse(std::string_view text);
};

// The app_metadata of a PutResult.
struct PutAck {
  int64_t durable_rows = 0;
  bool failed = false;  // The upload broke; ending the stream tells why.

  std::string to_text() const;
  static Result<PutAck> parse(std::string_view text);
};

// The CMD of GetFlightInfo and GetSchema.
struct ReadDescriptor {
  Locator locator = {};
  Window window = {};
  bool follow = false;
  std::optional<int64_t> batch_bytes = {};
  bool share_nulls = false;  // Of columns without a value, one piece of bytes travels for all.
  bool uncounted = false;    // The rows need not be counted, which reads files at a window's ends.

  std::string to_text() const;
  static Result<ReadDescriptor> parse(std::string_view text);
};

// A ticket of DoGet: JSON, valid as long as its topic exists.
struct Ticket {
  // The rows of the window; the interval is empty without any.
  struct Counted {
    int64_t rows = 0;
    std::optional<Interval> interval = {};
    bool operator==(const Counted&) const = default;
  };
  Locator topic = {};
  int64_t topic_id = 0;  // A later topic of the same name is another one.
  Window window = {};
  bool follow = false;
  std::optional<int64_t> batch_bytes = {};
  bool share_nulls = false;  // Of columns without a value, one piece of bytes travels for all.
  bool uncounted = false;    // The stream does not tell how many rows it has.
  // Of a topic that changes no more: they need not be counted again.
  std::optional<Counted> counted = {};

  std::string to_text() const;
  static Result<Ticket> parse(std::string_view text);
};

// FlightInfo.app_metadata of a sequence.
struct SequenceDescription {
  struct Session {
    Locator locator = {};
    int64_t created_at_ns = 0;
    std::optional<int64_t> completed_at_ns = {};
    std::vector<Locator> topics = {};
  };
  Locator locator = {};
  int64_t created_at_ns = 0;
  json user_metadata = json::object();
  std::vector<Session> sessions = {};

  json to_json() const;
  static Result<SequenceDescription> parse(std::string_view text);
  static Result<SequenceDescription> from_json(const json& body);
};

// The app_metadata of an endpoint.
struct TopicDescription {
  struct WindowFigures {
    int64_t rows = 0;
    std::optional<Interval> interval = {};
  };
  Locator locator = {};
  int64_t created_at_ns = 0;
  std::optional<int64_t> completed_at_ns = {};
  bool ended = false;  // Its upload came to a proper end. Never set by servers without additions.
  std::string ontology_tag = {};
  std::string serialization_format = {};
  json user_metadata = json::object();
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t chunks = 0;
  std::optional<Interval> interval = {};
  std::optional<WindowFigures> window = {};  // Set as soon as a bound was asked.
  // Set in its place where nothing was to be counted; true: the window holds no row for certain.
  std::optional<bool> window_empty = {};

  json to_json() const;
  static Result<TopicDescription> parse(std::string_view text);
  static Result<TopicDescription> from_json(const json& body);
};

// All that GetFlightInfo tells.
struct Discovery {
  struct Endpoint {
    TopicDescription topic = {};
    std::string ticket = {};
  };
  bool is_sequence = false;
  SequenceDescription sequence = {};  // When is_sequence.
  std::vector<Endpoint> endpoints = {};
};

// Schema metadata of GetFlightInfo and DoGet.
inline constexpr const char* kContextKey = "mosaico:context";
inline constexpr const char* kUserMetadataKey = "mosaico:user_metadata";
inline constexpr const char* kPropertiesKey = "mosaico:properties";

// `mosaico:properties` of a topic; in a DoGet stream with the figures of its window.
struct TopicProperties {
  std::string ontology_tag = {};
  std::string serialization_format = {};
  std::optional<int64_t> message_count = {};
  std::optional<Interval> interval = {};

  std::string to_text() const;
  static Result<TopicProperties> parse(std::string_view text);
};

}  // namespace mosaico::protocol
