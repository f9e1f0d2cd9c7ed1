#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mosaico::server {

// The text that a client sends as its API key: "msco_", 32 characters of a-z and 0-9, "_", and a
// fingerprint, the CRC-32 (IEEE) of the 32 characters as 8 lower-case hex digits (docs/protocol.md,
// section 2). The fingerprint names a key and is no secret; the rest is.

// A new one, of characters from the kernel's generator.
std::string make_token();

// The fingerprint of a well-formed token; nothing for any other text.
std::optional<std::string> fingerprint_of_token(std::string_view token);

// Whether a text has the form of a fingerprint.
bool is_fingerprint(std::string_view text);

// SHA-256, 32 bytes: what is kept of a token.
std::string hash_of_token(std::string_view token);

// Takes the same time wherever the two differ.
bool is_same_hash(std::string_view a, std::string_view b);

}  // namespace mosaico::server
