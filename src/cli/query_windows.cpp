#include "cli/query_windows.hpp"

#include <string>
#include <utility>

namespace mosaico::cli {

namespace {

// The conditions on rows of one type: a field is TYPE.COLUMN.
std::vector<QueryCondition> conditions_on(const std::string& tag,
                                          const std::vector<QueryCondition>& rows) {
  std::vector<QueryCondition> conditions;
  for (const QueryCondition& condition : rows) {
    if (condition.field.starts_with(tag + ".")) conditions.push_back(condition);
  }
  return conditions;
}

}  // namespace

std::vector<TimeWindow> find_windows(MosaicoClient& client, const QueryResult::Item& item,
                                     const std::vector<QueryCondition>& rows,
                                     const ClusterOptions& options) {
  std::vector<SequenceHandler::TopicConditions> topics;
  for (const QueryResult::Topic& topic : item.topics) {
    auto conditions = conditions_on(topic.ontology_tag, rows);
    if (!conditions.empty()) topics.push_back({topic.name, Query(std::move(conditions))});
  }
  if (topics.empty()) return {};
  if (topics.size() == 1) {
    const auto topic = client.topic_handler(item.sequence, topics.front().topic);
    if (!topic) return {};  // Deleted meanwhile.
    return topic->clusterize(topics.front().conditions, options);
  }
  const auto sequence = client.sequence_handler(item.sequence);
  if (!sequence) return {};
  return sequence->intersect(topics, options);
}

}  // namespace mosaico::cli
