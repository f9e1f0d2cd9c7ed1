#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <utility>

#include "core/error.hpp"

namespace mosaico::core {

// A bound on bytes that many threads share. Those who wait are served in the order they came, so a
// large request is not passed by small ones for ever. A request above the whole budget is granted
// when nothing else is reserved: one thing that is too large passes alone. Thread-safe; must
// outlive its reservations.
class MemoryBudget {
 public:
  // Gives its bytes back when it goes. Thread-compatible.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Reservation() { release(); }

    int64_t bytes() const { return bytes_; }
    void release() { shrink(0); }
    // Keeps `bytes` of it; does nothing when it has no more than that.
    void shrink(int64_t bytes);
    // Takes over the bytes of `other`, of the same budget.
    void merge(Reservation other);

   private:
    friend class MemoryBudget;
    Reservation(MemoryBudget* budget, int64_t bytes) : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_ = nullptr;
    int64_t bytes_ = 0;
  };

  explicit MemoryBudget(int64_t bytes_max) : bytes_max_(bytes_max) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Waits until `bytes` are free. Cancelled once `stop` is requested.
  Result<Reservation> reserve(int64_t bytes, const std::stop_token& stop = {});

  // Nothing when the bytes are not free now, or when others wait for theirs.
  std::optional<Reservation> try_reserve(int64_t bytes) { return try_reserve(bytes, bytes_max_); }
  // The same, of a budget of only `bytes_max`: what is above it is left to others.
  std::optional<Reservation> try_reserve(int64_t bytes, int64_t bytes_max);

  int64_t bytes_max() const { return bytes_max_; }
  int64_t used() const;
  int64_t peak() const;     // The most that was ever used.
  int64_t waiting() const;  // Bytes that reserve() waits for.

 private:
  bool fits(int64_t bytes, int64_t bytes_max) const {
    return used_ == 0 || bytes <= bytes_max - used_;
  }
  Reservation grant(int64_t bytes);
  void give_back(int64_t bytes);
  // Passes the turn over tickets whose owners stopped waiting.
  void pass_ticket();

  const int64_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_.
  int64_t used_ = 0;
  int64_t peak_ = 0;
  int64_t waiting_ = 0;
  uint64_t next_ticket_ = 0;
  uint64_t served_ticket_ = 0;
  std::set<uint64_t> abandoned_;
};

}  // namespace mosaico::core
