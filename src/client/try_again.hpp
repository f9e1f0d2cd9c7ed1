#pragma once

#include <chrono>
#include <thread>

#include "core/error.hpp"

namespace mosaico::client {

inline const core::Status& status_of(const core::Status& status) { return status; }
template <typename T>
const core::Status& status_of(const core::Result<T>& result) {
  return result.status();
}

// Tries again while the other side is away, as lanes do. `attempt` is told whether an earlier one
// may have come through, and only its answer been lost.
template <typename Attempt>
auto try_again(std::chrono::nanoseconds patience, const Attempt& attempt) {
  constexpr std::chrono::milliseconds kRetry{100};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto result = attempt(/*again=*/false);
  while (core::is_kind(status_of(result), ErrorKind::Unavailable) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kRetry);
    result = attempt(/*again=*/true);
  }
  return result;
}

}  // namespace mosaico::client
