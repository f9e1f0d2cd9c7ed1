#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.hpp"
#include "protocol/discovery.hpp"
#include "query/filter.hpp"

// The bodies of the topic_filter_* actions (docs/protocol.md, section 5.6).
namespace mosaico::protocol {

// When does this topic match? The whole request of topic_filter_clusterize, and an entry of
// topic_filter_intersect.
struct TopicFilter {
  Locator topic = {};
  int64_t clustering_dt_ns = 0;  // Not negative. 0: all matches are one cluster.
  std::vector<query::DataConditions> ontology = {};
  Window window = {};

  json to_json() const;
  static Result<TopicFilter> from_json(const json& body);
  Status validate() const;  // Also part of from_json().
};

// When do all of these match together?
struct TopicIntersection {
  std::vector<TopicFilter> topics = {};  // At least two entries, all of one sequence.
  int64_t intersect_dt_ns = 0;           // Not negative.

  json to_json() const;
  static Result<TopicIntersection> from_json(const json& body);
  Status validate() const;  // Also part of from_json().
};

// One answer of many.
struct TimeCluster {
  Interval interval = {};
  int64_t id = 0;

  json to_json() const;
  static Result<TimeCluster> from_json(const json& body);
};

}  // namespace mosaico::protocol
