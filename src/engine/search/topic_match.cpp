#include "engine/search/topic_match.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <stop_token>

#include "engine/search/topic_search.hpp"

namespace mosaico::engine {
namespace {

// So many topics are planned before the first of them is searched, in parts of so many.
constexpr size_t kTopicsAtOnce = 1024;
constexpr size_t kTopicsPlannedAtOnce = 128;

// Some topics, planned together and then searched together.
class Round {
 public:
  Round(const SearchRun& run, std::span<const catalog::FoundTopic> topics, ConditionBinder& binder)
      : run_(run),
        topics_(topics),
        binder_(binder),
        searches_(topics.size()),
        unfitting_(topics.size()),
        found_(topics.size(), std::stop_source(std::nostopstate)) {}

  Result<std::vector<bool>> run() {
    const size_t plans = (topics_.size() + kTopicsPlannedAtOnce - 1) / kTopicsPlannedAtOnce;
    ARROW_RETURN_NOT_OK(
        run_.in_parallel(plans, [this](size_t i) { return plan(i * kTopicsPlannedAtOnce); }));
    std::vector<std::pair<size_t, size_t>> parts;
    for (size_t topic = 0; topic < searches_.size(); ++topic) {
      if (searches_[topic] == nullptr || searches_[topic]->none_fulfils()) continue;
      if (!searches_[topic]->all_fulfil() && searches_[topic]->parts() == 0) continue;
      found_[topic] = std::stop_source();
      if (searches_[topic]->all_fulfil()) {
        found_[topic].request_stop();
        continue;
      }
      for (size_t part = 0; part < searches_[topic]->parts(); ++part) {
        parts.emplace_back(topic, part);
      }
    }
    ARROW_RETURN_NOT_OK(run_.in_parallel(parts.size(), [this, &parts](size_t i) {
      return search(parts[i].first, parts[i].second);
    }));
    std::vector<bool> found;
    for (const std::stop_source& topic : found_) found.push_back(topic.stop_requested());
    return found;
  }

  // After run(): whether the conditions fit a topic, by its columns alone.
  bool fits_some() const {
    return std::any_of(searches_.begin(), searches_.end(), [](const auto& search) {
      return search != nullptr && !search->none_fulfils();
    });
  }
  // After run(): why they do not fit the first topic of which that is so; OK where there is none.
  Status first_misfit() const {
    const auto first = std::find_if(unfitting_.begin(), unfitting_.end(),
                                    [](const Status& status) { return !status.ok(); });
    return first == unfitting_.end() ? Status::OK() : *first;
  }

 private:
  // Those from number `first` on.
  Status plan(size_t first) {
    ARROW_RETURN_NOT_OK(run_.check());
    const size_t count = std::min(kTopicsPlannedAtOnce, topics_.size() - first);
    ARROW_ASSIGN_OR_RAISE(
        auto plans, TopicSearch::plan(run_.context(), topics_.subspan(first, count), {}, binder_));
    for (size_t i = 0; i < count; ++i) {
      if (core::is_kind(plans[i].status(), ErrorKind::NotFound)) continue;
      if (core::is_kind(plans[i].status(), ErrorKind::Invalid)) {
        unfitting_[first + i] = plans[i].status();
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(searches_[first + i], std::move(plans[i]));
    }
    return Status::OK();
  }

  Status search(size_t topic, size_t part) {
    std::stop_source& found = found_[topic];
    if (found.stop_requested()) return Status::OK();
    const Status searched = searches_[topic]->search(
        run_, part, found.get_token(),
        [&found](const arrow::RecordBatch&, const query::RowMask&) -> Result<bool> {
          found.request_stop();
          return false;
        });
    return core::is_kind(searched, ErrorKind::NotFound) ? Status::OK() : searched;
  }

  const SearchRun& run_;
  const std::span<const catalog::FoundTopic> topics_;
  ConditionBinder& binder_;
  std::vector<std::unique_ptr<TopicSearch>>
      searches_;                   // Null where the topic is gone or unfitting.
  std::vector<Status> unfitting_;  // Not OK where conditions do not fit.
  // Requested once a row was found; without a state where none can be.
  std::vector<std::stop_source> found_;
};

}  // namespace

Result<std::vector<bool>> match_topics(const SearchRun& run,
                                       const std::vector<catalog::FoundTopic>& topics,
                                       const std::vector<query::Condition>& conditions) {
  ConditionBinder binder(conditions, /*with_times=*/false);
  std::vector<bool> found;
  bool fits_some = false;
  Status misfit;
  for (size_t first = 0; first < topics.size(); first += kTopicsAtOnce) {
    const size_t count = std::min(kTopicsAtOnce, topics.size() - first);
    Round round(run, std::span(topics).subspan(first, count), binder);
    ARROW_ASSIGN_OR_RAISE(const auto found_now, round.run());
    found.insert(found.end(), found_now.begin(), found_now.end());
    fits_some = fits_some || round.fits_some();
    if (misfit.ok()) misfit = round.first_misfit();
  }
  // One recording with an odd column must not make a question unanswerable for all the others.
  if (!fits_some) ARROW_RETURN_NOT_OK(misfit);
  return found;
}

}  // namespace mosaico::engine
