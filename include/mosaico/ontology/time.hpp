#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "mosaico/describe.hpp"
#include "mosaico/error.hpp"

namespace mosaico {

namespace detail {

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

/// Splits nanoseconds so that the second part is in [0, 1e9), also before zero.
template <typename T>
T split_nanoseconds(std::int64_t nanoseconds) {
  auto seconds = nanoseconds / kNanosecondsPerSecond;
  auto rest = nanoseconds % kNanosecondsPerSecond;
  if (rest < 0) {
    rest += kNanosecondsPerSecond;
    --seconds;
  }
  if (seconds < std::numeric_limits<std::int32_t>::min() ||
      seconds > std::numeric_limits<std::int32_t>::max()) {
    throw InvalidError(
        "the time does not fit into 32 bits of seconds: " + std::to_string(nanoseconds) + " ns");
  }
  return T{.seconds = static_cast<std::int32_t>(seconds),
           .nanoseconds = static_cast<std::uint32_t>(rest)};
}

}  // namespace detail

/// A point in time as seconds and nanoseconds since the epoch of its clock, usually Unix time.
struct Time {
  std::int32_t seconds = 0;
  std::uint32_t nanoseconds = 0;  ///< In [0, 1e9).

  /// Throws InvalidError outside the years 1901 to 2038, which 32 bits of seconds can say.
  static Time from_nanoseconds(std::int64_t nanoseconds) {
    return detail::split_nanoseconds<Time>(nanoseconds);
  }
  static Time from_chrono(std::chrono::sys_time<std::chrono::nanoseconds> time) {
    return from_nanoseconds(time.time_since_epoch().count());
  }
  static Time now() {
    return from_chrono(
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()));
  }

  std::int64_t to_nanoseconds() const noexcept {
    return seconds * detail::kNanosecondsPerSecond + nanoseconds;
  }
  std::chrono::sys_time<std::chrono::nanoseconds> to_chrono() const noexcept {
    return std::chrono::sys_time<std::chrono::nanoseconds>(
        std::chrono::nanoseconds(to_nanoseconds()));
  }

  auto operator<=>(const Time&) const = default;
};

constexpr auto mosaico_ontology(const Time*) {
  return describe<Time>(
      "Time", "A point in time.", SerializationFormat::Default,
      MOSAICO_FIELD(Time, seconds, "Whole seconds since the epoch."),
      MOSAICO_FIELD(Time, nanoseconds, "Nanoseconds after the whole second, in [0, 1e9)."));
}

/// A span of time. Negative spans have negative seconds and nanoseconds that count forwards.
struct Duration {
  std::int32_t seconds = 0;
  std::uint32_t nanoseconds = 0;  ///< In [0, 1e9).

  /// Throws InvalidError beyond 68 years either way, which 32 bits of seconds can say.
  static Duration from_nanoseconds(std::int64_t nanoseconds) {
    return detail::split_nanoseconds<Duration>(nanoseconds);
  }
  static Duration from_chrono(std::chrono::nanoseconds span) {
    return from_nanoseconds(span.count());
  }

  std::int64_t to_nanoseconds() const noexcept {
    return seconds * detail::kNanosecondsPerSecond + nanoseconds;
  }
  std::chrono::nanoseconds to_chrono() const noexcept {
    return std::chrono::nanoseconds(to_nanoseconds());
  }

  auto operator<=>(const Duration&) const = default;
};

constexpr auto mosaico_ontology(const Duration*) {
  return describe<Duration>(
      "Duration", "A span of time.", SerializationFormat::Default,
      MOSAICO_FIELD(Duration, seconds, "Whole seconds."),
      MOSAICO_FIELD(Duration, nanoseconds, "Nanoseconds added to the whole seconds, in [0, 1e9)."));
}

/// When and where a sample was measured. Most types carry one, and so does every vector in them;
/// the time of *recording* is the message's `timestamp_ns`.
struct Header {
  std::optional<Time> timestamp = std::nullopt;                ///< Time of measurement.
  std::optional<std::string> frame_id = std::nullopt;          ///< Coordinate frame of the values.
  std::optional<std::uint64_t> sample_counter = std::nullopt;  ///< Never decreases within a topic.

  bool operator==(const Header&) const = default;
};
/// Default arguments refer to it, which costs nothing.
inline constexpr Header kNoHeader = {};

constexpr auto mosaico_ontology(const Header*) {
  return describe<Header>(
      "Header", "When and in which frame a sample was measured.", SerializationFormat::Default,
      MOSAICO_FIELD(Header, timestamp, "Time of measurement."),
      MOSAICO_FIELD(Header, frame_id, "Name of the coordinate frame of the values."),
      MOSAICO_FIELD(Header, sample_counter, "Number of the sample; never decreases."));
}

}  // namespace mosaico
