#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "mosaico/handler.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::client {

// What handlers look at: taken once, immutable but for `session`, which close() lets go.
struct TopicSnapshot {
  std::shared_ptr<Session> session;
  std::string name;  // With leading slash.
  std::string sequence_name;
  nlohmann::json user_metadata;
  TopicInfo info;
  std::optional<protocol::Interval> interval;
  OntologyType type;
};

struct SequenceSnapshot {
  std::shared_ptr<Session> session;
  std::string name;
  nlohmann::json user_metadata;
  SequenceInfo info;
  std::vector<std::string> topics;  // With leading slash, in order of creation.
  std::optional<protocol::Interval> interval;
};

// Null when there is no such sequence or topic.
Result<std::shared_ptr<SequenceSnapshot>> take_sequence_snapshot(
    const std::shared_ptr<Session>& session, const std::string& sequence);
Result<std::shared_ptr<TopicSnapshot>> take_topic_snapshot(const std::shared_ptr<Session>& session,
                                                           const std::string& sequence,
                                                           const std::string& topic);

}  // namespace mosaico::client
