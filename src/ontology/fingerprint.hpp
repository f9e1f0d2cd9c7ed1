#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mosaico::ontology {

// SHA-1 as of RFC 3174. It names schemas as the published clients do; nothing rests on its being
// hard to forge.
std::array<std::uint8_t, 20> sha1(std::string_view message);

// The first 10 hex digits of the SHA-1 of the text of a struct type.
std::string fingerprint_of(std::string_view struct_text);

}  // namespace mosaico::ontology
