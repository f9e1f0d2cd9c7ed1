#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "mosaico/mosaico.hpp"

namespace mosaico {

struct Blob {
  Bytes data = {};
};
MOSAICO_ONTOLOGY(Blob, "TestBlob", data)

// A recording of eight topics, of bytes that do not get smaller.
inline constexpr std::size_t kBlobBytes = 64U << 10;
inline constexpr std::size_t kBlobRecordingBytes = 640U << 20;

inline void record_blobs(MosaicoClient& client, const std::string& sequence_name) {
  constexpr std::size_t kTopics = 8;
  std::mt19937_64 random(1);
  std::vector<std::uint8_t> data(kBlobBytes);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  const Blob blob{.data = Bytes(std::move(data))};
  client.record(sequence_name, nlohmann::json::object(), [&](SequenceWriter& sequence) {
    std::vector<TopicWriter> topics;
    for (std::size_t i = 0; i < kTopics; ++i) {
      topics.push_back(sequence.topic_create<Blob>("t" + std::to_string(i)));
    }
    constexpr auto kRows = static_cast<std::int64_t>(kBlobRecordingBytes / kBlobBytes / kTopics);
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (TopicWriter& topic : topics) topic.push(blob, row);
    }
  });
}

// Streams a recording up to `end_ns`; the bytes seen.
inline std::size_t stream_blobs(MosaicoClient& client, const std::string& sequence_name,
                                std::int64_t end_ns = std::numeric_limits<std::int64_t>::max()) {
  std::size_t bytes = 0;
  auto streamer = client.sequence_handler(sequence_name)
                      .value()
                      .get_data_streamer({.end_timestamp_ns = end_ns});
  for (const auto& [topic, message] : streamer) {
    bytes += message.get_data<Blob>().value().data.size();
  }
  return bytes;
}

}  // namespace mosaico
