#pragma once

#include <cstdint>
#include <vector>

#include "protocol/discovery.hpp"

namespace mosaico::engine {

// Spans of time, both ends inclusive, in ascending order and with gaps between them.
using Clusters = std::vector<protocol::Interval>;

// Puts together what lies at most `gap_ns` apart; with 0 everything. Any order in, also
// overlapping. Clustering parts of some times, then all those clusters, is the same as clustering
// the times.
void clusterize(int64_t gap_ns, Clusters* spans);

// Puts a time that does not lie before the last cluster into it, or begins another one. Times that
// do lie before need clusterize() afterwards.
void add_time(int64_t gap_ns, int64_t time, Clusters* clusters);

// The windows in which every list of clusters has one, or almost: see docs/protocol.md section 5.6
// (algorithm of topic_filter_intersect).
Clusters intersect(const std::vector<Clusters>& topics, int64_t gap_ns);

}  // namespace mosaico::engine
