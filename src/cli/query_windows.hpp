#pragma once

#include <vector>

#include "mosaico/client.hpp"

namespace mosaico::cli {

// When the conditions on rows hold in a sequence that a query found: the windows of its topic with
// such rows, or those that several share.
std::vector<TimeWindow> find_windows(MosaicoClient& client, const QueryResult::Item& item,
                                     const std::vector<QueryCondition>& rows,
                                     const ClusterOptions& options);

}  // namespace mosaico::cli
