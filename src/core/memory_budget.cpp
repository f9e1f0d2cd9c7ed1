#include "core/memory_budget.hpp"

#include <algorithm>
#include <cassert>

namespace mosaico::core {

void MemoryBudget::Reservation::shrink(int64_t bytes) {
  if (budget_ == nullptr || bytes >= bytes_) return;
  budget_->give_back(bytes_ - bytes);
  bytes_ = bytes;
}

void MemoryBudget::Reservation::merge(Reservation other) {
  assert(budget_ == nullptr || other.budget_ == nullptr || budget_ == other.budget_);
  if (other.budget_ != nullptr) budget_ = other.budget_;
  bytes_ += std::exchange(other.bytes_, 0);
}

Result<MemoryBudget::Reservation> MemoryBudget::reserve(int64_t bytes,
                                                        const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  waiting_ += bytes;
  const bool granted = changed_.wait(
      lock, stop, [&] { return ticket == served_ticket_ && fits(bytes, bytes_max_); });
  waiting_ -= bytes;
  if (!granted) {
    abandoned_.insert(ticket);
    pass_ticket();
    return error(ErrorKind::Cancelled, "waiting for memory was stopped");
  }
  ++served_ticket_;
  pass_ticket();
  return grant(bytes);
}

std::optional<MemoryBudget::Reservation> MemoryBudget::try_reserve(int64_t bytes,
                                                                   int64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (served_ticket_ != next_ticket_ || !fits(bytes, bytes_max)) return std::nullopt;
  return grant(bytes);
}

int64_t MemoryBudget::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

int64_t MemoryBudget::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

int64_t MemoryBudget::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

MemoryBudget::Reservation MemoryBudget::grant(int64_t bytes) {
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  return Reservation(this, bytes);
}

void MemoryBudget::give_back(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  changed_.notify_all();
}

void MemoryBudget::pass_ticket() {
  while (abandoned_.erase(served_ticket_) > 0) ++served_ticket_;
  changed_.notify_all();
}

}  // namespace mosaico::core
