#include "cli/interrupt.hpp"

#include "mosaico/error.hpp"

namespace mosaico::cli {

namespace {

// A signal handler can reach nothing else.
volatile std::sig_atomic_t interrupted = 0;

void note(int) { interrupted = 1; }

}  // namespace

InterruptWatch::InterruptWatch() {
  interrupted = 0;
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &interrupt_before_);
  sigaction(SIGTERM, &action, &terminate_before_);
}

InterruptWatch::~InterruptWatch() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
}

bool InterruptWatch::requested() noexcept { return interrupted != 0; }

void InterruptWatch::check() {
  if (requested()) throw CancelledError("interrupted");
}

}  // namespace mosaico::cli
