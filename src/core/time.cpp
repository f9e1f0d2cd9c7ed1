#include "core/time.hpp"

#include <chrono>
#include <cstdio>

namespace mosaico::core {

Clock system_clock() {
  return [] {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
  };
}

Clock steady_clock() {
  return [] {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
}

std::string format_datetime_utc(int64_t unix_ns) {
  using std::chrono::floor;
  // In microseconds, because the midnight before the least int64 is no longer an int64 of ns.
  const std::chrono::sys_time<std::chrono::microseconds> time(
      floor<std::chrono::microseconds>(std::chrono::nanoseconds(unix_ns)));
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);

  char text[64];
  std::snprintf(
      text, sizeof(text), "%04d-%02u-%02u %02d:%02d:%02d.%06d UTC", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace mosaico::core
