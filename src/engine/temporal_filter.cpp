#include "protocol/temporal_filter.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "engine/engine_impl.hpp"
#include "engine/search/clusters.hpp"
#include "engine/search/topic_search.hpp"

namespace mosaico::engine {
namespace {

// How many clusters a request holds, over all its topics. Thread-safe.
class ClusterCount {
 public:
  explicit ClusterCount(int64_t clusters_max) : clusters_max_(clusters_max) {}

  Status add(size_t clusters) {
    const size_t total = count_ += clusters;
    if (total <= static_cast<size_t>(clusters_max_)) return Status::OK();
    return core::error(ErrorKind::LimitExceeded, "query_clusters_max: more than ", clusters_max_,
                       " clusters; ask for fewer matches, or for a larger clustering_dt_ns");
  }
  // Some became one.
  void take_back(size_t clusters) { count_ -= clusters; }

 private:
  const int64_t clusters_max_;
  std::atomic<size_t> count_ = 0;
};

// The clusters of one topic. Its parts are searched at the same time, and what they found is put
// together afterwards.
class ClusterSearch {
 public:
  ClusterSearch(const SearchRun& run, const TopicSearch& search, int64_t gap_ns,
                ClusterCount& count)
      : run_(run), search_(search), gap_ns_(gap_ns), count_(count), found_(search.parts()) {}

  Result<Clusters> run() {
    ARROW_RETURN_NOT_OK(
        run_.in_parallel(search_.parts(), [this](size_t part) { return search_part(part); }));
    Clusters clusters;
    for (Clusters& part : found_) {
      clusters.insert(clusters.end(), part.begin(), part.end());
      part = {};
    }
    put_together(&clusters);
    return clusters;
  }

 private:
  Status search_part(size_t part) {
    Clusters& clusters = found_[part];
    ARROW_RETURN_NOT_OK(search_.search(
        run_, part, {},
        [&](const arrow::RecordBatch& batch, const query::RowMask& mask) -> Result<bool> {
          ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(batch));
          const size_t before = clusters.size();
          for (size_t i = 0; i < mask.size(); ++i) {
            if (mask[i] != 0) add_time(gap_ns_, times->Value(static_cast<int64_t>(i)), &clusters);
          }
          ARROW_RETURN_NOT_OK(count_.add(clusters.size() - before));
          return true;
        }));
    put_together(&clusters);
    return Status::OK();
  }

  void put_together(Clusters* clusters) {
    const size_t before = clusters->size();
    clusterize(gap_ns_, clusters);
    count_.take_back(before - clusters->size());
  }

  const SearchRun& run_;
  const TopicSearch& search_;
  const int64_t gap_ns_;
  ClusterCount& count_;
  std::vector<Clusters> found_;  // Of each part.
};

Status check_tag(const protocol::TopicFilter& filter, const catalog::Topic& topic) {
  for (const auto& data : filter.ontology) {
    if (data.tag == topic.ontology_tag) continue;
    return core::error(ErrorKind::Invalid, "ontology: a condition on ", core::quoted(data.tag),
                       ", but ", core::quoted(topic.ontology_tag), " is the tag of ",
                       filter.topic.to_string());
  }
  return Status::OK();
}

Result<Clusters> clusters_of(const SearchRun& run, const protocol::TopicFilter& filter,
                             ClusterCount& count) {
  EngineContext& context = run.context();
  ARROW_ASSIGN_OR_RAISE(const auto topic,
                        context.catalog->find_topic(filter.topic.sequence, filter.topic.topic));
  ARROW_RETURN_NOT_OK(check_tag(filter, topic));
  const catalog::FoundTopic found{filter.topic.sequence, topic.id, topic.name, topic.ontology_tag};
  ConditionBinder binder(filter.ontology.front().columns, /*with_times=*/true);
  ARROW_ASSIGN_OR_RAISE(const auto searches,
                        TopicSearch::plan(context, {&found, 1}, filter.window, binder));
  const auto& search = searches.front();
  if (!search.ok()) return core::with_context(search.status(), "ontology");
  return ClusterSearch(run, **search, filter.clustering_dt_ns, count).run();
}

}  // namespace

Result<std::vector<protocol::Interval>> EngineImpl::clusterize(const protocol::TopicFilter& filter,
                                                               const std::stop_token& left) {
  ARROW_RETURN_NOT_OK(check_open(false));
  ARROW_RETURN_NOT_OK(filter.validate());
  ClusterCount count(context_->options.query_clusters_max);
  return clusters_of(SearchRun(*context_, left), filter, count);
}

Result<std::vector<protocol::Interval>> EngineImpl::intersect(
    const protocol::TopicIntersection& request, const std::stop_token& left) {
  ARROW_RETURN_NOT_OK(check_open(false));
  ARROW_RETURN_NOT_OK(request.validate());
  const SearchRun run(*context_, left);
  std::vector<nlohmann::json> entries;
  std::vector<Clusters> topics;
  ClusterCount count(context_->options.query_clusters_max);
  for (const protocol::TopicFilter& filter : request.topics) {
    // Published clients may name a topic twice.
    auto entry = filter.to_json();
    if (std::find(entries.begin(), entries.end(), entry) != entries.end()) continue;
    entries.push_back(std::move(entry));
    ARROW_ASSIGN_OR_RAISE(auto clusters, clusters_of(run, filter, count));
    if (clusters.empty()) return Clusters{};
    topics.push_back(std::move(clusters));
  }
  return engine::intersect(topics, request.intersect_dt_ns);
}

}  // namespace mosaico::engine
