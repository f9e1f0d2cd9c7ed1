#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mosaico::cli {

// One line of JSON. Binary values become base64 text, NaN and infinities null, text that is not
// UTF-8 gets replacement characters.
std::string json_line(nlohmann::json value);

// A message on one line for people: nulls left out, long lists and blobs shortened.
std::string brief_text(const nlohmann::json& value);

// The value, or null.
nlohmann::json json_or_null(std::optional<std::int64_t> value);

std::string base64_encode(std::string_view bytes);
// Empty for text that is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace mosaico::cli
