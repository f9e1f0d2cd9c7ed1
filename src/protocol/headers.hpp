#pragma once

namespace mosaico::protocol {

// Carries the API key of every call (docs/protocol.md, section 2).
inline constexpr const char* kApiKeyHeader = "mosaico-api-key-token";

}  // namespace mosaico::protocol
