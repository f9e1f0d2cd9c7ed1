#include "engine/ingest/tail_merge.hpp"

#include <arrow/record_batch.h>

#include <algorithm>
#include <utility>

#include "engine/ingest/batch_check.hpp"

namespace mosaico::engine {

std::optional<TailBatch> merge_small(const TailBatch& first, const TailBatch& second) {
  // Beyond these the arrays around the data no longer matter.
  constexpr int64_t kMergedBytesMax = 128 << 10;
  constexpr int64_t kOverheads = 4;
  const int64_t bytes = first.bytes + second.bytes;
  if (first.batch->num_rows() > 2 * second.batch->num_rows() ||
      bytes > std::max(kMergedBytesMax, kOverheads * overhead_bytes(*first.batch))) {
    return std::nullopt;
  }
  auto batch = arrow::ConcatenateRecordBatches({first.batch, second.batch});
  // They can stay two: nothing is lost but memory.
  if (!batch.ok()) return std::nullopt;
  return TailBatch{.batch = std::move(batch).ValueUnsafe(),
                   .first_row = first.first_row,
                   .bytes = bytes,
                   .timestamp_ns_min = std::min(first.timestamp_ns_min, second.timestamp_ns_min),
                   .timestamp_ns_max = std::max(first.timestamp_ns_max, second.timestamp_ns_max)};
}

void append_merged(TailBatch batch, std::vector<TailBatch>* batches) {
  batches->push_back(std::move(batch));
  while (batches->size() >= 2) {
    auto merged = merge_small(batches->end()[-2], batches->back());
    if (!merged) return;
    batches->pop_back();
    batches->back() = *std::move(merged);
  }
}

}  // namespace mosaico::engine
