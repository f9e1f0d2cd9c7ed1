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
  OntologyType type;  // Without columns when the topic never saw an upload.
};

struct SequenceSnapshot {
  std::shared_ptr<Session> session;
  std::string name;
  nlohmann::json user_metadata;
  SequenceInfo info;
  std::vector<std::string> topics;  // With leading slash, in order of creation.
  std::optional<protocol::Interval> interval;
};

// Null when there is no such sequence or topic, which goes for malformed names too. No rows are
// read for them.
Result<std::shared_ptr<SequenceSnapshot>> take_sequence_snapshot(
    const std::shared_ptr<Session>& session, const std::string& sequence);
Result<std::shared_ptr<TopicSnapshot>> take_topic_snapshot(const std::shared_ptr<Session>& session,
                                                           const std::string& sequence,
                                                           const std::string& topic);

// The format of that name; Default for a name of a later version.
SerializationFormat serialization_format_of(const std::string& name);

}  // namespace mosaico::client
