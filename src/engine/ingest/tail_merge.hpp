#pragma once

#include <optional>
#include <vector>

#include "engine/live_topics.hpp"

namespace mosaico::engine {

// Two batches in a row as one, when both are small and the second is not much smaller: applied to
// the last two of a growing list as long as it gives something, it copies each row a few times at
// most and keeps the list short, whatever the size of what arrives.
std::optional<TailBatch> merge_small(const TailBatch& first, const TailBatch& second);

// Appends a batch to a list that grows so.
void append_merged(TailBatch batch, std::vector<TailBatch>* batches);

}  // namespace mosaico::engine
