#include "engine/search/topic_search.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/ingest/time_column.hpp"
#include "query/column_bounds.hpp"

namespace mosaico::engine {
namespace {

bool names_have_dots(const arrow::FieldVector& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return field->name().find('.') != std::string::npos || names_have_dots(field->type()->fields());
  });
}

// Statistics are about values as they are stored, each a row.
bool has_statistics(const query::ColumnTest& test) { return !test.in_list && !test.is_temporal; }

bool may_hold_by(const query::ColumnTest& test, const catalog::ColumnStatistics& statistics,
                 int64_t rows) {
  return query::may_hold(
      test.condition,
      {.min = statistics.min, .max = statistics.max, .only_nulls = statistics.nulls == rows});
}

}  // namespace

// Binds the conditions to the schema as soon as a plan knows it, and then judges its chunks.
class TopicSearch::PossibleChunks : public ChunkTest {
 public:
  PossibleChunks(TopicSearch& search, const std::vector<query::Condition>& conditions)
      : search_(search), conditions_(conditions) {}

  Status bind(const arrow::Schema& schema) override {
    ARROW_ASSIGN_OR_RAISE(search_.test_, query::RowTest::bind(conditions_, schema));
    search_.names_have_dots_ = names_have_dots(schema.fields());
    return Status::OK();
  }
  bool may_hold(const catalog::Chunk& chunk) const override {
    return !search_.none_fulfils() && search_.may_hold(chunk);
  }

 private:
  TopicSearch& search_;
  const std::vector<query::Condition>& conditions_;
};

Result<std::unique_ptr<TopicSearch>> TopicSearch::plan(
    EngineContext& context, Request request, const std::vector<query::Condition>& conditions) {
  auto search = std::unique_ptr<TopicSearch>(new TopicSearch(std::move(request)));
  PossibleChunks test(*search, conditions);
  ARROW_ASSIGN_OR_RAISE(ScanPlan rows, search->plan_rows(context, &test));
  search->span_ = rows.span;
  if (search->none_fulfils() || !rows.span) return search;
  if (rows.schema->num_fields() == 0) return search;
  ARROW_RETURN_NOT_OK(search->project_columns(*rows.schema, conditions));
  search->tail_ = std::move(rows.tail);
  search->chunks_ = std::move(rows.chunks);
  return search;
}

core::Locator TopicSearch::locator() const {
  return {.sequence = request_.sequence, .topic = request_.topic.name, .session = {}};
}

Result<ScanPlan> TopicSearch::plan_rows(EngineContext& context, ChunkTest* test) const {
  const catalog::Topic& topic = request_.topic;
  const auto snapshot = snapshot_of(context, topic.id);
  const bool is_final = topic.state == catalog::TopicState::Finalized && !topic.schema.empty();
  if (is_final && snapshot.batches.empty()) {
    return plan_topic(context, topic, request_.window, snapshot, 0, test);
  }
  // The catalog must be asked after the snapshot was taken.
  protocol::Ticket ticket;
  ticket.topic = locator();
  ticket.topic_id = static_cast<int64_t>(topic.id);
  ticket.window = request_.window;
  return plan_scan(context, ticket, snapshot, 0, test);
}

Status TopicSearch::project_columns(const arrow::Schema& schema,
                                    const std::vector<query::Condition>& conditions) {
  std::vector<std::vector<int>> paths;
  for (const auto& column : test_.columns()) paths.push_back(column.indices);
  if (request_.wants_times || request_.window.bounded() || paths.empty()) {
    paths.push_back({schema.GetFieldIndex(kTimestampColumn)});
  }
  projection_ = project(schema, paths);
  // Conditions that the schema alone answers ask for columns that may not be in the projection.
  std::vector<query::Condition> of_rows;
  for (const query::Condition& condition : conditions) {
    const bool is_of_schema =
        condition.op == query::Operator::Exists || condition.op == query::Operator::NotExists;
    if (!is_of_schema) of_rows.push_back(condition);
  }
  ARROW_ASSIGN_OR_RAISE(projected_test_, query::RowTest::bind(of_rows, *projection_.schema));
  for (const auto& column : projected_test_.columns()) {
    leaves_.push_back(leaves_before(*projection_.schema, column.indices));
  }
  return Status::OK();
}

bool TopicSearch::may_hold(const catalog::Chunk& chunk) const {
  if (names_have_dots_) return true;
  const auto& tests = test_.columns();
  return std::all_of(tests.begin(), tests.end(), [&chunk](const query::ColumnTest& test) {
    if (!has_statistics(test)) return true;
    const auto found =
        std::find_if(chunk.columns.begin(), chunk.columns.end(),
                     [&test](const auto& column) { return column.path == test.condition.field; });
    return found == chunk.columns.end() || may_hold_by(test, *found, chunk.rows);
  });
}

Result<bool> TopicSearch::may_hold(const ChunkReader& reader,
                                   const ChunkReader::RowGroup& group) const {
  if (!span_->overlaps(group.timestamp_ns_min, group.timestamp_ns_max)) return false;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    const query::ColumnTest& test = projected_test_.columns()[i];
    if (!has_statistics(test)) continue;
    ARROW_ASSIGN_OR_RAISE(const auto statistics, reader.statistics(group, leaves_[i]));
    if (!statistics.path.empty() && !may_hold_by(test, statistics, group.rows)) return false;
  }
  return true;
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
    ARROW_ASSIGN_OR_RAISE(const bool more, search_batch(test_, *tail.batch, visit));
    if (!more) break;
  }
  return Status::OK();
}

Status TopicSearch::search_chunk(const SearchRun& run, const catalog::Chunk& chunk,
                                 const std::stop_token& stop, const Visit& visit) const {
  EngineContext& context = run.context();
  ARROW_ASSIGN_OR_RAISE(
      const auto reader,
      ChunkReader::open(*context.store, context.reading.footers, chunk, projection_));
  for (const auto& group : reader->row_groups()) {
    if (stop.stop_requested()) return Status::OK();
    ARROW_RETURN_NOT_OK(run.check());
    ARROW_ASSIGN_OR_RAISE(const bool possible, may_hold(*reader, group));
    if (!possible) continue;
    const auto memory = context.query_memory.reserve(group.bytes + group.rows, run.stop());
    if (!memory.ok()) return run.check();
    ARROW_RETURN_NOT_OK(reader->start(group, group.rows));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, reader->next());
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(const bool more, search_batch(projected_test_, *batch, visit));
      if (!more) return Status::OK();
    }
  }
  return Status::OK();
}

Result<bool> TopicSearch::search_batch(const query::RowTest& test, const arrow::RecordBatch& batch,
                                       const Visit& visit) const {
  query::RowMask mask = test.test(batch);
  if (request_.window.bounded()) {
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(batch));
    for (size_t i = 0; i < mask.size(); ++i) {
      if (!span_->contains(times->Value(static_cast<int64_t>(i)))) mask[i] = 0;
    }
  }
  if (std::find(mask.begin(), mask.end(), 1) == mask.end()) return true;
  return visit(batch, mask);
}

Status TopicSearch::explained(EngineContext& context, const Status& status) const {
  if (!core::is_kind(status, ErrorKind::NotFound)) return status;
  const auto topic = context.catalog->find_topic(request_.sequence, request_.topic.name);
  if (topic.ok() && topic->id == request_.topic.id) {
    return core::error(ErrorKind::Corrupt, "stored rows are missing: ", status.message());
  }
  if (!topic.ok()) return topic.status();
  return core::error(ErrorKind::NotFound,
                     "the topic was deleted while it was searched: ", locator().to_string());
}

}  // namespace mosaico::engine
