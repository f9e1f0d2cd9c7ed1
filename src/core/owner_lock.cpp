#include "mosaico/detail/owner_lock.hpp"

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "core/log.hpp"

namespace mosaico::detail {

namespace {

#ifdef __linux__
bool membarrier(int command) { return ::syscall(SYS_membarrier, command, 0U, 0) == 0; }

bool register_for_barriers() { return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

// Once registered, the call has no way to fail but a filter of system calls that was put in place
// later. Owners that already rely on it cannot be told.
void order_other_threads() {
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  core::log().critical("the system call membarrier was taken away (errno {})", errno);
  std::abort();
}
#else
bool register_for_barriers() { return false; }
void order_other_threads() {}
#endif

}  // namespace

bool can_order_other_threads() {
  static const bool kCan = register_for_barriers();
  return kCan;
}

void OwnerLock::give_way() const {
  while (wanted_.load(std::memory_order_relaxed)) std::this_thread::yield();
}

void OwnerLock::ask_owner_out() {
  wanted_.store(true, std::memory_order_seq_cst);
  if (cheap_) order_other_threads();
}

void OwnerLock::lock() {
  others_.lock();
  ask_owner_out();
  while (inside_.load(std::memory_order_seq_cst)) std::this_thread::yield();
}

bool OwnerLock::try_lock() {
  if (!others_.try_lock()) return false;
  ask_owner_out();
  if (!inside_.load(std::memory_order_seq_cst)) return true;
  unlock();
  return false;
}

void OwnerLock::unlock() {
  wanted_.store(false, std::memory_order_release);
  others_.unlock();
}

}  // namespace mosaico::detail
