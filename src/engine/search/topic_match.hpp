#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/search/search_run.hpp"

namespace mosaico::engine {

// For each of `topics` whether it has a row that fulfils
// all `conditions`. Several chunks are searched at a time, those of a topic until one row is found.
// A topic that is deleted meanwhile has none, and neither has one whose columns the conditions do
// not fit: that is Invalid only where they fit no topic whose rows could answer. Other errors as
// TopicSearch has them.
Result<std::vector<bool>> match_topics(const SearchRun& run,
                                       const std::vector<catalog::FoundTopic>& topics,
                                       const std::vector<query::Condition>& conditions);

}  // namespace mosaico::engine
