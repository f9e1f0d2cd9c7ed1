#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/values.hpp"

// What tests record that look for lost rows: rows that can be told again from their topic and
// number.
namespace mosaico {

inline constexpr std::size_t kLargeBytes = std::size_t{17} << 20;

struct LoadRow {
  std::int64_t number = 0;
  Bytes payload;
};
MOSAICO_ONTOLOGY(LoadRow, "TestLoadRow", number, payload)

struct LoadTopic {
  const char* name = "";
  unsigned burst_rows_max = 1;  // Pushed at once.
  std::size_t payload_bytes = 0;
  std::int64_t large_every = 0;           // One row in so many is large; 0: none.
  std::size_t large_bytes = kLargeBytes;  // By default too large for the journal.
  bool swapped = false;  // Every second row is earlier than the one pushed before it.
};

// The topics of test_load_recorder.
inline constexpr std::array<LoadTopic, 4> kLoadTopics = {{
    {.name = "tick", .burst_rows_max = 4},
    {.name = "imu", .burst_rows_max = 100, .payload_bytes = 100, .swapped = true},
    {.name = "camera", .burst_rows_max = 3, .payload_bytes = 100'000},
    {.name = "raw", .burst_rows_max = 2, .payload_bytes = 2'000, .large_every = 48},
}};

inline std::int64_t load_timestamp_ns(const LoadTopic& topic, std::int64_t number) {
  return topic.swapped ? number ^ 1 : number;
}

inline std::size_t load_payload_bytes(const LoadTopic& topic, std::int64_t number) {
  const bool large = topic.large_every > 0 && number % topic.large_every == topic.large_every - 1;
  return large ? topic.large_bytes : topic.payload_bytes;
}

inline std::uint8_t load_payload_byte(std::int64_t number) {
  return static_cast<std::uint8_t>(number % 251);
}

inline LoadRow load_row(const LoadTopic& topic, std::int64_t number) {
  std::vector<std::uint8_t> payload(load_payload_bytes(topic, number), load_payload_byte(number));
  return {.number = number, .payload = Bytes(std::move(payload))};
}

}  // namespace mosaico
