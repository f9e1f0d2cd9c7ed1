#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mosaico::query {

// A point in time, a day or a time of day, to the nanosecond. Seconds of their own hold what no
// int64 of nanoseconds would: the year 9999, and every value of every Arrow unit.
struct Instant {
  int64_t seconds = 0;
  int64_t nanoseconds = 0;  // 0 to 999'999'999.

  auto operator<=>(const Instant&) const = default;
};

inline constexpr int64_t kNsPerSecond = 1'000'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;

// A stored number of ticks; `ns_per_tick` is a power of ten up to a second, or a whole day.
Instant instant_of(int64_t ticks, int64_t ns_per_tick);

// "2026-05-01", "2026-05-01T10:00", "2026-05-01 10:00:00.5Z", "2026-05-01T10:00:00+02:00". Without
// an offset it is taken as UTC. Nothing for any other text.
std::optional<Instant> parse_timestamp(std::string_view text);

// "10:00", "10:00:00.123456789". Nothing for any other text.
std::optional<Instant> parse_time_of_day(std::string_view text);

}  // namespace mosaico::query
