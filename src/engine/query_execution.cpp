#include <utility>

#include "engine/engine_impl.hpp"

namespace mosaico::engine {

Result<protocol::QueryAnswer> EngineImpl::query(const query::Query& query) {
  ARROW_RETURN_NOT_OK(check_open(false));
  protocol::QueryAnswer answer;
  if (query.empty()) return answer;
  ARROW_ASSIGN_OR_RAISE(const auto topics, context_->catalog->find_topics(query.metadata));
  if (topics.empty()) return answer;
  if (!query.data.empty()) {
    return core::error(ErrorKind::Unsupported,
                       "conditions on the data of topics are not evaluated yet: ontology.",
                       query.data.front().tag);
  }
  for (const auto& [sequence, topic] : topics) {
    if (answer.items.empty() || answer.items.back().sequence != sequence) {
      answer.items.push_back({sequence, {}});
    }
    answer.items.back().topics.push_back(
        {{.sequence = sequence, .topic = topic.name, .session = {}}, topic.ontology_tag});
  }
  return answer;
}

}  // namespace mosaico::engine
