#include "protocol/temporal_filter.hpp"

#include "core/json.hpp"
#include "protocol/members.hpp"

namespace mosaico::protocol {

using core::error;

namespace {

Status check_gap(int64_t gap_ns, std::string_view key) {
  if (gap_ns >= 0) return Status::OK();
  return error(ErrorKind::Invalid, "key ", core::quoted(key), " must not be negative: ", gap_ns);
}

query::Query rows_query(const std::vector<query::DataConditions>& ontology) {
  query::Query query;
  query.data = ontology;
  return query;
}

json window_json(const Window& window) {
  json range = json::object();
  if (window.start_ns) range["start_ns"] = *window.start_ns;
  if (window.end_ns) range["end_ns"] = *window.end_ns;
  return range;
}

Result<Window> window_member(const json& body) {
  Window window;
  ARROW_ASSIGN_OR_RAISE(const json* range, core::optional_object_member(body, "timestamp_range"));
  if (range == nullptr) return window;
  ARROW_ASSIGN_OR_RAISE(window.start_ns, core::optional_int_member(*range, "start_ns"));
  ARROW_ASSIGN_OR_RAISE(window.end_ns, core::optional_int_member(*range, "end_ns"));
  return window;
}

}  // namespace

json TopicFilter::to_json() const {
  json body = {
      {"locator", topic.to_string()},
      {"clustering_dt_ns", clustering_dt_ns},
      {"ontology", query::to_json(rows_query(ontology)).value("ontology", json::object())}};
  if (window.bounded()) body["timestamp_range"] = window_json(window);
  return body;
}

Result<TopicFilter> TopicFilter::from_json(const json& body) {
  TopicFilter filter;
  ARROW_ASSIGN_OR_RAISE(filter.topic, locator_member(body, "locator", core::parse_topic_locator));
  ARROW_ASSIGN_OR_RAISE(const auto gap_ns, core::optional_int_member(body, "clustering_dt_ns"));
  filter.clustering_dt_ns = gap_ns.value_or(0);
  ARROW_ASSIGN_OR_RAISE(const json* ontology, core::object_member(body, "ontology"));
  ARROW_ASSIGN_OR_RAISE(filter.ontology, query::parse_data_conditions(*ontology));
  ARROW_ASSIGN_OR_RAISE(filter.window, window_member(body));
  ARROW_RETURN_NOT_OK(filter.validate());
  return filter;
}

Status TopicFilter::validate() const {
  ARROW_RETURN_NOT_OK(check_gap(clustering_dt_ns, "clustering_dt_ns"));
  if (ontology.empty()) {
    return error(ErrorKind::Invalid, "key \"ontology\" has no condition on the rows of ",
                 topic.to_string());
  }
  ARROW_RETURN_NOT_OK(query::validate_query(rows_query(ontology)));
  if (window.start_ns && window.end_ns && *window.start_ns >= *window.end_ns) {
    return error(ErrorKind::Invalid, "key \"timestamp_range\": the start ", *window.start_ns,
                 " does not lie before the end ", *window.end_ns);
  }
  return Status::OK();
}

json TopicIntersection::to_json() const {
  json entries = json::array();
  for (const TopicFilter& topic : topics) entries.push_back(topic.to_json());
  return {{"topics", std::move(entries)}, {"intersect_dt_ns", intersect_dt_ns}};
}

Result<TopicIntersection> TopicIntersection::from_json(const json& body) {
  TopicIntersection request;
  ARROW_RETURN_NOT_OK(read_list(body, "topics", TopicFilter::from_json, &request.topics));
  ARROW_ASSIGN_OR_RAISE(const auto gap_ns, core::optional_int_member(body, "intersect_dt_ns"));
  request.intersect_dt_ns = gap_ns.value_or(0);
  ARROW_RETURN_NOT_OK(request.validate());
  return request;
}

Status TopicIntersection::validate() const {
  ARROW_RETURN_NOT_OK(check_gap(intersect_dt_ns, "intersect_dt_ns"));
  if (topics.size() < 2) {
    return error(ErrorKind::Invalid, "key \"topics\" needs at least two entries");
  }
  for (const TopicFilter& filter : topics) {
    ARROW_RETURN_NOT_OK(filter.validate());
    if (filter.topic.sequence == topics.front().topic.sequence) continue;
    return error(ErrorKind::Invalid, "key \"topics\": ", filter.topic.to_string(), " and ",
                 topics.front().topic.to_string(), " are not of one sequence");
  }
  return Status::OK();
}

json TimeCluster::to_json() const {
  return {{"ts", {{"start_ns", interval.start_ns}, {"end_ns", interval.end_ns}}}, {"id", id}};
}

Result<TimeCluster> TimeCluster::from_json(const json& body) {
  TimeCluster cluster;
  ARROW_ASSIGN_OR_RAISE(const json* ts, core::object_member(body, "ts"));
  ARROW_ASSIGN_OR_RAISE(cluster.interval.start_ns, core::int_member(*ts, "start_ns"));
  ARROW_ASSIGN_OR_RAISE(cluster.interval.end_ns, core::int_member(*ts, "end_ns"));
  ARROW_ASSIGN_OR_RAISE(cluster.id, core::int_member(body, "id"));
  return cluster;
}

}  // namespace mosaico::protocol
