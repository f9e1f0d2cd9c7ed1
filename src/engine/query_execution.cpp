#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "engine/engine_impl.hpp"
#include "engine/search/topic_match.hpp"

namespace mosaico::engine {
namespace {

using Topics = std::vector<catalog::FoundTopic>;

bool has_tag(const catalog::FoundTopic& topic, const query::DataConditions& data) {
  return topic.ontology_tag == data.tag;
}

// The metadata conditions, and that topics have one of the tags that data conditions ask.
query::MetadataFilter with_tags(const query::Query& query) {
  query::MetadataFilter filter = query.metadata;
  if (query.data.empty()) return filter;
  auto tags = nlohmann::json::array();
  for (const auto& data : query.data) tags.push_back(data.tag);
  filter.topic.fields.push_back({"ontology_tag", query::Operator::In, std::move(tags)});
  return filter;
}

// Keeps the sequences that have a topic of every tag: no other can be found. Topics are ordered by
// their sequence.
void keep_complete(const query::Query& query, Topics* topics) {
  for (const auto& data : query.data) {
    auto kept = topics->begin();
    for (auto first = topics->begin(); first != topics->end();) {
      const auto end = std::find_if(first, topics->end(), [first](const auto& topic) {
        return topic.sequence != first->sequence;
      });
      const bool is_complete =
          std::any_of(first, end, [&data](const auto& topic) { return has_tag(topic, data); });
      if (is_complete) kept = kept == first ? end : std::move(first, end, kept);
      first = end;
    }
    topics->erase(kept, topics->end());
  }
}

// Keeps, of the topics with the tag, those that have a matching row.
Status keep_matching(const SearchRun& run, const query::DataConditions& data, Topics* topics) {
  Topics asked;
  std::copy_if(topics->begin(), topics->end(), std::back_inserter(asked),
               [&data](const auto& topic) { return has_tag(topic, data); });
  const auto found = match_topics(run, asked, data.columns);
  if (!found.ok()) {
    return core::with_context(found.status(), "ontology, tag " + core::quoted(data.tag));
  }
  size_t next = 0;
  std::erase_if(*topics,
                [&](const auto& topic) { return has_tag(topic, data) && !(*found)[next++]; });
  return Status::OK();
}

}  // namespace

Result<protocol::QueryAnswer> EngineImpl::query(const query::Query& query,
                                                const std::stop_token& left) {
  ARROW_RETURN_NOT_OK(check_open(false));
  protocol::QueryAnswer answer;
  if (query.empty()) return answer;
  ARROW_RETURN_NOT_OK(query::validate_query(query));
  const SearchRun run(*context_, left);
  ARROW_ASSIGN_OR_RAISE(auto topics, context_->catalog->find_topics(with_tags(query)));
  keep_complete(query, &topics);
  for (const query::DataConditions& data : query.data) {
    ARROW_RETURN_NOT_OK(keep_matching(run, data, &topics));
    keep_complete(query, &topics);
  }
  for (auto& topic : topics) {
    if (answer.items.empty() || answer.items.back().sequence != topic.sequence) {
      answer.items.push_back({topic.sequence, {}});
    }
    answer.items.back().topics.push_back(
        {{.sequence = std::move(topic.sequence), .topic = std::move(topic.name), .session = {}},
         std::move(topic.ontology_tag)});
  }
  return answer;
}

}  // namespace mosaico::engine
