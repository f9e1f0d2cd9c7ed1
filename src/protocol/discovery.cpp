#include "protocol/discovery.hpp"

#include "core/json.hpp"
#include "protocol/actions.hpp"
#include "protocol/members.hpp"

namespace mosaico::protocol {

using core::error;

namespace {

json optional_json(const std::optional<int64_t>& value) {
  return value ? json(*value) : json(nullptr);
}

json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"start_ns", interval->start_ns}, {"end_ns", interval->end_ns}};
}

Result<std::optional<Interval>> read_interval(const json& object, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(const json* member, core::optional_object_member(object, key));
  if (member == nullptr) return std::nullopt;
  Interval interval;
  ARROW_ASSIGN_OR_RAISE(interval.start_ns, core::int_member(*member, "start_ns"));
  ARROW_ASSIGN_OR_RAISE(interval.end_ns, core::int_member(*member, "end_ns"));
  if (interval.start_ns > interval.end_ns) {
    return error(ErrorKind::Invalid, "key ", core::quoted(key), ": the end ", interval.end_ns,
                 " lies before the start ", interval.start_ns);
  }
  return interval;
}

Result<Locator> read_topic_locator(const json& element) {
  if (!element.is_string()) {
    return error(ErrorKind::Invalid, "expected the locator of a topic, got ", element.type_name());
  }
  return core::parse_topic_locator(element.get_ref<const std::string&>());
}

Result<SequenceDescription::Session> read_session(const json& element) {
  SequenceDescription::Session session;
  ARROW_ASSIGN_OR_RAISE(session.locator,
                        locator_member(element, "locator", core::parse_session_locator));
  ARROW_ASSIGN_OR_RAISE(session.created_at_ns, core::int_member(element, "created_at_ns"));
  ARROW_RETURN_NOT_OK(core::bool_member(element, "locked"));
  ARROW_ASSIGN_OR_RAISE(session.completed_at_ns,
                        core::optional_int_member(element, "completed_at_ns"));
  ARROW_RETURN_NOT_OK(read_list(element, "topics", read_topic_locator, &session.topics));
  return session;
}

// The three optional figures that a stream adds to the properties.
Status read_figures(const json& body, TopicProperties* properties) {
  ARROW_ASSIGN_OR_RAISE(properties->message_count,
                        core::optional_int_member(body, "message_count"));
  ARROW_ASSIGN_OR_RAISE(const auto first, core::optional_int_member(body, "timestamp_ns_min"));
  ARROW_ASSIGN_OR_RAISE(const auto last, core::optional_int_member(body, "timestamp_ns_max"));
  if (first && last) properties->interval = Interval{*first, *last};
  return Status::OK();
}

}  // namespace

json SequenceDescription::to_json() const {
  json list = json::array();
  for (const Session& session : sessions) {
    json session_topics = json::array();
    for (const Locator& topic : session.topics) session_topics.push_back(topic.to_string());
    list.push_back({{"locator", session.locator.to_string()},
                    {"created_at_ns", session.created_at_ns},
                    {"completed_at_ns", optional_json(session.completed_at_ns)},
                    {"locked", session.completed_at_ns.has_value()},
                    {"topics", std::move(session_topics)}});
  }
  return {{"resource_locator", locator.to_string()},
          {"created_at_ns", created_at_ns},
          {"user_metadata", user_metadata.is_null() ? json::object() : user_metadata},
          {"sessions", std::move(list)}};
}

Result<SequenceDescription> SequenceDescription::from_json(const json& body) {
  SequenceDescription description;
  ARROW_ASSIGN_OR_RAISE(description.locator,
                        locator_member(body, "resource_locator", core::parse_sequence_locator));
  ARROW_ASSIGN_OR_RAISE(description.created_at_ns, core::int_member(body, "created_at_ns"));
  ARROW_ASSIGN_OR_RAISE(description.user_metadata, user_metadata_of_answer(body));
  ARROW_RETURN_NOT_OK(read_list(body, "sessions", read_session, &description.sessions));
  return description;
}

Result<SequenceDescription> SequenceDescription::parse(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json body, parse_answer(text));
  return from_json(body);
}

json TopicDescription::to_json() const {
  json window_json = nullptr;
  if (window) {
    window_json = {{"row_count", window->rows}, {"interval", interval_json(window->interval)}};
  }
  json body = {
      {"resource_locator", locator.to_string()},
      {"created_at_ns", created_at_ns},
      {"completed_at_ns", optional_json(completed_at_ns)},
      {"locked", completed_at_ns.has_value()},
      {"ended", ended},
      {"ontology_tag", ontology_tag},
      {"serialization_format", serialization_format},
      {"user_metadata", user_metadata.is_null() ? json::object() : user_metadata},
      {"info",
       {{"chunks_number", chunks}, {"total_bytes", bytes}, {"timestamp", interval_json(interval)}}},
      {"data_info",
       {{"interval", interval_json(interval)},
        {"total_row_count", rows},
        {"total_bytes", bytes},
        {"total_chunks_count", chunks}}},
      {"time_window_info", std::move(window_json)}};
  if (window_empty) body["window_empty"] = *window_empty;
  return body;
}

Result<TopicDescription> TopicDescription::from_json(const json& body) {
  TopicDescription topic;
  ARROW_ASSIGN_OR_RAISE(topic.locator,
                        locator_member(body, "resource_locator", core::parse_topic_locator));
  ARROW_ASSIGN_OR_RAISE(topic.created_at_ns, core::int_member(body, "created_at_ns"));
  ARROW_RETURN_NOT_OK(core::bool_member(body, "locked"));
  ARROW_ASSIGN_OR_RAISE(topic.completed_at_ns, core::optional_int_member(body, "completed_at_ns"));
  ARROW_ASSIGN_OR_RAISE(const auto ended, core::optional_bool_member(body, "ended"));
  topic.ended = ended.value_or(false);
  ARROW_ASSIGN_OR_RAISE(topic.ontology_tag, core::string_member(body, "ontology_tag"));
  ARROW_ASSIGN_OR_RAISE(topic.serialization_format,
                        core::string_member(body, "serialization_format"));
  ARROW_ASSIGN_OR_RAISE(topic.user_metadata, user_metadata_of_answer(body));
  ARROW_ASSIGN_OR_RAISE(const json* data, core::object_member(body, "data_info"));
  ARROW_ASSIGN_OR_RAISE(topic.rows, count_member(*data, "total_row_count"));
  ARROW_ASSIGN_OR_RAISE(topic.bytes, count_member(*data, "total_bytes"));
  ARROW_ASSIGN_OR_RAISE(topic.chunks, count_member(*data, "total_chunks_count"));
  ARROW_ASSIGN_OR_RAISE(topic.interval, read_interval(*data, "interval"));
  ARROW_ASSIGN_OR_RAISE(const json* window_json,
                        core::optional_object_member(body, "time_window_info"));
  if (window_json != nullptr) {
    WindowFigures figures;
    ARROW_ASSIGN_OR_RAISE(figures.rows, count_member(*window_json, "row_count"));
    ARROW_ASSIGN_OR_RAISE(figures.interval, read_interval(*window_json, "interval"));
    topic.window = figures;
  }
  ARROW_ASSIGN_OR_RAISE(topic.window_empty, core::optional_bool_member(body, "window_empty"));
  return topic;
}

Result<TopicDescription> TopicDescription::parse(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json body, parse_answer(text));
  return from_json(body);
}

std::string TopicProperties::to_text() const {
  json body = {{"ontology_tag", ontology_tag}, {"serialization_format", serialization_format}};
  if (message_count) body["message_count"] = *message_count;
  if (interval) {
    body["timestamp_ns_min"] = interval->start_ns;
    body["timestamp_ns_max"] = interval->end_ns;
  }
  return core::dump(body);
}

Result<TopicProperties> TopicProperties::parse(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const json body, parse_answer(text));
  TopicProperties properties;
  ARROW_ASSIGN_OR_RAISE(properties.ontology_tag, core::string_member(body, "ontology_tag"));
  ARROW_ASSIGN_OR_RAISE(properties.serialization_format,
                        core::string_member(body, "serialization_format"));
  ARROW_RETURN_NOT_OK(read_figures(body, &properties));
  return properties;
}

}  // namespace mosaico::protocol
