#include "engine/ingest/row_order.hpp"

#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <utility>

#include "engine/ingest/time_column.hpp"
#include "engine/view_columns.hpp"

namespace mosaico::engine {

namespace {

// The rows with these numbers. Not copied when they follow each other, unless a slice of them would
// keep the bytes of all others.
Result<std::shared_ptr<arrow::RecordBatch>> take(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                 std::vector<int64_t> numbers) {
  const auto is_gap = [](int64_t a, int64_t b) { return b != a + 1; };
  if (std::adjacent_find(numbers.begin(), numbers.end(), is_gap) == numbers.end() &&
      !has_views(*batch->schema())) {
    return batch->Slice(numbers.front(), std::ssize(numbers));
  }
  return take_rows(batch, std::move(numbers));
}

}  // namespace

RowOrder::RowOrder(const std::vector<TailBatch>& batches, const GroupLimits& limits)
    : batches_(batches), limits_(limits) {
  if (!is_ascending()) sort();
}

Result<std::shared_ptr<arrow::Table>> RowOrder::next() {
  return rows_.empty() ? next_slices() : next_gathered();
}

bool RowOrder::is_ascending() const {
  for (size_t i = 0; i < batches_.size(); ++i) {
    if (i > 0 && batches_[i].timestamp_ns_min < batches_[i - 1].timestamp_ns_max) return false;
    if (!time_range(*batches_[i].batch).ascending) return false;
  }
  return true;
}

void RowOrder::sort() {
  size_t total = 0;
  for (const TailBatch& batch : batches_) total += static_cast<size_t>(batch.batch->num_rows());
  rows_.reserve(total);
  for (size_t i = 0; i < batches_.size(); ++i) {
    const int64_t* times = timestamps(*batches_[i].batch);
    for (int64_t row = 0; row < batches_[i].batch->num_rows(); ++row) {
      rows_.push_back({times[row], static_cast<uint32_t>(i), static_cast<uint32_t>(row)});
    }
  }
  // Stable: rows of equal time stay in push order.
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const Row& a, const Row& b) { return a.time < b.time; });
}

double RowOrder::bytes_a_row(size_t batch) const {
  return static_cast<double>(batches_[batch].bytes) /
         static_cast<double>(batches_[batch].batch->num_rows());
}

Result<std::shared_ptr<arrow::Table>> RowOrder::next_slices() {
  std::vector<std::shared_ptr<arrow::RecordBatch>> slices;
  int64_t rows_left = limits_.rows;
  auto bytes_left = static_cast<double>(limits_.bytes);
  while (batch_ < batches_.size() && rows_left > 0) {
    const arrow::RecordBatch& batch = *batches_[batch_].batch;
    const double row_bytes = std::max(bytes_a_row(batch_), 1e-3);
    // A single row may be larger than the limit.
    const int64_t least = slices.empty() ? 1 : 0;
    const int64_t fitting =
        std::max(static_cast<int64_t>(std::min(bytes_left / row_bytes, 1e15)), least);
    const int64_t rows = std::min({batch.num_rows() - row_, rows_left, fitting});
    if (rows == 0) break;
    slices.push_back(batch.Slice(row_, rows));
    rows_left -= rows;
    bytes_left -= static_cast<double>(rows) * row_bytes;
    row_ += rows;
    if (row_ == batch.num_rows()) {
      ++batch_;
      row_ = 0;
    }
  }
  if (slices.empty()) return nullptr;
  return arrow::Table::FromRecordBatches(slices);
}

Result<std::shared_ptr<arrow::Table>> RowOrder::next_gathered() {
  const size_t begin = position_;
  double bytes = 0;
  for (; position_ < rows_.size(); ++position_) {
    bytes += bytes_a_row(rows_[position_].batch);
    const auto rows = static_cast<int64_t>(position_ - begin);
    const bool full = rows == limits_.rows || bytes > static_cast<double>(limits_.bytes);
    if (full && rows > 0) break;
  }
  if (position_ == begin) return nullptr;
  ARROW_ASSIGN_OR_RAISE(auto rows, gather(begin));
  return arrow::Table::FromRecordBatches({std::move(rows)});
}

Result<std::shared_ptr<arrow::RecordBatch>> RowOrder::gather(size_t begin) const {
  std::vector<int64_t> places;
  ARROW_ASSIGN_OR_RAISE(auto parts, take_parts(begin, &places));
  std::shared_ptr<arrow::RecordBatch> together = parts.front();
  if (parts.size() > 1) {
    ARROW_ASSIGN_OR_RAISE(together, arrow::ConcatenateRecordBatches(parts));
  }
  parts.clear();  // Their memory goes before the rows are copied once more.
  return take(together, std::move(places));
}

Result<arrow::RecordBatchVector> RowOrder::take_parts(size_t begin,
                                                      std::vector<int64_t>* places) const {
  std::vector<std::vector<int64_t>> wanted(batches_.size());
  for (size_t i = begin; i < position_; ++i) wanted[rows_[i].batch].push_back(rows_[i].row);
  // Where the next row of each batch lies.
  std::vector<int64_t> next_place(batches_.size());
  int64_t total = 0;
  arrow::RecordBatchVector parts;
  for (size_t batch = 0; batch < wanted.size(); ++batch) {
    if (wanted[batch].empty()) continue;
    next_place[batch] = total;
    total += std::ssize(wanted[batch]);
    ARROW_ASSIGN_OR_RAISE(auto rows, take(batches_[batch].batch, std::move(wanted[batch])));
    parts.push_back(std::move(rows));
  }
  places->reserve(position_ - begin);
  for (size_t i = begin; i < position_; ++i) places->push_back(next_place[rows_[i].batch]++);
  return parts;
}

}  // namespace mosaico::engine
