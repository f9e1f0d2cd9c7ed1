#pragma once

#include <csignal>

namespace mosaico::cli {

// While one exists, the first Ctrl-C (or SIGTERM) is noted for the work to end in order; a second
// one ends the process as usual. At most one at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  ~InterruptWatch();

  static bool requested() noexcept;
  // Throws CancelledError once requested.
  static void check();

 private:
  struct sigaction interrupt_before_ = {};
  struct sigaction terminate_before_ = {};
};

}  // namespace mosaico::cli
