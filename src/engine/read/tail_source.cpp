#include "engine/read/tail_source.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/read/chunk_reader.hpp"
#include "engine/view_columns.hpp"

namespace mosaico::engine {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// A block of this size is not made larger: sorting it takes a few milliseconds, and a merge of its
// likes still has few sources.
constexpr int64_t kBlockRows = 16 * 1024;
constexpr int64_t kBlockBytes = 1LL << 20;

Result<BatchPtr> sorted_by_time(const BatchPtr& batch) {
  ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*batch));
  const int64_t* values = times->raw_values();
  if (std::is_sorted(values, values + times->length())) return batch;
  std::vector<int64_t> rows(static_cast<size_t>(times->length()));
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(),
                   [values](int64_t a, int64_t b) { return values[a] < values[b]; });
  return take_rows(batch, std::move(rows));
}

bool grows_with(const TailBlock& block, const TailBatch& tail) {
  return tail.timestamp_ns_min < block.timestamp_ns_max && block.rows < kBlockRows &&
         block.bytes < kBlockBytes;
}

void add_to(TailBlock& block, const TailBatch& tail) {
  const bool first = block.batches.empty();
  block.batches.push_back(tail.batch);
  block.rows += tail.batch->num_rows();
  block.bytes += tail.bytes;
  block.timestamp_ns_min =
      first ? tail.timestamp_ns_min : std::min(block.timestamp_ns_min, tail.timestamp_ns_min);
  block.timestamp_ns_max =
      first ? tail.timestamp_ns_max : std::max(block.timestamp_ns_max, tail.timestamp_ns_max);
}

}  // namespace

std::vector<TailChain> chain_tail(const std::vector<TailBatch>& tail, const TimeSpan& span) {
  // Blocks first, then chains: a block that grew may reach back before the one it follows.
  std::vector<std::pair<int64_t, TailBlock>> blocks;
  for (const TailBatch& batch : tail) {
    if (!span.overlaps(batch.timestamp_ns_min, batch.timestamp_ns_max)) continue;
    if (blocks.empty() || !grows_with(blocks.back().second, batch)) {
      blocks.emplace_back(batch.first_row, TailBlock{});
    }
    add_to(blocks.back().second, batch);
  }
  std::vector<TailChain> chains;
  for (auto& [first_row, block] : blocks) {
    if (chains.empty() || block.timestamp_ns_min < chains.back().blocks.back().timestamp_ns_max) {
      chains.push_back({first_row, {}});
    }
    chains.back().blocks.push_back(std::move(block));
  }
  return chains;
}

Result<BatchPtr> TailSource::next() {
  while (next_block_ < chain_.blocks.size()) {
    TailBlock block = std::exchange(chain_.blocks[next_block_++], {});
    auto batch = block.batches.front();
    if (block.batches.size() > 1) {
      ARROW_ASSIGN_OR_RAISE(batch, arrow::ConcatenateRecordBatches(block.batches));
    }
    ARROW_ASSIGN_OR_RAISE(batch, sorted_by_time(batch));
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*batch));
    const auto [begin, end] = rows_within(*times, span_);
    if (begin < end) return batch->Slice(begin, end - begin);
  }
  return nullptr;
}

UngivenSource::UngivenSource(std::unique_ptr<SortedSource> inner, std::vector<int64_t> given)
    : inner_(std::move(inner)), given_(std::move(given)) {
  std::sort(given_.begin(), given_.end());
}

Result<BatchPtr> UngivenSource::next() {
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, inner_->next());
    if (batch == nullptr || next_given_ == given_.size()) return batch;
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*batch));
    std::vector<int64_t> kept;
    for (int64_t row = 0; row < times->length(); ++row) {
      while (next_given_ < given_.size() && given_[next_given_] < times->Value(row)) ++next_given_;
      if (next_given_ < given_.size() && given_[next_given_] == times->Value(row)) {
        ++next_given_;
      } else {
        kept.push_back(row);
      }
    }
    if (static_cast<int64_t>(kept.size()) == batch->num_rows()) return batch;
    if (!kept.empty()) return take_rows(batch, std::move(kept));
  }
}

}  // namespace mosaico::engine
