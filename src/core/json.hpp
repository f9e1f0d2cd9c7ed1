#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace mosaico::core {

struct JsonLimits {
  size_t bytes_max = size_t{1} << 20;
  int depth_max = 64;  // Nested objects and arrays, the outermost counted.
};

inline constexpr size_t kUserMetadataBytesMax = size_t{256} << 10;  // Unless set otherwise.

// Reads foreign bytes. Invalid, with the position, for anything but one JSON text in UTF-8; also
// for a key twice in an object, and for a number that no int64, uint64 or double holds: nothing is
// changed in silence. LimitExceeded past `limits`. Never throws, never recurses.
Result<nlohmann::json> parse_json(std::string_view text, const JsonLimits& limits = {});

// The compact text. Never throws: text that is not UTF-8 (refused by parse_json() and
// validate_user_metadata()) is written with replacement characters.
std::string dump(const nlohmann::json& value);

// Gives back user metadata as it is stored: null counts as {}. Invalid unless it is an object whose
// keys at every level consist of letters, digits, '_', '-' and blanks, are not empty and hold no
// "--", and whose values JSON can express exactly (UTF-8, finite numbers, at most 64 levels).
// How long its text may be is the engine's to say: check_user_metadata_size().
Result<nlohmann::json> validate_user_metadata(nlohmann::json value);
// LimitExceeded when the text of user metadata, validated, is longer.
Status check_user_metadata_size(const nlohmann::json& value, size_t bytes_max);

// Members of a JSON object. Invalid, naming the key, when `object` is no object or the member has
// another type; for the required forms also when it is missing.
Result<std::string> string_member(const nlohmann::json& object, std::string_view key);
Result<int64_t> int_member(const nlohmann::json& object, std::string_view key);
Result<bool> bool_member(const nlohmann::json& object, std::string_view key);
// The pointers are borrowed from `object`.
Result<const nlohmann::json*> object_member(const nlohmann::json& object, std::string_view key);
Result<const nlohmann::json*> array_member(const nlohmann::json& object, std::string_view key);

// Missing and null both count as absent.
Result<std::optional<std::string>> optional_string_member(const nlohmann::json& object,
                                                          std::string_view key);
Result<std::optional<int64_t>> optional_int_member(const nlohmann::json& object,
                                                   std::string_view key);
Result<std::optional<bool>> optional_bool_member(const nlohmann::json& object,
                                                 std::string_view key);
Result<const nlohmann::json*> optional_object_member(const nlohmann::json& object,
                                                     std::string_view key);  // nullptr when absent

}  // namespace mosaico::core
