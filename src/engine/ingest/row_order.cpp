#include "engine/ingest/row_order.hpp"

#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/ingest/time_column.hpp"
#include "engine/view_columns.hpp"

namespace mosaico::engine {

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
  size_t first = batches_.size();
  size_t last = 0;
  double bytes = 0;
  for (; position_ < rows_.size(); ++position_) {
    const size_t batch = rows_[position_].batch;
    bytes += bytes_a_row(batch);
    const auto rows = static_cast<int64_t>(position_ - begin);
    const bool full = rows == limits_.rows || bytes > static_cast<double>(limits_.bytes);
    if (full && rows > 0) break;
    first = std::min(first, batch);
    last = std::max(last, batch);
  }
  if (position_ == begin) return nullptr;
  ARROW_RETURN_NOT_OK(combine(first, last));

  ARROW_ASSIGN_OR_RAISE(auto rows, gather(begin));
  return arrow::Table::FromRecordBatches({std::move(rows)});
}

Result<std::shared_ptr<arrow::RecordBatch>> RowOrder::gather(size_t begin) const {
  std::vector<int64_t> indices;
  indices.reserve(position_ - begin);
  for (size_t i = begin; i < position_; ++i) {
    indices.push_back(combined_offsets_[rows_[i].batch - combined_first_] + rows_[i].row);
  }
  return take_rows(combined_, std::move(indices));
}

Status RowOrder::combine(size_t first, size_t last) {
  if (combined_ != nullptr && combined_first_ <= first && last <= combined_last_) {
    return Status::OK();
  }
  combined_ = nullptr;  // Its memory goes before the next copy is made.
  arrow::RecordBatchVector parts;
  combined_offsets_.clear();
  int64_t rows = 0;
  for (size_t i = first; i <= last; ++i) {
    parts.push_back(batches_[i].batch);
    combined_offsets_.push_back(rows);
    rows += batches_[i].batch->num_rows();
  }
  ARROW_ASSIGN_OR_RAISE(combined_, arrow::ConcatenateRecordBatches(parts));
  combined_first_ = first;
  combined_last_ = last;
  return Status::OK();
}

}  // namespace mosaico::engine
