#include "mosaico/handler.hpp"

#include <limits>
#include <utility>

#include "client/column_check.hpp"
#include "client/read/merged_stream.hpp"
#include "client/snapshots.hpp"
#include "core/error.hpp"
#include "core/names.hpp"

namespace mosaico {

namespace {

std::shared_ptr<client::Session> session_of(const std::shared_ptr<client::Session>& session) {
  if (session == nullptr) throw UnavailableError("the handler is closed");
  return session;
}

std::optional<std::int64_t> start_of(const std::optional<protocol::Interval>& interval) {
  if (!interval.has_value()) return std::nullopt;
  return interval->start_ns;
}

std::optional<std::int64_t> end_of(const std::optional<protocol::Interval>& interval) {
  if (!interval.has_value()) return std::nullopt;
  return interval->end_ns;
}

protocol::TopicFilter filter_of(const core::Locator& topic, const Query& conditions,
                                const ClusterOptions& options) {
  const auto query = core::value_or_throw(query::parse_query(conditions.to_json()));
  if (!query.metadata.empty()) {
    throw InvalidError("only conditions on rows have times; for " + topic.to_string() +
                       " there is one on metadata");
  }
  return {.topic = topic,
          .clustering_dt_ns = options.clustering_dt_ns,
          .ontology = query.data,
          .window = {options.start_timestamp_ns, options.end_timestamp_ns}};
}

// The bounds of clusters are both inclusive, those of windows are not.
std::vector<TimeWindow> windows_of(const std::vector<protocol::Interval>& clusters) {
  std::vector<TimeWindow> windows;
  windows.reserve(clusters.size());
  for (const auto& [start_ns, end_ns] : clusters) {
    TimeWindow& window = windows.emplace_back();
    window.start_timestamp_ns = start_ns;
    if (end_ns < std::numeric_limits<std::int64_t>::max()) window.end_timestamp_ns = end_ns + 1;
  }
  return windows;
}

}  // namespace

TopicHandler::TopicHandler(std::shared_ptr<client::TopicSnapshot> snapshot)
    : snapshot_(std::move(snapshot)) {}

const std::string& TopicHandler::name() const { return snapshot_->name; }
const std::string& TopicHandler::sequence_name() const { return snapshot_->sequence_name; }
const nlohmann::json& TopicHandler::user_metadata() const { return snapshot_->user_metadata; }
const TopicInfo& TopicHandler::topic_info() const { return snapshot_->info; }
OntologyType TopicHandler::ontology_type() const { return snapshot_->type; }

std::optional<std::int64_t> TopicHandler::timestamp_ns_min() const {
  return start_of(snapshot_->interval);
}

std::optional<std::int64_t> TopicHandler::timestamp_ns_max() const {
  return end_of(snapshot_->interval);
}

TopicDataStreamer TopicHandler::get_data_streamer(const StreamOptions& options) const {
  if (!options.topics.empty()) {
    throw InvalidError("StreamOptions::topics is for streams of sequences, not of the topic " +
                       snapshot_->name);
  }
  const client::StreamRequest request{
      .locator = {.sequence = snapshot_->sequence_name,
                  .topic = core::topic_name_on_wire(snapshot_->name)},
      .options = options,
      .type = snapshot_->type};
  return TopicDataStreamer(
      core::value_or_throw(client::MergedStream::open(session_of(snapshot_->session), request)));
}

std::vector<TimeWindow> TopicHandler::clusterize(const Query& conditions,
                                                 const ClusterOptions& options) const {
  client::Transport& transport = session_of(snapshot_->session)->transport();
  const core::Locator topic{.sequence = snapshot_->sequence_name,
                            .topic = core::topic_name_on_wire(snapshot_->name),
                            .session = {}};
  const auto clusters =
      core::value_or_throw(transport.clusterize(filter_of(topic, conditions, options)));
  if (clusters.empty()) {
    core::throw_if_error(client::check_columns(transport, conditions.to_json()));
  }
  return windows_of(clusters);
}

void TopicHandler::close() { snapshot_->session.reset(); }

SequenceHandler::SequenceHandler(std::shared_ptr<client::SequenceSnapshot> snapshot)
    : snapshot_(std::move(snapshot)) {}

const std::string& SequenceHandler::name() const { return snapshot_->name; }
std::vector<std::string> SequenceHandler::topics() const { return snapshot_->topics; }
const nlohmann::json& SequenceHandler::user_metadata() const { return snapshot_->user_metadata; }
const SequenceInfo& SequenceHandler::sequence_info() const { return snapshot_->info; }

std::optional<std::int64_t> SequenceHandler::timestamp_ns_min() const {
  return start_of(snapshot_->interval);
}

std::optional<std::int64_t> SequenceHandler::timestamp_ns_max() const {
  return end_of(snapshot_->interval);
}

std::optional<TopicHandler> SequenceHandler::get_topic_handler(const std::string& topic) const {
  auto snapshot = core::value_or_throw(
      client::take_topic_snapshot(session_of(snapshot_->session), snapshot_->name, topic));
  if (snapshot == nullptr) return std::nullopt;
  return TopicHandler(std::move(snapshot));
}

SequenceDataStreamer SequenceHandler::get_data_streamer(const StreamOptions& options) const {
  const client::StreamRequest request{
      .locator = {.sequence = snapshot_->name},
      .options = options,
      .topics_expected = options.topics.empty() ? snapshot_->topics.size() : options.topics.size()};
  return SequenceDataStreamer(
      core::value_or_throw(client::MergedStream::open(session_of(snapshot_->session), request)));
}

std::vector<TimeWindow> SequenceHandler::intersect(const std::vector<TopicConditions>& topics,
                                                   const ClusterOptions& options) const {
  client::Transport& transport = session_of(snapshot_->session)->transport();
  protocol::TopicIntersection request;
  request.intersect_dt_ns = options.intersect_dt_ns;
  for (const TopicConditions& entry : topics) {
    const core::Locator topic{
        .sequence = snapshot_->name, .topic = core::topic_name_on_wire(entry.topic), .session = {}};
    request.topics.push_back(filter_of(topic, entry.conditions, options));
  }
  const auto clusters = core::value_or_throw(transport.intersect(request));
  if (clusters.empty()) {
    for (const TopicConditions& entry : topics) {
      core::throw_if_error(client::check_columns(transport, entry.conditions.to_json()));
    }
  }
  return windows_of(clusters);
}

void SequenceHandler::close() { snapshot_->session.reset(); }

}  // namespace mosaico
