#include "engine/read/row_merge.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/read/chunk_reader.hpp"
#include "engine/read/restore_schema.hpp"
#include "engine/read/shared_nulls.hpp"
#include "engine/view_columns.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::engine {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Below this many rows a run costs more to concatenate than its rows cost to gather.
constexpr int64_t kGatherBelowRows = 32;

// What IPC adds to the values: padding and a description of each buffer.
int64_t message_overhead(const arrow::Schema& schema) {
  int64_t nodes = 0;
  std::vector<const arrow::DataType*> open;
  for (const auto& field : schema.fields()) open.push_back(field->type().get());
  while (!open.empty()) {
    const arrow::DataType* type = open.back();
    open.pop_back();
    ++nodes;
    for (const auto& child : type->fields()) open.push_back(child->type().get());
  }
  return 1024 + 128 * nodes;
}

}  // namespace

Result<std::vector<BatchPtr>> split_batch(const BatchPtr& batch, const BatchLimits& limits,
                                          int64_t more_row_bytes) {
  const auto bytes_of = [more_row_bytes](const arrow::RecordBatch& rows) -> Result<int64_t> {
    ARROW_ASSIGN_OR_RAISE(const int64_t own_bytes, ontology::bytes_of_columns(rows));
    return own_bytes + more_row_bytes * rows.num_rows();
  };
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, bytes_of(*batch));
  const int64_t overhead = message_overhead(*batch->schema());
  const int64_t limit =
      std::max<int64_t>(1, std::min(limits.target_bytes, limits.max_bytes - overhead));
  const int64_t rows = batch->num_rows();
  if (rows <= limits.max_rows && bytes <= limit) return std::vector<BatchPtr>{batch};

  std::vector<BatchPtr> slices;
  const double bytes_per_row = static_cast<double>(bytes) / static_cast<double>(rows);
  const auto fitting = static_cast<int64_t>(static_cast<double>(limit) / bytes_per_row);
  int64_t guess = std::clamp<int64_t>(fitting, 1, limits.max_rows);
  const auto fits = [&](int64_t offset, int64_t length) -> Result<bool> {
    ARROW_ASSIGN_OR_RAISE(const int64_t slice_bytes, bytes_of(*batch->Slice(offset, length)));
    return slice_bytes <= limit;
  };
  for (int64_t offset = 0; offset < rows;) {
    // Records differ in size: the mean is where the search begins.
    const int64_t most = std::min(limits.max_rows, rows - offset);
    int64_t length = std::min(guess, most);
    ARROW_ASSIGN_OR_RAISE(bool good, fits(offset, length));
    for (; !good && length > 1; length = (length + 1) / 2, guess = length) {
      ARROW_ASSIGN_OR_RAISE(good, fits(offset, (length + 1) / 2));
    }
    while (good && length < most) {
      const int64_t longer = std::min(most, 2 * length);
      ARROW_ASSIGN_OR_RAISE(good, fits(offset, longer));
      if (good) length = guess = longer;
    }
    slices.push_back(batch->Slice(offset, length));
    offset += length;
  }
  return slices;
}

struct RowMerge::Lane {
  std::unique_ptr<SortedSource> source;
  int64_t first_row = 0;
  BatchPtr batch;
  std::shared_ptr<arrow::Int64Array> times;
  int64_t position = 0;
  double bytes_per_row = 0;

  int64_t head() const { return times->Value(position); }
  std::tuple<int64_t, int64_t> rank() const { return {head(), first_row}; }
};

RowMerge::RowMerge(std::shared_ptr<arrow::Schema> schema, std::vector<MergeInput> inputs,
                   const BatchLimits& limits)
    : schema_(std::move(schema)), limits_(limits), inputs_(std::move(inputs)) {
  std::sort(inputs_.begin(), inputs_.end(), [](const MergeInput& a, const MergeInput& b) {
    return std::tie(a.timestamp_ns_min, a.first_row) < std::tie(b.timestamp_ns_min, b.first_row);
  });
}

RowMerge::~RowMerge() = default;

Result<BatchPtr> RowMerge::next() {
  while (ready_.empty()) {
    if (drained_ != nullptr) {
      if (is_first() && !pieces_.empty()) {
        ARROW_RETURN_NOT_OK(flush());
        continue;
      }
      ARROW_RETURN_NOT_OK(refill(std::move(drained_)));
    }
    ARROW_RETURN_NOT_OK(open_due());
    if (heap_.empty()) {
      if (pieces_.empty()) return nullptr;
      ARROW_RETURN_NOT_OK(flush());
      continue;
    }
    ARROW_RETURN_NOT_OK(take_run());
  }
  auto batch = std::move(ready_.front());
  ready_.pop_front();
  return batch;
}

bool RowMerge::at_end() const {
  return ready_.empty() && pieces_.empty() && heap_.empty() && next_input_ == inputs_.size() &&
         (drained_ == nullptr || drained_->source->at_end());
}

Status RowMerge::open_due() {
  while (next_input_ < inputs_.size()) {
    MergeInput& input = inputs_[next_input_];
    if (!heap_.empty() && heap_.front()->head() < input.timestamp_ns_min) break;
    auto lane = std::make_unique<Lane>();
    lane->first_row = input.first_row;
    ARROW_ASSIGN_OR_RAISE(lane->source, input.open());
    input = {};  // What it holds is not needed any more.
    ++next_input_;
    ARROW_RETURN_NOT_OK(refill(std::move(lane)));
  }
  return Status::OK();
}

Status RowMerge::refill(std::unique_ptr<Lane> lane) {
  ARROW_ASSIGN_OR_RAISE(lane->batch, lane->source->next());
  if (lane->batch == nullptr) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(lane->times, timestamps_of(*lane->batch));
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, ontology::bytes_of_columns(*lane->batch));
  lane->bytes_per_row = static_cast<double>(bytes) / static_cast<double>(lane->batch->num_rows());
  lane->position = 0;
  if (next_input_ < inputs_.size() && inputs_[next_input_].prepare && lane->source->at_end()) {
    std::exchange(inputs_[next_input_].prepare, nullptr)();
  }
  push(std::move(lane));
  return Status::OK();
}

namespace {

constexpr auto kLater = [](const auto& a, const auto& b) { return a->rank() > b->rank(); };

}  // namespace

void RowMerge::push(std::unique_ptr<Lane> lane) {
  heap_.push_back(std::move(lane));
  std::push_heap(heap_.begin(), heap_.end(), kLater);
}

std::unique_ptr<RowMerge::Lane> RowMerge::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), kLater);
  auto lane = std::move(heap_.back());
  heap_.pop_back();
  return lane;
}

int64_t RowMerge::run_end(const Lane& leader) const {
  int64_t end = leader.times->length();
  const int64_t* times = leader.times->raw_values();
  const auto stop_before = [&](int64_t time, int64_t first_row) {
    // Galloping: runs are short where sources interleave, and long where they hardly overlap.
    const auto comes_first = [&](int64_t own) {
      return own < time || (own == time && leader.first_row < first_row);
    };
    int64_t step = 1;
    int64_t low = leader.position;
    while (low + step < end && comes_first(times[low + step])) {
      low += step;
      step *= 2;
    }
    const int64_t high = std::min(end, low + step);
    end = std::partition_point(times + low, times + high, comes_first) - times;
  };
  if (!heap_.empty()) stop_before(heap_.front()->head(), heap_.front()->first_row);
  if (next_input_ < inputs_.size()) {
    stop_before(inputs_[next_input_].timestamp_ns_min, inputs_[next_input_].first_row);
  }
  return end;
}

Status RowMerge::take_run() {
  auto lane = pop();
  const int64_t rows_max = is_first() ? *limits_.first_rows : limits_.max_rows;
  int64_t end = run_end(*lane);
  if (is_first()) end = std::min(end, lane->position + rows_max - piece_rows_);
  const int64_t length = end - lane->position;
  const double bytes = static_cast<double>(length) * lane->bytes_per_row;
  const bool large = length * 2 >= rows_max || bytes * 2 >= static_cast<double>(limits_.join_bytes);
  if (large) {
    ARROW_RETURN_NOT_OK(flush());
    ARROW_RETURN_NOT_OK(hand_out(lane->batch->Slice(lane->position, length)));
  } else {
    pieces_.push_back({lane->batch, lane->position, length});
    piece_rows_ += length;
    piece_bytes_ += bytes;
    if (piece_rows_ >= rows_max || piece_bytes_ >= static_cast<double>(limits_.join_bytes)) {
      ARROW_RETURN_NOT_OK(flush());
    }
  }
  lane->position = end;
  if (end < lane->times->length()) {
    push(std::move(lane));
  } else {
    lane->batch.reset();
    lane->times.reset();
    drained_ = std::move(lane);
  }
  return Status::OK();
}

Status RowMerge::hand_out(const BatchPtr& batch) {
  gave_first_ = true;
  // Views are measured, and travel, by the bytes that they show.
  const bool views = has_views(*schema_);
  BesideNulls measured;
  ARROW_ASSIGN_OR_RAISE(measured.batch, without_views(batch));
  BatchLimits limits = limits_;
  if (limits_.share_nulls) {
    measured = beside_nulls(measured.batch);
    // All columns are described, also those that are not measured.
    limits.max_bytes -= message_overhead(*schema_) - message_overhead(*measured.batch->schema());
  }
  ARROW_ASSIGN_OR_RAISE(const auto slices,
                        split_batch(measured.batch, limits, measured.null_row_bytes));
  int64_t row = 0;
  for (const auto& measured_slice : slices) {
    BatchPtr slice = batch->Slice(row, measured_slice->num_rows());
    if (views) {
      ARROW_ASSIGN_OR_RAISE(slice, without_views(slice));
      ARROW_ASSIGN_OR_RAISE(slice, restore_schema(*slice, schema_));
    }
    if (limits_.share_nulls) {
      ARROW_ASSIGN_OR_RAISE(slice, engine::share_nulls(slice));
    }
    row += slice->num_rows();
    // Sources may carry schema metadata or another pointer to an equal schema.
    ready_.push_back(arrow::RecordBatch::Make(schema_, slice->num_rows(), slice->column_data()));
  }
  return Status::OK();
}

// For short runs: each source batch's part is joined once, since its pieces follow one another in
// it, and then the rows are gathered in their order.
Result<BatchPtr> RowMerge::gather(const std::vector<Piece>& pieces, int64_t rows) {
  struct Part {
    BatchPtr batch;
    int64_t begin = 0;
    int64_t end = 0;
    int64_t base = 0;  // Where it begins among the joined parts.
  };
  std::vector<Part> parts;
  std::vector<size_t> part_of;
  for (const Piece& piece : pieces) {
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&](const Part& known) { return known.batch == piece.batch; });
    if (part == parts.end()) part = parts.insert(part, {piece.batch, piece.offset, 0, 0});
    part->end = piece.offset + piece.length;
    part_of.push_back(static_cast<size_t>(part - parts.begin()));
  }
  arrow::RecordBatchVector slices;
  int64_t base = 0;
  for (Part& part : parts) {
    part.base = base;
    base += part.end - part.begin;
    slices.push_back(part.batch->Slice(part.begin, part.end - part.begin));
  }
  std::vector<int64_t> order;
  order.reserve(static_cast<size_t>(rows));
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Part& part = parts[part_of[i]];
    const int64_t first = part.base + pieces[i].offset - part.begin;
    for (int64_t row = 0; row < pieces[i].length; ++row) order.push_back(first + row);
  }
  ARROW_ASSIGN_OR_RAISE(auto joined, arrow::ConcatenateRecordBatches(slices));
  return take_rows(joined, std::move(order));
}

Status RowMerge::flush() {
  if (pieces_.empty()) return Status::OK();
  const auto pieces = std::exchange(pieces_, {});
  const int64_t rows = std::exchange(piece_rows_, 0);
  piece_bytes_ = 0;
  arrow::RecordBatchVector parts;
  if (pieces.size() == 1 || rows / static_cast<int64_t>(pieces.size()) >= kGatherBelowRows) {
    for (const Piece& piece : pieces) {
      parts.push_back(piece.batch->Slice(piece.offset, piece.length));
    }
    if (parts.size() == 1) return hand_out(parts.front());
    ARROW_ASSIGN_OR_RAISE(auto joined, arrow::ConcatenateRecordBatches(parts));
    return hand_out(joined);
  }

  ARROW_ASSIGN_OR_RAISE(auto gathered, gather(pieces, rows));
  return hand_out(gathered);
}

}  // namespace mosaico::engine
