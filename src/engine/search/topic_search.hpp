#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/read/chunk_reader.hpp"
#include "engine/read/projection.hpp"
#include "engine/read/scan_plan.hpp"
#include "engine/search/search_run.hpp"
#include "query/row_test.hpp"

namespace mosaico::engine {

// The search for the rows of one topic that fulfil conditions. What statistics rule out is left out
// of it. Its parts, chunks and the tail, can be searched in any order, and by many threads.
class TopicSearch {
 public:
  struct Request {
    std::string sequence;
    catalog::Topic topic;  // As read from the catalog at any time before; its schema may be empty.
    protocol::Window window;   // Rows outside do not count.
    bool wants_times = false;  // Also read timestamp_ns, where conditions do not ask for it.
  };

  // Plans the search. NotFound when the topic is gone; Invalid for conditions that do not fit the
  // columns of the topic, see RowTest::bind().
  static Result<std::unique_ptr<TopicSearch>> plan(EngineContext& context, Request request,
                                                   const std::vector<query::Condition>& conditions);

  // Where the schema alone answers: every row fulfils the conditions, or none can.
  bool all_fulfil() const { return !test_.never() && test_.columns().empty(); }
  bool none_fulfils() const { return test_.never(); }

  const std::string& sequence() const { return request_.sequence; }
  const catalog::Topic& topic() const { return request_.topic; }

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
  class PossibleChunks;

  explicit TopicSearch(Request request) : request_(std::move(request)) {}

  core::Locator locator() const;
  Result<ScanPlan> plan_rows(EngineContext& context, ChunkTest* test) const;
  Status project_columns(const arrow::Schema& schema,
                         const std::vector<query::Condition>& conditions);
  bool may_hold(const catalog::Chunk& chunk) const;
  Result<bool> may_hold(const ChunkReader& reader, const ChunkReader::RowGroup& group) const;
  Status search_tail(const SearchRun& run, const Visit& visit) const;
  Status search_chunk(const SearchRun& run, const catalog::Chunk& chunk,
                      const std::stop_token& stop, const Visit& visit) const;
  // Searches a batch with `test`, which is bound to its schema; what `visit` says, or true.
  Result<bool> search_batch(const query::RowTest& test, const arrow::RecordBatch& batch,
                            const Visit& visit) const;
  Status explained(EngineContext& context, const Status& status) const;

  Request request_;
  query::RowTest test_;  // Bound to the whole schema, for the tail.
  std::optional<TimeSpan> span_;
  bool names_have_dots_ = false;  // Then the paths of statistics are ambiguous.
  Projection projection_;
  query::RowTest projected_test_;
  std::vector<size_t> leaves_;  // Of the columns of projected_test_, among those of projection_.
  std::vector<catalog::Chunk> chunks_;
  std::vector<TailBatch> tail_;
};

}  // namespace mosaico::engine
