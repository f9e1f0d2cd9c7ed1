#include "query/instant.hpp"

#include <chrono>

namespace mosaico::query {

namespace {

constexpr int kFractionDigits = 9;

// Takes what it read off the front of `text`, and nothing where that is not what was expected.
bool take(std::string_view* text, char expected) {
  if (text->empty() || text->front() != expected) return false;
  text->remove_prefix(1);
  return true;
}

// Exactly `digits` digits.
std::optional<int> take_number(std::string_view* text, size_t digits) {
  if (text->size() < digits) return std::nullopt;
  int number = 0;
  for (const char c : text->substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  text->remove_prefix(digits);
  return number;
}

std::optional<int64_t> take_day(std::string_view* text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// The digits after the point, as nanoseconds.
std::optional<int64_t> take_fraction(std::string_view* text) {
  int64_t nanoseconds = 0;
  int digits = 0;
  for (; !text->empty() && text->front() >= '0' && text->front() <= '9'; ++digits) {
    nanoseconds = 10 * nanoseconds + (text->front() - '0');
    text->remove_prefix(1);
    if (digits == kFractionDigits) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < kFractionDigits; ++digits) nanoseconds *= 10;
  return nanoseconds;
}

// "HH:MM", "HH:MM:SS", "HH:MM:SS.f".
std::optional<Instant> take_time(std::string_view* text) {
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  Instant time{.seconds = 3600LL * *hours + 60LL * *minutes, .nanoseconds = 0};
  if (!take(text, ':')) return time;
  const auto seconds = take_number(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  time.seconds += *seconds;
  if (!take(text, '.')) return time;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  time.nanoseconds = *fraction;
  return time;
}

// "Z", "+02", "+02:00" or nothing, as seconds east of UTC.
std::optional<int64_t> take_offset(std::string_view* text) {
  if (text->empty() || take(text, 'Z')) return 0;
  const bool west = text->front() == '-';
  if (!take(text, west ? '-' : '+')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  int64_t seconds = 3600LL * *hours;
  if (take(text, ':')) {
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    seconds += 60LL * *minutes;
  }
  return west ? -seconds : seconds;
}

}  // namespace

Instant instant_of(int64_t ticks, int64_t ns_per_tick) {
  if (ns_per_tick >= kNsPerSecond) {
    return {.seconds = ticks * (ns_per_tick / kNsPerSecond), .nanoseconds = 0};
  }
  const int64_t ticks_per_second = kNsPerSecond / ns_per_tick;
  int64_t seconds = ticks / ticks_per_second;
  int64_t rest = ticks % ticks_per_second;
  if (rest < 0) {
    --seconds;
    rest += ticks_per_second;
  }
  return {.seconds = seconds, .nanoseconds = rest * ns_per_tick};
}

std::optional<Instant> parse_timestamp(std::string_view text) {
  const auto day = take_day(&text);
  if (!day) return std::nullopt;
  Instant instant{.seconds = *day * kSecondsPerDay, .nanoseconds = 0};
  if (text.empty()) return instant;
  if (!take(&text, 'T') && !take(&text, ' ')) return std::nullopt;
  const auto time = take_time(&text);
  if (!time) return std::nullopt;
  const auto offset = take_offset(&text);
  if (!offset || !text.empty()) return std::nullopt;
  instant.seconds += time->seconds - *offset;
  instant.nanoseconds = time->nanoseconds;
  return instant;
}

std::optional<Instant> parse_time_of_day(std::string_view text) {
  const auto time = take_time(&text);
  return text.empty() ? time : std::nullopt;
}

}  // namespace mosaico::query
