#include "engine/held_rows.hpp"

#include <utility>

namespace mosaico::engine {

struct HeldRows::Held {
  Held(std::shared_ptr<arrow::RecordBatch> batch_in, int64_t bytes_in,
       std::shared_ptr<ReaderHeldBytes> count_in)
      : batch(std::move(batch_in)), bytes(bytes_in), count(std::move(count_in)) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (counted) *count -= bytes;
  }

  const std::shared_ptr<arrow::RecordBatch> batch;
  const int64_t bytes;
  const std::shared_ptr<ReaderHeldBytes> count;
  bool counted = false;  // Written by the owner before it lets go.
};

HeldRows::HeldRows(std::shared_ptr<arrow::RecordBatch>* batch, int64_t bytes,
                   std::shared_ptr<ReaderHeldBytes> count)
    : held_(std::make_shared<Held>(std::move(*batch), bytes, std::move(count))) {
  *batch = std::shared_ptr<arrow::RecordBatch>(held_, held_->batch.get());
}

HeldRows& HeldRows::operator=(HeldRows&& other) noexcept {
  leave();
  held_ = std::move(other.held_);
  return *this;
}

void HeldRows::leave() {
  if (held_ == nullptr) return;
  *held_->count += held_->bytes;
  held_->counted = true;
  held_.reset();
}

}  // namespace mosaico::engine
