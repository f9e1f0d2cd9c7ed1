#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "engine/engine_impl.hpp"
#include "engine/live_topics.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::engine {

// A window with both ends inclusive, so that the last int64 needs no special case.
struct TimeSpan {
  int64_t first = 0;
  int64_t last = 0;

  bool contains(int64_t time) const { return first <= time && time <= last; }
  bool overlaps(int64_t min, int64_t max) const { return min <= last && max >= first; }
  bool covers(int64_t min, int64_t max) const { return first <= min && max <= last; }
};

// Invalid when start >= end. Empty when no time can lie in the window.
Result<std::optional<TimeSpan>> time_span_of(const protocol::Window& window);

// The rows of one topic that a reader gets: what is durable at one moment, each row once.
struct ScanPlan {
  catalog::Topic topic;
  std::shared_ptr<arrow::Schema> schema;  // Without schema metadata.
  std::optional<TimeSpan> span;           // Empty: no row.
  std::vector<catalog::Chunk> chunks;     // Those that overlap the span, in push order.
  std::vector<TailBatch> tail;            // Rows in no chunk of the plan, in push order, all times.
  int64_t first_row = 0;                  // The plan is about rows [first_row, end_row) of the
  int64_t end_row = 0;                    // topic; its first chunk may begin before first_row.
  ReadingPlaces::Place place;             // Keeps the files of its chunks while somebody has it.
};

// The rows of a snapshot from number `row` on. Batches may begin before it when a chunk ends within
// one.
std::vector<TailBatch> tail_from(const std::vector<TailBatch>& batches, int64_t row);

// The rows from number `first_row` on. `snapshot` must be older than this call; empty where no
// live topic was found. NotFound when the topic is gone or is another one of that name.
Result<ScanPlan> plan_scan(EngineContext& context, const protocol::Ticket& ticket,
                           const LiveTopic::Snapshot& snapshot, int64_t first_row);

// The plan for `topic`, just read from the catalog. `snapshot` must be older than that.
Result<ScanPlan> plan_topic(EngineContext& context, const catalog::Topic& topic,
                            const protocol::Window& window, const LiveTopic::Snapshot& snapshot,
                            int64_t first_row);

// The rows [first, second) of ascending times that lie in the span.
std::pair<int64_t, int64_t> rows_within(const arrow::Int64Array& times, const TimeSpan& span);

// What is live of a topic at this moment.
LiveTopic::Snapshot snapshot_of(const EngineContext& context, catalog::TopicId topic);

// False: its window holds no row for certain. Reads no file.
bool may_hold_rows(const ScanPlan& plan);

// Rows and bounds of the plan's window, exact: from the catalog where a chunk lies inside, else
// from the file. The plan must begin with row 0.
struct PlanFigures {
  int64_t rows = 0;
  std::optional<protocol::Interval> interval;
};
Result<PlanFigures> figures_of(EngineContext& context, const ScanPlan& plan);

}  // namespace mosaico::engine
