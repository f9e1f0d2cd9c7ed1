#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/read/scan_plan.hpp"
#include "engine/search/bound_conditions.hpp"
#include "engine/search/search_run.hpp"

namespace mosaico::engine {

// The search for the rows of one topic that fulfil conditions. What statistics rule out is left out
// of it. Its parts, chunks and the tail, can be searched in any order, and by many threads.
class TopicSearch {
 public:
  using Plans = std::vector<Result<std::unique_ptr<TopicSearch>>>;

  // One for each of `topics`, all planned with one look at the catalog; rows outside of `window` do
  // not count, and a binder with times is needed where it is bounded. NotFound for a topic that is
  // gone, Invalid for one whose columns the conditions do not fit, see RowTest::bind(). An error of
  // the whole when the window is Invalid, or the catalog failed.
  static Result<Plans> plan(EngineContext& context, std::span<const catalog::FoundTopic> topics,
                            const protocol::Window& window, ConditionBinder& binder);

  // Where the schema alone answers: every row fulfils the conditions, or none can.
  bool all_fulfil() const { return conditions_->all_fulfil(); }
  bool none_fulfils() const { return conditions_->none_fulfils(); }

  // The number of its parts; the tail comes first, since it lies in memory. 0 when none_fulfils().
  size_t parts() const { return (tail_.empty() ? 0 : 1) + chunks_.size(); }

  // Rows that fulfil the conditions: some entry of the mask is 1. `batch` holds timestamp_ns when
  // the request wants times. False ends the search of the part.
  using Visit =
      std::function<Result<bool>(const arrow::RecordBatch& batch, const query::RowMask& mask)>;

  // Visits the rows of a part in the order in which they are stored, decoding only the columns
  // asked for, within the query memory; ends when `stop` is requested. Errors: NotFound (the topic
  // was deleted), Io, Corrupt, and those of SearchRun::check() and of `visit`.
  Status search(const SearchRun& run, size_t part, const std::stop_token& stop,
                const Visit& visit) const;

 private:
  class Planner;

  TopicSearch(catalog::FoundTopic topic, std::optional<TimeSpan> span, bool is_windowed,
              std::shared_ptr<const BoundConditions> conditions)
      : topic_(std::move(topic)),
        span_(span),
        is_windowed_(is_windowed),
        conditions_(std::move(conditions)) {}

  Status search_tail(const SearchRun& run, const Visit& visit) const;
  Status search_chunk(const SearchRun& run, const catalog::Chunk& chunk,
                      const std::stop_token& stop, const Visit& visit) const;
  // Searches a batch with `test`, which is bound to its schema; what `visit` says, or true.
  Result<bool> search_batch(const query::RowTest& test, const arrow::RecordBatch& batch,
                            const Visit& visit) const;
  Status explained(EngineContext& context, const Status& status) const;

  // Constant once planned.
  const catalog::FoundTopic topic_;
  const std::optional<TimeSpan> span_;
  const bool is_windowed_;
  const std::shared_ptr<const BoundConditions> conditions_;
  std::vector<catalog::Chunk> chunks_;  // Without statistics.
  std::vector<TailBatch> tail_;
  ReadingPlaces::Place place_;
};

}  // namespace mosaico::engine
