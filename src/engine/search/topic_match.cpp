#include "engine/search/topic_match.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <stop_token>

#include "core/parallel.hpp"
#include "engine/search/topic_search.hpp"

namespace mosaico::engine {
namespace {

using NamedTopic = std::pair<std::string, catalog::Topic>;

// So many topics are planned before the first of them is searched.
constexpr size_t kTopicsAtOnce = 64;

// Some topics, planned together and then searched together.
class Round {
 public:
  Round(EngineContext& context, std::span<const NamedTopic> topics,
        const std::vector<query::Condition>& conditions)
      : context_(context),
        topics_(topics),
        conditions_(conditions),
        searches_(topics.size()),
        found_(topics.size()) {}

  Result<std::vector<bool>> run() {
    ARROW_RETURN_NOT_OK(in_parallel(topics_.size(), [this](size_t topic) { return plan(topic); }));
    std::vector<std::pair<size_t, size_t>> parts;
    for (size_t topic = 0; topic < searches_.size(); ++topic) {
      if (searches_[topic] == nullptr || searches_[topic]->none_fulfils()) continue;
      if (searches_[topic]->all_fulfil()) {
        found_[topic].request_stop();
        continue;
      }
      for (size_t part = 0; part < searches_[topic]->parts(); ++part) {
        parts.emplace_back(topic, part);
      }
    }
    ARROW_RETURN_NOT_OK(in_parallel(parts.size(), [this, &parts](size_t i) {
      return search(parts[i].first, parts[i].second);
    }));
    std::vector<bool> found;
    for (const std::stop_source& topic : found_) found.push_back(topic.stop_requested());
    return found;
  }

 private:
  Status in_parallel(size_t items, const std::function<Status(size_t)>& run) {
    return core::run_in_parallel(context_.searchers,
                                 static_cast<size_t>(context_.options.query_threads), items, run);
  }

  Status plan(size_t i) {
    ARROW_RETURN_NOT_OK(check_running(context_));
    TopicSearch::Request request;
    request.sequence = topics_[i].first;
    request.topic = topics_[i].second;
    auto search = TopicSearch::plan(context_, std::move(request), conditions_);
    if (core::is_kind(search.status(), ErrorKind::NotFound)) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(searches_[i], std::move(search));
    return Status::OK();
  }

  Status search(size_t topic, size_t part) {
    std::stop_source& found = found_[topic];
    if (found.stop_requested()) return Status::OK();
    const Status searched = searches_[topic]->search(
        context_, part, found.get_token(),
        [&found](const arrow::RecordBatch&, const query::RowMask&) -> Result<bool> {
          found.request_stop();
          return false;
        });
    return core::is_kind(searched, ErrorKind::NotFound) ? Status::OK() : searched;
  }

  EngineContext& context_;
  const std::span<const NamedTopic> topics_;
  const std::vector<query::Condition>& conditions_;
  std::vector<std::unique_ptr<TopicSearch>> searches_;  // Null where the topic is gone.
  std::vector<std::stop_source> found_;                 // Requested once a row was found.
};

}  // namespace

Result<std::vector<bool>> match_topics(EngineContext& context,
                                       const std::vector<NamedTopic>& topics,
                                       const std::vector<query::Condition>& conditions) {
  std::vector<bool> found;
  for (size_t first = 0; first < topics.size(); first += kTopicsAtOnce) {
    const size_t count = std::min(kTopicsAtOnce, topics.size() - first);
    ARROW_ASSIGN_OR_RAISE(
        const auto round,
        Round(context, std::span(topics).subspan(first, count), conditions).run());
    found.insert(found.end(), round.begin(), round.end());
  }
  return found;
}

}  // namespace mosaico::engine
