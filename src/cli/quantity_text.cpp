#include "cli/quantity_text.hpp"

#include <cmath>
#include <cstdio>

#include "core/time.hpp"

namespace mosaico::cli {

namespace {

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

std::string mib_text(std::int64_t bytes) {
  const double mib = static_cast<double>(bytes) / (1 << 20);
  return formatted(mib == 0 || mib >= 1 ? "%.2f MiB" : mib >= 0.01 ? "%.3f MiB" : "%.6f MiB", mib);
}

std::string count_text(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::ptrdiff_t first = text.front() == '-' ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > first; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ' ');
  }
  return text;
}

std::string time_text(std::optional<std::int64_t> timestamp_ns) {
  if (!timestamp_ns) return "-";
  constexpr std::int64_t kYear2000 = 946'684'800'000'000'000;
  constexpr std::int64_t kYear2100 = 4'102'444'800'000'000'000;
  std::string text = std::to_string(*timestamp_ns);
  if (*timestamp_ns >= kYear2000 && *timestamp_ns < kYear2100) {
    text += " (" + core::format_datetime_utc(*timestamp_ns) + ")";
  }
  return text;
}

std::string duration_text(double seconds) {
  if (seconds < 60) return formatted("%.3f s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3'600) return formatted("%lld min %02lld s", whole / 60, whole % 60);
  return formatted("%lld h %02lld min", whole / 3'600, whole / 60 % 60);
}

}  // namespace mosaico::cli
