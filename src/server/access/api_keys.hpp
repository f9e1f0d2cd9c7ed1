#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.hpp"
#include "core/error.hpp"

namespace mosaico::server {

inline constexpr size_t kDescriptionBytesMax = 255;

struct ApiKeyRequest {
  std::string description;  // UTF-8 on one line, not empty.
  catalog::Rights rights;
  std::optional<int64_t> expires_at_ns;
};

struct NewApiKey {
  std::string token;  // Here and nowhere else.
  catalog::ApiKey key;
};

// Invalid: no description, or one that is too long or no line of text; an expiry that has passed.
core::Status validate(const ApiKeyRequest& request, int64_t now_ns);

// Makes a key. Errors as validate() has them.
core::Result<NewApiKey> create_api_key(catalog::Catalog& keys, const ApiKeyRequest& request,
                                       int64_t now_ns);

// The key of a token that somebody sent. Unauthenticated when it is malformed, unknown or expired;
// no text repeats a part of the token but the fingerprint. Asks the catalog each time, so that a
// key revoked by another process is refused at once.
core::Result<catalog::ApiKey> recognize_token(catalog::Catalog& keys, std::string_view token,
                                              int64_t now_ns);

// "2027-01-01", "2027-01-01T00:00:00Z", or a span from `now_ns` on: "30d", "12h", "90m", "45s".
// Invalid: any other text, a time that has passed or is beyond the year 2262.
core::Result<int64_t> parse_expiry(std::string_view text, int64_t now_ns);

}  // namespace mosaico::server
