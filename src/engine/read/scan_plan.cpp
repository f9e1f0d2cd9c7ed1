#include "engine/read/scan_plan.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/read/chunk_reader.hpp"

namespace mosaico::engine {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

void add_rows(PlanFigures& figures, int64_t rows, int64_t min, int64_t max) {
  if (rows == 0) return;
  figures.rows += rows;
  if (!figures.interval) {
    figures.interval = protocol::Interval{min, max};
  } else {
    figures.interval->start_ns = std::min(figures.interval->start_ns, min);
    figures.interval->end_ns = std::max(figures.interval->end_ns, max);
  }
}

Status count_chunk(EngineContext& context, const ScanPlan& plan, const catalog::Chunk& chunk,
                   PlanFigures& figures) {
  if (plan.span->covers(chunk.timestamp_ns_min, chunk.timestamp_ns_max)) {
    add_rows(figures, chunk.rows, chunk.timestamp_ns_min, chunk.timestamp_ns_max);
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(
      auto reader, ChunkReader::open(*context.store, context.reading.footers, chunk, plan.schema));
  for (const auto& group : reader->row_groups()) {
    if (!plan.span->overlaps(group.timestamp_ns_min, group.timestamp_ns_max)) continue;
    if (plan.span->covers(group.timestamp_ns_min, group.timestamp_ns_max)) {
      add_rows(figures, group.rows, group.timestamp_ns_min, group.timestamp_ns_max);
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(auto times, reader->read_timestamps(group));
    const auto [begin, end] = rows_within(*times, *plan.span);
    if (begin < end) add_rows(figures, end - begin, times->Value(begin), times->Value(end - 1));
  }
  return Status::OK();
}

Status count_tail(const ScanPlan& plan, const TailBatch& tail, PlanFigures& figures) {
  if (!plan.span->overlaps(tail.timestamp_ns_min, tail.timestamp_ns_max)) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto times, timestamps_of(*tail.batch));
  for (int64_t i = 0; i < times->length(); ++i) {
    const int64_t time = times->Value(i);
    if (plan.span->contains(time)) add_rows(figures, 1, time, time);
  }
  return Status::OK();
}

// Whether a chunk holds the row `row` and one before it.
bool has_row_behind(const std::vector<catalog::Chunk>& chunks, int64_t row) {
  return std::any_of(chunks.begin(), chunks.end(), [row](const catalog::Chunk& chunk) {
    return chunk.first_row < row && chunk.first_row + chunk.rows > row;
  });
}

}  // namespace

std::vector<TailBatch> tail_from(const std::vector<TailBatch>& batches, int64_t row) {
  std::vector<TailBatch> kept;
  for (const TailBatch& tail : batches) {
    const int64_t rows = tail.batch->num_rows();
    if (tail.first_row + rows <= row) continue;
    TailBatch rest = tail;
    if (tail.first_row < row) {
      const int64_t skipped = row - tail.first_row;
      rest.batch = tail.batch->Slice(skipped);
      rest.first_row = row;
      rest.bytes =
          static_cast<int64_t>(static_cast<double>(tail.bytes) *
                               static_cast<double>(rows - skipped) / static_cast<double>(rows));
      const TimeRange range = time_range(*rest.batch);
      rest.timestamp_ns_min = range.min;
      rest.timestamp_ns_max = range.max;
    }
    kept.push_back(std::move(rest));
  }
  return kept;
}

std::pair<int64_t, int64_t> rows_within(const arrow::Int64Array& times, const TimeSpan& span) {
  const int64_t* begin = times.raw_values();
  const int64_t* end = begin + times.length();
  const int64_t* first = std::lower_bound(begin, end, span.first);
  const int64_t* last = std::upper_bound(first, end, span.last);
  return {first - begin, last - begin};
}

Result<std::optional<TimeSpan>> time_span_of(const protocol::Window& window) {
  if (window.start_ns && window.end_ns && *window.start_ns >= *window.end_ns) {
    return core::error(ErrorKind::Invalid, "a window must start before it ends: ", *window.start_ns,
                       " is not below ", *window.end_ns);
  }
  if (window.end_ns && *window.end_ns == kEarliest) return std::optional<TimeSpan>();
  return std::optional(
      TimeSpan{window.start_ns.value_or(kEarliest), window.end_ns ? *window.end_ns - 1 : kLatest});
}

LiveTopic::Snapshot snapshot_of(const EngineContext& context, catalog::TopicId topic) {
  const auto live = context.live.find(topic);
  return live == nullptr ? LiveTopic::Snapshot{} : live->snapshot();
}

Result<ScanPlan> plan_scan(EngineContext& context, const protocol::Ticket& ticket,
                           const LiveTopic::Snapshot& snapshot, int64_t first_row) {
  ARROW_ASSIGN_OR_RAISE(auto topic,
                        context.catalog->find_topic(ticket.topic.sequence, ticket.topic.topic));
  if (topic.id != catalog::TopicId{ticket.topic_id}) {
    return core::error(ErrorKind::NotFound,
                       "the topic of this ticket was deleted: ", ticket.topic.to_string());
  }
  return plan_topic(context, topic, ticket.window, snapshot, first_row);
}

Result<ScanPlan> plan_topic(EngineContext& context, const catalog::Topic& topic,
                            const protocol::Window& window, const LiveTopic::Snapshot& snapshot,
                            int64_t first_row) {
  ScanPlan plan;
  plan.topic = topic;
  plan.first_row = first_row;
  ARROW_ASSIGN_OR_RAISE(plan.span, time_span_of(window));
  if (topic.schema.empty()) {
    plan.schema = arrow::schema({});
  } else {
    ARROW_ASSIGN_OR_RAISE(auto schemas, context.reading.schemas.read(topic.schema));
    plan.schema = std::move(schemas.plain);
  }
  if (topic.schema.empty()) return plan;
  // Takes one time too many where the last int64 is within the window: its chunks are asked for
  // with the greatest end there is.
  const int64_t end_ns = window.end_ns.value_or(kLatest);
  plan.place = context.places.take();
  while (plan.span && plan.topic.rows > first_row) {
    ARROW_ASSIGN_OR_RAISE(plan.chunks,
                          context.catalog->find_chunks(topic.id, plan.span->first, end_ns));
    if (!has_row_behind(plan.chunks, plan.topic.rows)) break;
    // Chunks were put together since the topic was read, one with rows that it did not have yet.
    ARROW_ASSIGN_OR_RAISE(auto found, context.catalog->find_topic(topic.id));
    plan.topic = std::move(found.second);
  }
  const int64_t published = plan.topic.rows;
  std::erase_if(plan.chunks, [&](const catalog::Chunk& chunk) {
    return chunk.first_row >= published || chunk.first_row + chunk.rows <= first_row ||
           !plan.span->overlaps(chunk.timestamp_ns_min, chunk.timestamp_ns_max);
  });
  // Chunks published since the topic was read hold rows of the snapshot: those come from there.
  plan.end_row = std::max(published, first_row);
  plan.tail = tail_from(snapshot.batches, plan.end_row);
  if (!plan.tail.empty()) {
    plan.end_row = plan.tail.back().first_row + plan.tail.back().batch->num_rows();
  }
  return plan;
}

bool may_hold_rows(const ScanPlan& plan) {
  if (!plan.span) return false;
  return !plan.chunks.empty() ||
         std::any_of(plan.tail.begin(), plan.tail.end(), [&](const TailBatch& tail) {
           return plan.span->overlaps(tail.timestamp_ns_min, tail.timestamp_ns_max);
         });
}

Result<PlanFigures> figures_of(EngineContext& context, const ScanPlan& plan) {
  PlanFigures figures;
  if (!plan.span) return figures;
  for (const auto& chunk : plan.chunks) {
    ARROW_RETURN_NOT_OK(count_chunk(context, plan, chunk, figures));
  }
  for (const auto& tail : plan.tail) ARROW_RETURN_NOT_OK(count_tail(plan, tail, figures));
  return figures;
}

}  // namespace mosaico::engine
