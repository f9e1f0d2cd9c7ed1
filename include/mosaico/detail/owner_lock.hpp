#pragma once

#include <atomic>
#include <mutex>

namespace mosaico::detail {

/// Whether a thread of this process may order the memory accesses of all others
/// (membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED). Asked once.
bool can_order_other_threads();

/// A lock that one thread, its owner, takes all the time and others now and then. The owner's side
/// is two plain stores and a load. With an atomic exchange instead, which waits for all stores
/// before it, two thirds of the time of a push lay there (profile of the workload push_imu).
///
/// Owner and others each raise a flag and then look at the other's. That excludes both only where
/// the flag is seen by all before the other's is read. The others see to it for both sides: between
/// their store and their load they have the kernel run a full barrier on every thread of the
/// process, the owner's among them. So the owner's two accesses are ordered as the owner's code
/// has them when that barrier comes between them, and otherwise both lie before it, and its flag is
/// seen, or both after it, and it sees theirs. A compiler barrier is all the owner needs. Where the
/// kernel has no such call, the owner's store is sequentially consistent: as dear as an exchange.
///
/// Owner is one thread at a time: another one may follow once it is ordered after the first.
/// lock(), try_lock() and unlock() are for all others, and for the owner while it is not inside.
class OwnerLock {
 public:
  /// Held by the owner.
  class Guard {
   public:
    explicit Guard(OwnerLock& lock) : lock_(lock) { lock_.enter(); }
    ~Guard() { lock_.leave(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    OwnerLock& lock_;
  };

  /// With `cheap` false it does without the kernel's help.
  explicit OwnerLock(bool cheap = can_order_other_threads()) : cheap_(cheap) {}
  OwnerLock(const OwnerLock&) = delete;
  OwnerLock& operator=(const OwnerLock&) = delete;

  void enter() {
    while (!try_enter()) give_way();
  }
  /// False when others have or want the lock.
  bool try_enter() {
    raise_flag();
    if (!wanted_.load(std::memory_order_seq_cst)) [[likely]]
      return true;
    leave();
    return false;
  }
  void leave() { inside_.store(false, std::memory_order_release); }

  void lock();
  /// Does not wait for the owner.
  bool try_lock();
  void unlock();

 private:
  void raise_flag() {
    if (cheap_) [[likely]] {
      inside_.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      inside_.store(true, std::memory_order_seq_cst);
    }
  }
  void give_way() const;
  // Others, with others_ held: afterwards the owner is seen inside, or sees that it is wanted out.
  void ask_owner_out();

  const bool cheap_;
  std::atomic<bool> inside_ = false;  // Written by the owner.
  std::atomic<bool> wanted_ = false;  // Written with others_ held.
  std::mutex others_;
};

}  // namespace mosaico::detail
