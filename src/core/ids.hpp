#pragma once

#include <cstdint>
#include <string>

namespace mosaico::core {

// A random UUID (version 4) in canonical text.
std::string make_uuid();

// A ULID: 48 bits of `unix_ms` and 80 random bits, 26 characters of Crockford base 32
// (https://github.com/ulid/spec).
std::string make_ulid(int64_t unix_ms);

bool is_uuid(const std::string& text);
bool is_ulid(const std::string& text);

}  // namespace mosaico::core
