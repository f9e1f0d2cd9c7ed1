#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "client/read/loser_tree.hpp"
#include "client/read/topic_loads.hpp"

namespace mosaico::client {

// Steps through the rows of one topic of a stream. The batch that a view may point into stays until
// release(), also when the cursor has gone on to the next. One thread.
class TopicCursor {
 public:
  TopicCursor(TopicLoads& loads, size_t topic) : loads_(&loads), topic_(topic) {}
  TopicCursor(TopicCursor&&) noexcept = default;

  size_t topic() const { return topic_; }
  bool has_row() const { return row_ < rows_; }
  // In the batch in hand, after the row in hand.
  bool has_next_row() const { return row_ + 1 < rows_; }
  bool ended() const { return ended_; }
  int64_t timestamp_ns() const { return times_[row_]; }
  int64_t row() const { return row_; }
  // Stays at its place until release(): views keep a reference to it.
  const std::shared_ptr<const detail::StreamBatch>& batch() const { return hand().rows; }
  const LoadedBatch& hand() const { return slots_[slot_]; }
  // The time of the last row taken so far.
  const std::optional<int64_t>& last_taken_ns() const { return last_taken_ns_; }
  MergeKey key() const {
    return has_row() ? MergeKey{.absent = false, .timestamp_ns = timestamp_ns(), .topic = topic_}
                     : MergeKey{.absent = true, .topic = topic_};
  }

  // Goes on to the batch's next row if its time is at most `bound_ns`. False when it stays.
  bool next_within(int64_t bound_ns) {
    const int64_t next = row_ + 1;
    if (next >= rows_ || times_[next] > bound_ns) return false;
    row_ = next;
    return true;
  }
  // Goes past the row in hand; there may be none in hand afterwards.
  void pass() { ++row_; }
  void pass_batch() { row_ = rows_; }

  // Takes the next batch, waiting for it; the cursor has ended when there is none. Only without a
  // row in hand.
  Status take();
  // Frees what earlier views pointed into.
  void release();
  // Frees everything.
  void drop();

 private:
  void free_slot(LoadedBatch& slot);

  TopicLoads* loads_;
  size_t topic_;
  std::array<LoadedBatch, 2> slots_;  // The one in hand, and the one before until release().
  size_t slot_ = 0;
  const int64_t* times_ = nullptr;
  int64_t row_ = 0;
  int64_t rows_ = 0;
  bool ended_ = false;
  std::optional<int64_t> last_taken_ns_;
};

}  // namespace mosaico::client
