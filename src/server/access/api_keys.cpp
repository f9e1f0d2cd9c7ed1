#include "server/access/api_keys.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/names.hpp"
#include "core/time.hpp"
#include "core/utf8.hpp"
#include "query/instant.hpp"
#include "server/access/token.hpp"

namespace mosaico::server {

using core::error;
using core::Result;
using core::Status;
using query::kNsPerSecond;

namespace {

// Two tokens of 2^32 fingerprints meet so seldom that a second try is one too many.
constexpr int kTriesMax = 8;
constexpr int64_t kSecondsMax = std::numeric_limits<int64_t>::max() / kNsPerSecond - 1;

std::optional<int64_t> seconds_of_unit(std::string_view unit) {
  if (unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return query::kSecondsPerDay;
  return std::nullopt;
}

// A number and a unit, in seconds.
std::optional<int64_t> parse_span(std::string_view text) {
  int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc() || count <= 0) return std::nullopt;
  const auto unit = seconds_of_unit(text.substr(static_cast<size_t>(end - text.data())));
  if (!unit || count > kSecondsMax / *unit) return std::nullopt;
  return count * *unit;
}

}  // namespace

Status validate(const ApiKeyRequest& request, int64_t now_ns) {
  const std::string& text = request.description;
  if (text.empty()) return error(ErrorKind::Invalid, "the description of an API key is empty");
  if (text.size() > kDescriptionBytesMax) {
    return error(ErrorKind::Invalid, "the description of an API key has ", text.size(),
                 " bytes, at most ", kDescriptionBytesMax);
  }
  const bool has_controls =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == '\x7f'; });
  if (has_controls || !core::is_utf8(text)) {
    return error(ErrorKind::Invalid, "the description of an API key is not one line of UTF-8");
  }
  if (request.expires_at_ns && *request.expires_at_ns <= now_ns) {
    return error(ErrorKind::Invalid, "the API key would have expired at ",
                 core::format_datetime_utc(*request.expires_at_ns));
  }
  return Status::OK();
}

Result<NewApiKey> create_api_key(catalog::Catalog& keys, const ApiKeyRequest& request,
                                 int64_t now_ns) {
  ARROW_RETURN_NOT_OK(validate(request, now_ns));
  Status taken;
  for (int i = 0; i < kTriesMax; ++i) {
    NewApiKey made{.token = make_token(), .key = {}};
    made.key = {.fingerprint = fingerprint_of_token(made.token).value(),
                .token_hash = hash_of_token(made.token),
                .description = request.description,
                .rights = request.rights,
                .created_at_ns = now_ns,
                .expires_at_ns = request.expires_at_ns};
    taken = keys.create_api_key(made.key);
    if (taken.ok()) return made;
    if (!core::is_kind(taken, ErrorKind::AlreadyExists)) break;
  }
  return taken;
}

Result<catalog::ApiKey> recognize_token(catalog::Catalog& keys, std::string_view token,
                                        int64_t now_ns) {
  const auto fingerprint = fingerprint_of_token(token);
  if (!fingerprint) {
    return error(ErrorKind::Unauthenticated, "the API key is malformed; one looks like ",
                 "msco_<32 characters>_<8 hex digits>");
  }
  const Status unknown = error(ErrorKind::Unauthenticated, "the API key ", *fingerprint,
                               " is unknown here; it may have been revoked");
  auto key = keys.find_api_key(*fingerprint);
  if (core::is_kind(key.status(), ErrorKind::NotFound)) return unknown;
  ARROW_RETURN_NOT_OK(key.status());
  if (!is_same_hash(key->token_hash, hash_of_token(token))) return unknown;
  if (key->expires_at_ns && now_ns >= *key->expires_at_ns) {
    return error(ErrorKind::Unauthenticated, "the API key ", *fingerprint, " expired at ",
                 core::format_datetime_utc(*key->expires_at_ns));
  }
  return key;
}

Result<int64_t> parse_expiry(std::string_view text, int64_t now_ns) {
  if (const auto span = parse_span(text)) {
    if (*span <= kSecondsMax - now_ns / kNsPerSecond) return now_ns + *span * kNsPerSecond;
  } else if (const auto instant = query::parse_timestamp(text)) {
    if (instant->seconds >= -kSecondsMax && instant->seconds <= kSecondsMax) {
      const int64_t time_ns = instant->seconds * kNsPerSecond + instant->nanoseconds;
      if (time_ns > now_ns) return time_ns;
      return error(ErrorKind::Invalid, "the time ", core::quoted(text), " has passed");
    }
  } else {
    return error(ErrorKind::Invalid, core::quoted(text),
                 " is no time: give one like 2027-01-01T00:00:00Z, or a span like 30d or 12h");
  }
  return error(ErrorKind::Invalid, "the time ", core::quoted(text), " is too far away");
}

}  // namespace mosaico::server
