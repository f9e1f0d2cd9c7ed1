#include "cli/sequence_text.hpp"

#include "cli/json_text.hpp"

namespace mosaico::cli {

namespace {

nlohmann::json to_json(const SessionInfo& session) {
  return {{"locator", session.locator},
          {"created_at_ns", session.created_at_ns},
          {"completed_at_ns", json_or_null(session.completed_at_ns)},
          {"is_locked", session.is_locked},
          {"topics", session.topics}};
}

}  // namespace

std::string_view state_name(SequenceState state) {
  switch (state) {
    case SequenceState::Pending:
      return "pending";
    case SequenceState::Finalized:
      return "finalized";
    case SequenceState::Unlocked:
      return "unlocked";
  }
  return "unknown";
}

nlohmann::json to_json(const SequenceSummary& summary) {
  return {{"name", summary.name},
          {"state", state_name(summary.state)},
          {"created_at_ns", summary.created_at_ns},
          {"topics", summary.topics},
          {"rows", summary.rows},
          {"bytes", summary.bytes},
          {"timestamp_ns_min", json_or_null(summary.timestamp_ns_min)},
          {"timestamp_ns_max", json_or_null(summary.timestamp_ns_max)}};
}

nlohmann::json to_json(const TopicHandler& topic) {
  const TopicInfo& info = topic.topic_info();
  return {{"name", topic.name()},
          {"ontology_tag", info.ontology_tag},
          {"serialization_format", info.serialization_format},
          {"rows", info.total_rows},
          {"bytes", info.total_size_bytes},
          {"chunks", info.chunks_number},
          {"timestamp_ns_min", json_or_null(topic.timestamp_ns_min())},
          {"timestamp_ns_max", json_or_null(topic.timestamp_ns_max())},
          {"metadata", topic.user_metadata()}};
}

nlohmann::json to_json(const SequenceHandler& sequence) {
  const SequenceInfo& info = sequence.sequence_info();
  auto sessions = nlohmann::json::array();
  for (const SessionInfo& session : info.sessions) sessions.push_back(to_json(session));
  auto topics = nlohmann::json::array();
  std::int64_t rows = 0;
  for (const std::string& name : sequence.topics()) {
    const auto topic = sequence.get_topic_handler(name);
    if (!topic) continue;  // Deleted since the snapshot.
    rows += topic->topic_info().total_rows;
    topics.push_back(to_json(*topic));
  }
  return {{"name", sequence.name()},
          {"state", state_name(info.state)},
          {"created_at_ns", info.created_at_ns},
          {"topics", std::move(topics)},
          {"rows", rows},
          {"bytes", info.total_size_bytes},
          {"timestamp_ns_min", json_or_null(sequence.timestamp_ns_min())},
          {"timestamp_ns_max", json_or_null(sequence.timestamp_ns_max())},
          {"metadata", sequence.user_metadata()},
          {"sessions", std::move(sessions)}};
}

}  // namespace mosaico::cli
