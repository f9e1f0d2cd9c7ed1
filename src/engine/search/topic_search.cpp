#include "engine/search/topic_search.hpp"

#include <arrow/api.h>

#include <cstring>
#include <limits>
#include <utility>

namespace mosaico::engine {
namespace {

Status gone(const catalog::FoundTopic& topic) {
  return core::error(ErrorKind::NotFound, "the topic was deleted while it was searched: ",
                     core::Locator{topic.sequence, topic.name, {}}.to_string());
}

}  // namespace

// Takes what the catalog shows of the topics.
class TopicSearch::Planner : public catalog::TopicVisitor {
 public:
  Planner(EngineContext& context, std::span<const catalog::FoundTopic> topics,
          const protocol::Window& window, ConditionBinder& binder)
      : context_(context),
        topics_(topics),
        window_(window),
        binder_(binder),
        place_(context.places.take()) {}

  Result<Plans> run() {
    ARROW_ASSIGN_OR_RAISE(span_, time_span_of(window_));
    std::vector<catalog::TopicId> ids;
    // The catalog must be asked after the snapshots were taken.
    for (const catalog::FoundTopic& topic : topics_) {
      ids.push_back(topic.id);
      snapshots_.push_back(snapshot_of(context_, topic.id));
    }
    ARROW_RETURN_NOT_OK(context_.catalog->visit_topics(ids, chunk_filter(), *this));
    while (plans_.size() < topics_.size()) plans_.emplace_back(gone(topics_[plans_.size()]));
    return std::move(plans_);
  }

  Status visit_schema(const std::string& schema) override {
    conditions_ = binder_.bind(schema);
    return Status::OK();
  }

  Status visit_topic(catalog::TopicId topic, int64_t rows) override {
    while (topics_[plans_.size()].id != topic) {
      plans_.emplace_back(gone(topics_[plans_.size()]));
    }
    const size_t place = plans_.size();
    if (!conditions_.ok()) {
      plans_.emplace_back(conditions_.status());
      return Status::OK();
    }
    auto search = std::unique_ptr<TopicSearch>(
        new TopicSearch(topics_[place], span_, window_.bounded(), *conditions_));
    search->place_ = place_;
    if (has_rows(*search)) search->tail_ = tail_from(snapshots_[place].batches, rows);
    plans_.emplace_back(std::move(search));
    return Status::OK();
  }

  Status visit_chunk(catalog::Chunk chunk) override {
    if (!plans_.back().ok()) return Status::OK();
    TopicSearch& search = **plans_.back();
    const bool is_possible = has_rows(search) &&
                             span_->overlaps(chunk.timestamp_ns_min, chunk.timestamp_ns_max) &&
                             search.conditions_->may_hold(chunk);
    if (!is_possible) return Status::OK();
    chunk.columns = {};
    search.chunks_.push_back(std::move(chunk));
    return Status::OK();
  }

 private:
  catalog::ChunkFilter chunk_filter() const {
    catalog::ChunkFilter filter;
    if (span_) {
      filter.start_ns = span_->first;
      filter.end_ns = window_.end_ns.value_or(std::numeric_limits<int64_t>::max());
    } else {
      filter.end_ns = filter.start_ns;
    }
    for (const auto& condition : binder_.conditions()) filter.columns.push_back(condition.field);
    return filter;
  }

  bool has_rows(const TopicSearch& search) const { return span_ && !search.none_fulfils(); }

  EngineContext& context_;
  const std::span<const catalog::FoundTopic> topics_;
  const protocol::Window& window_;
  ConditionBinder& binder_;
  const ReadingPlaces::Place place_;  // Taken before the catalog is asked.
  std::optional<TimeSpan> span_;
  std::vector<LiveTopic::Snapshot> snapshots_;
  ConditionBinder::Bound conditions_ = nullptr;  // For the topics visited now.
  Plans plans_;                                  // Of the topics up to the one visited last.
};

Result<TopicSearch::Plans> TopicSearch::plan(EngineContext& context,
                                             std::span<const catalog::FoundTopic> topics,
                                             const protocol::Window& window,
                                             ConditionBinder& binder) {
  return Planner(context, topics, window, binder).run();
}

Status TopicSearch::search(const SearchRun& run, size_t part, const std::stop_token& stop,
                           const Visit& visit) const {
  if (!tail_.empty() && part == 0) return search_tail(run, visit);
  const catalog::Chunk& chunk = chunks_[part - (tail_.empty() ? 0 : 1)];
  return explained(run.context(), search_chunk(run, chunk, stop, visit));
}

Status TopicSearch::search_tail(const SearchRun& run, const Visit& visit) const {
  for (const TailBatch& tail : tail_) {
    ARROW_RETURN_NOT_OK(run.check());
    if (!span_->overlaps(tail.timestamp_ns_min, tail.timestamp_ns_max)) continue;
    ARROW_ASSIGN_OR_RAISE(const bool more, search_batch(conditions_->test(), *tail.batch, visit));
    if (!more) break;
  }
  return Status::OK();
}

Status TopicSearch::search_chunk(const SearchRun& run, const catalog::Chunk& chunk,
                                 const std::stop_token& stop, const Visit& visit) const {
  EngineContext& context = run.context();
  ARROW_ASSIGN_OR_RAISE(
      const auto reader,
      ChunkReader::open(*context.store, context.reading.footers, chunk, conditions_->projection()));
  for (const auto& group : reader->row_groups()) {
    if (stop.stop_requested()) return Status::OK();
    ARROW_RETURN_NOT_OK(run.check());
    if (!span_->overlaps(group.timestamp_ns_min, group.timestamp_ns_max)) continue;
    ARROW_ASSIGN_OR_RAISE(const bool possible, conditions_->may_hold(*reader, group));
    if (!possible) continue;
    ARROW_ASSIGN_OR_RAISE(const auto decoding, reader->decoding(group));
    const auto memory = context.query_memory.reserve(decoding.bytes() + group.rows, run.stop());
    if (!memory.ok()) return run.check();
    ARROW_RETURN_NOT_OK(reader->start(group, group.rows));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, reader->next());
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(const bool more,
                            search_batch(conditions_->projected_test(), *batch, visit));
      if (!more) return Status::OK();
    }
  }
  return Status::OK();
}

Result<bool> TopicSearch::search_batch(const query::RowTest& test, const arrow::RecordBatch& batch,
                                       const Visit& visit) const {
  query::RowMask mask = test.test(batch);
  if (is_windowed_) {
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(batch));
    for (size_t i = 0; i < mask.size(); ++i) {
      if (!span_->contains(times->Value(static_cast<int64_t>(i)))) mask[i] = 0;
    }
  }
  if (mask.empty() || std::memchr(mask.data(), 1, mask.size()) == nullptr) return true;
  return visit(batch, mask);
}

Status TopicSearch::explained(EngineContext& context, const Status& status) const {
  if (!core::is_kind(status, ErrorKind::NotFound)) return status;
  const auto topic = context.catalog->find_topic(topic_.sequence, topic_.name);
  if (topic.ok() && topic->id == topic_.id) {
    if (context.options.read_only) {
      return core::error(ErrorKind::Unavailable, "its chunks were put together while it was ",
                         "searched, search it again: ", topic_.sequence, "/", topic_.name);
    }
    return core::error(ErrorKind::Corrupt, "stored rows are missing: ", status.message());
  }
  if (!topic.ok()) return topic.status();
  return gone(topic_);
}

}  // namespace mosaico::engine
