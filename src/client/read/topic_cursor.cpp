#include "client/read/topic_cursor.hpp"

#include <utility>

namespace mosaico::client {

Status TopicCursor::take() {
  ARROW_ASSIGN_OR_RAISE(LoadedBatch batch, loads_->take(topic_));
  row_ = 0;
  rows_ = 0;
  if (!batch) {
    ended_ = true;
    return Status::OK();
  }
  slot_ = 1 - slot_;
  free_slot(slots_[slot_]);
  slots_[slot_] = std::move(batch);
  const detail::ColumnView& times = slots_[slot_].rows->timestamps;
  times_ = static_cast<const int64_t*>(times.values) + times.offset;
  rows_ = times.length;
  last_taken_ns_ = times_[rows_ - 1];
  // While a view still holds the batch before, a third one would be too many.
  if (!slots_[1 - slot_]) loads_->request(topic_, /*ahead=*/true);
  return Status::OK();
}

void TopicCursor::release() {
  if (!has_row()) free_slot(slots_[slot_]);
  if (!slots_[1 - slot_]) return;
  free_slot(slots_[1 - slot_]);
  if (has_row()) loads_->request(topic_, /*ahead=*/true);
}

void TopicCursor::drop() {
  row_ = 0;
  rows_ = 0;
  ended_ = true;
  for (LoadedBatch& slot : slots_) free_slot(slot);
}

void TopicCursor::free_slot(LoadedBatch& slot) {
  if (!slot) return;
  loads_->give_back(slot.bytes());
  slot = {};
}

}  // namespace mosaico::client
