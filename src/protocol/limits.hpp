#pragma once

#include <cstdint>

namespace mosaico::protocol {

// What `info` reports; both sides must know these. Defaults of docs/protocol.md.
struct MessageLimits {
  int64_t max_decode_bytes = 32LL << 20;    // Largest message the server accepts.
  int64_t max_encode_bytes = 32LL << 20;    // Largest message the server sends.
  int64_t target_encode_bytes = 8LL << 20;  // What DoGet messages aim at.
  int64_t max_record_bytes = 256LL << 20;   // A message of a single row may be this large.
};

inline constexpr int64_t kJsonBytesMax = 1LL << 20;
inline constexpr int64_t kAnswerBytesMax = 256LL << 20;  // What a client takes for an answer.
inline constexpr int kDefaultPort = 6726;

}  // namespace mosaico::protocol
