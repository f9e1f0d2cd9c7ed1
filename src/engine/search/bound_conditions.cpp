#include "engine/search/bound_conditions.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "engine/ingest/time_column.hpp"
#include "engine/stored_schema.hpp"
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

Result<std::shared_ptr<const BoundConditions>> BoundConditions::bind(
    const std::vector<query::Condition>& conditions, const std::string& schema, bool with_times) {
  auto bound = std::make_shared<BoundConditions>();
  auto columns = arrow::schema({});
  if (!schema.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto stored, deserialize_schema(schema));
    columns = stored->RemoveMetadata();
  }
  ARROW_ASSIGN_OR_RAISE(bound->test_, query::RowTest::bind(conditions, *columns));
  bound->names_have_dots_ = names_have_dots(columns->fields());
  if (!bound->none_fulfils() && columns->num_fields() > 0) {
    ARROW_RETURN_NOT_OK(bound->project_columns(conditions, *columns, with_times));
  }
  return bound;
}

Status BoundConditions::project_columns(const std::vector<query::Condition>& conditions,
                                        const arrow::Schema& schema, bool with_times) {
  std::vector<std::vector<int>> paths;
  for (const auto& column : test_.columns()) paths.push_back(column.indices);
  if (with_times || paths.empty()) paths.push_back({schema.GetFieldIndex(kTimestampColumn)});
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

bool BoundConditions::may_hold(const catalog::Chunk& chunk) const {
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

Result<bool> BoundConditions::may_hold(const ChunkReader& reader,
                                       const ChunkReader::RowGroup& group) const {
  for (size_t i = 0; i < leaves_.size(); ++i) {
    const query::ColumnTest& test = projected_test_.columns()[i];
    if (!has_statistics(test)) continue;
    ARROW_ASSIGN_OR_RAISE(const auto statistics, reader.statistics(group, leaves_[i]));
    if (!statistics.path.empty() && !may_hold_by(test, statistics, group.rows)) return false;
  }
  return true;
}

ConditionBinder::Bound ConditionBinder::bind(const std::string& schema) {
  const std::lock_guard lock(mutex_);
  auto known = bound_.find(schema);
  if (known == bound_.end()) {
    known = bound_.emplace(schema, BoundConditions::bind(conditions_, schema, with_times_)).first;
  }
  return known->second;
}

}  // namespace mosaico::engine
