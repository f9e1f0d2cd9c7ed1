#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/tables/import_request.hpp"
#include "cli/tables/table_reader.hpp"
#include "mosaico/schema.hpp"

namespace mosaico::cli {

// A column of a table, or a member of a struct column by its dotted name.
struct TableLeaf {
  std::string name = {};
  std::vector<int> indices = {};  // The column, then the member, and so on.
  std::shared_ptr<arrow::DataType> type = {};
};
std::vector<TableLeaf> leaves_of(const arrow::Schema& table);
// Null where a struct around the leaf is null.
Result<std::shared_ptr<arrow::Array>> leaf_values(const arrow::RecordBatch& batch,
                                                  const TableLeaf& leaf);

// Where the values of a field come from: a leaf of the table, its members, a fixed value, or
// nowhere, which is null.
struct FieldPlan {
  std::shared_ptr<arrow::Field> field;
  std::string path;
  std::optional<TableLeaf> source = {};
  Scaling scaling = {};
  std::shared_ptr<arrow::Scalar> fixed = nullptr;
  std::vector<FieldPlan> members = {};

  bool has_source() const;
};

struct TimePlan {
  TableLeaf source;
  std::optional<TimeUnit> unit = {};  // Absent when neither the request nor the name says it.
};

// How the rows of a table become messages of a topic. Constant after construction.
struct TopicPlan {
  std::string topic = {};
  std::string file = {};
  Schema schema = {};
  std::shared_ptr<arrow::Schema> arrow_schema = {};  // `timestamp_ns`, then the fields of `schema`.
  TimePlan time = {};
  std::vector<FieldPlan> fields = {};
  std::vector<std::string> unused_columns = {};  // Of the table: no field means them.

  // Messages of the topic: `batch` with the columns of `arrow_schema`. `first_row` counts from 1.
  Result<std::shared_ptr<arrow::RecordBatch>> assemble(const arrow::RecordBatch& batch,
                                                       std::int64_t first_row) const;
};

// Finds the time column and a field for each column. All of a text file is read once more where the
// types of its columns matter: for a derived type, and for a time without a unit. Invalid: no
// time column, an unknown type (with near names), required fields without a column, a map= that
// names none.
Result<TopicPlan> plan_topic(const ImportRequest& request, const TableReader& table);

// The time column and its unit, by their names where the request does not say.
Result<TimePlan> plan_time(const ImportRequest& request, const std::vector<TableLeaf>& leaves);

// The types of the columns of a text file, from all of its rows: int64, uint64, double, bool or
// utf8. An empty column is double.
Result<std::vector<std::shared_ptr<arrow::DataType>>> infer_text_types(const std::string& path);

}  // namespace mosaico::cli
