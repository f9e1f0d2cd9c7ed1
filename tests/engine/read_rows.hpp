#pragma once

#include <arrow/api.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "support/status_matchers.hpp"

// Rows that tests of the read path can tell apart: a time, and a number in push order.
namespace mosaico::engine {

struct Row {
  int64_t timestamp_ns = 0;
  int64_t number = 0;
  bool operator==(const Row&) const = default;
};

inline std::shared_ptr<arrow::Schema> row_schema() {
  return arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                        arrow::field("number", arrow::int64()),
                        arrow::field("text", arrow::utf8())});
}

inline std::shared_ptr<arrow::RecordBatch> batch_of(const std::vector<Row>& rows) {
  arrow::Int64Builder times;
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (const Row& row : rows) {
    EXPECT_THAT(times.Append(row.timestamp_ns), IsOk());
    EXPECT_THAT(numbers.Append(row.number), IsOk());
    EXPECT_THAT(texts.Append(std::to_string(row.number)), IsOk());
  }
  return arrow::RecordBatch::Make(
      row_schema(), static_cast<int64_t>(rows.size()),
      {times.Finish().ValueOrDie(), numbers.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
}

// The rows of a batch, checked to be valid and whole.
inline std::vector<Row> rows_of(const arrow::RecordBatch& batch) {
  EXPECT_THAT(batch.ValidateFull(), IsOk());
  EXPECT_TRUE(batch.schema()->Equals(*row_schema(), true)) << batch.schema()->ToString();
  const auto& times = static_cast<const arrow::Int64Array&>(*batch.column(0));
  const auto& numbers = static_cast<const arrow::Int64Array&>(*batch.column(1));
  const auto& texts = static_cast<const arrow::StringArray&>(*batch.column(2));
  std::vector<Row> rows;
  for (int64_t i = 0; i < batch.num_rows(); ++i) {
    rows.push_back({times.Value(i), numbers.Value(i)});
    EXPECT_EQ(texts.GetView(i), std::to_string(numbers.Value(i)));
  }
  return rows;
}

// Numbers the rows in push order, from `first` on.
inline std::vector<Row> numbered(const std::vector<int64_t>& times, int64_t first = 0) {
  std::vector<Row> rows;
  for (const int64_t time : times) rows.push_back({time, first + std::ssize(rows)});
  return rows;
}

// What every reader must get: ascending times, ties in push order.
inline std::vector<Row> in_time_order(std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::pair(a.timestamp_ns, a.number) < std::pair(b.timestamp_ns, b.number);
  });
  return rows;
}

}  // namespace mosaico::engine
