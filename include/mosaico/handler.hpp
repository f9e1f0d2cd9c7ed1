#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/query.hpp"
#include "mosaico/streamer.hpp"

namespace mosaico {

namespace client {
struct SequenceSnapshot;
struct TopicSnapshot;
}  // namespace client

enum class SequenceState {
  Pending,    ///< No session of it is finalized.
  Finalized,  ///< Immutable.
  Unlocked,   ///< Carries an error notification: readable, and deletable by hand.
};

/// One upload into a sequence.
struct SessionInfo {
  std::string locator;
  std::int64_t created_at_ns = 0;
  std::optional<std::int64_t> completed_at_ns = {};
  bool is_locked = false;
  std::vector<std::string> topics = {};  ///< With leading slash.
};

struct SequenceInfo {
  std::int64_t created_at_ns = 0;
  std::string created_datetime = {};  ///< "2026-05-01 10:00:00.123456 UTC".
  std::int64_t total_size_bytes = 0;  ///< Arrow bytes of all topics.
  std::vector<SessionInfo> sessions = {};
  bool is_locked = false;  ///< Finalized and healthy: refuses deletion.
  SequenceState state = SequenceState::Pending;
};

struct TopicInfo {
  std::string ontology_tag = {};
  std::string serialization_format = {};
  std::int64_t created_at_ns = 0;
  std::string created_datetime = {};
  std::int64_t total_size_bytes = 0;
  std::int64_t total_rows = 0;
  std::int64_t chunks_number = 0;
  bool is_locked = false;
};

/// A span of time, as streams take it: `sequence.get_data_streamer(window)`.
struct TimeWindow {
  std::int64_t start_timestamp_ns = 0;                ///< Inclusive.
  std::optional<std::int64_t> end_timestamp_ns = {};  ///< Exclusive; empty: up to the last time.

  operator StreamOptions() const {  // NOLINT(google-explicit-constructor)
    return {.start_timestamp_ns = start_timestamp_ns, .end_timestamp_ns = end_timestamp_ns};
  }
  bool operator==(const TimeWindow&) const = default;
};

/// How rows that match become windows.
struct ClusterOptions {
  /// Matches at most this far apart are in one window. 0: there is one, from the first to the last.
  std::int64_t clustering_dt_ns = 0;
  /// Windows of several topics at most this far apart still count as being together.
  std::int64_t intersect_dt_ns = 0;
  std::optional<std::int64_t> start_timestamp_ns = {};  ///< Only rows from here on …
  std::optional<std::int64_t> end_timestamp_ns = {};    ///< … and before here.
};

/// What a topic is; no sensor data is downloaded for it. A light handle to a snapshot taken when
/// it was made. Thread-safe until close().
class TopicHandler {
 public:
  const std::string& name() const;  ///< With leading slash.
  const std::string& sequence_name() const;
  const nlohmann::json& user_metadata() const;
  const TopicInfo& topic_info() const;
  /// Of the rows stored, both inclusive; empty without rows.
  std::optional<std::int64_t> timestamp_ns_min() const;
  std::optional<std::int64_t> timestamp_ns_max() const;
  /// Columns and tag of the topic.
  OntologyType ontology_type() const;

  /// Throws InvalidError for start ≥ end, and when `options.topics` is set.
  TopicDataStreamer get_data_streamer(const StreamOptions& options = {}) const;
  /// When conditions on rows hold, in order of time. InvalidError for conditions on anything else,
  /// on another type or on none, and for columns that do not exist; LimitExceededError when there
  /// are more windows than the server allows.
  std::vector<TimeWindow> clusterize(const Query& conditions,
                                     const ClusterOptions& options = {}) const;
  /// Lets go of the connection; streamers already made go on.
  void close();

  explicit TopicHandler(std::shared_ptr<client::TopicSnapshot> snapshot);

 private:
  std::shared_ptr<client::TopicSnapshot> snapshot_;
};

/// What a sequence is; otherwise as TopicHandler.
class SequenceHandler {
 public:
  const std::string& name() const;
  /// Names with leading slash, in order of creation.
  std::vector<std::string> topics() const;
  const nlohmann::json& user_metadata() const;
  const SequenceInfo& sequence_info() const;
  std::optional<std::int64_t> timestamp_ns_min() const;
  std::optional<std::int64_t> timestamp_ns_max() const;
  /// Empty when the sequence has no such topic.
  std::optional<TopicHandler> get_topic_handler(const std::string& topic) const;

  /// All topics merged, or those of the filter. NotFoundError, which lists the topics there are,
  /// for a filter that names another one; InvalidError for start ≥ end.
  SequenceDataStreamer get_data_streamer(const StreamOptions& options = {}) const;

  /// Conditions on the rows of one topic.
  struct TopicConditions {
    std::string topic;
    Query conditions;
  };
  /// When those of all `topics`, at least two, hold together. NotFoundError for a topic that is not
  /// there; otherwise as TopicHandler::clusterize().
  std::vector<TimeWindow> intersect(const std::vector<TopicConditions>& topics,
                                    const ClusterOptions& options = {}) const;
  void close();

  explicit SequenceHandler(std::shared_ptr<client::SequenceSnapshot> snapshot);

 private:
  std::shared_ptr<client::SequenceSnapshot> snapshot_;
};

}  // namespace mosaico
