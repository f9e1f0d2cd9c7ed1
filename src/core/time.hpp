#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace mosaico::core {

// Nanoseconds since the Unix epoch. Passed in wherever time matters, so that tests own it.
using Clock = std::function<int64_t()>;

Clock system_clock();

// Nanoseconds of a clock that nobody sets; for how long something took.
Clock steady_clock();

// "2026-05-01 10:00:00.123456 UTC", the form of `created_datetime` in notifications.
std::string format_datetime_utc(int64_t unix_ns);

}  // namespace mosaico::core
