#pragma once

#include <cstdint>
#include <string_view>

namespace mosaico::core {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4). Of a long run of bytes piece by piece: pass the
// result so far as `seed`. Uses the processor's own instruction where there is one.
uint32_t crc32c(std::string_view bytes, uint32_t seed = 0);

// The same in plain C++.
uint32_t crc32c_portable(std::string_view bytes, uint32_t seed = 0);

}  // namespace mosaico::core
