#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "engine/read/chunk_reader.hpp"
#include "engine/read/projection.hpp"
#include "query/row_test.hpp"

namespace mosaico::engine {

// The conditions of a search, bound to one schema, for all topics that have it. Immutable.
class BoundConditions {
 public:
  // `schema` is a topic's as the catalog keeps it; empty: without columns. With `with_times` also
  // timestamp_ns is read, where conditions do not ask for it. Invalid as RowTest::bind() has it.
  static Result<std::shared_ptr<const BoundConditions>> bind(
      const std::vector<query::Condition>& conditions, const std::string& schema, bool with_times);

  // Where the schema alone answers: every row fulfils the conditions, or none can.
  bool all_fulfil() const { return !test_.never() && test_.columns().empty(); }
  bool none_fulfils() const { return test_.never(); }

  // Bound to the whole schema, and to the columns that are read of chunks. The latter are there
  // unless none_fulfils(), or the schema has no column.
  const query::RowTest& test() const { return test_; }
  const query::RowTest& projected_test() const { return projected_test_; }
  const Projection& projection() const { return projection_; }

  // False only when statistics rule out every row: of a chunk, by those of its columns, or of a row
  // group of `reader`, which was opened with projection().
  bool may_hold(const catalog::Chunk& chunk) const;
  Result<bool> may_hold(const ChunkReader& reader, const ChunkReader::RowGroup& group) const;

 private:
  Status project_columns(const std::vector<query::Condition>& conditions,
                         const arrow::Schema& schema, bool with_times);

  query::RowTest test_;
  bool names_have_dots_ = false;  // Then the paths of statistics are ambiguous.
  Projection projection_;
  query::RowTest projected_test_;
  std::vector<size_t> leaves_;  // Of the columns of projected_test_, among those of projection_.
};

// Binds conditions to the schema of one topic after another: once where topics have the same.
// Thread-safe.
class ConditionBinder {
 public:
  using Bound = Result<std::shared_ptr<const BoundConditions>>;

  // See BoundConditions::bind().
  ConditionBinder(std::vector<query::Condition> conditions, bool with_times)
      : conditions_(std::move(conditions)), with_times_(with_times) {}

  const std::vector<query::Condition>& conditions() const { return conditions_; }

  Bound bind(const std::string& schema);

 private:
  const std::vector<query::Condition> conditions_;
  const bool with_times_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<std::string, Bound> bound_;  // By schema.
};

}  // namespace mosaico::engine
