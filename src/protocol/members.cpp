#include "protocol/members.hpp"

#include "core/ids.hpp"
#include "core/json.hpp"

namespace mosaico::protocol {

using core::error;
using core::Locator;
using core::Result;
using nlohmann::json;

Result<Locator> locator_member(const json& object, std::string_view key, LocatorParser parse) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, core::string_member(object, key));
  Result<Locator> locator = parse(text);
  if (!locator.ok()) {
    return core::with_context(locator.status(), "key " + core::quoted(key));
  }
  return locator;
}

Result<std::string> uuid_member(const json& object, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(std::string text, core::string_member(object, key));
  if (!core::is_uuid(text)) {
    return error(ErrorKind::Invalid, "key ", core::quoted(key), ": ", core::quoted(text),
                 " is not a UUID");
  }
  return text;
}

Result<int64_t> count_member(const json& object, std::string_view key) {
  ARROW_ASSIGN_OR_RAISE(const int64_t value, core::int_member(object, key));
  if (value < 0) {
    return error(ErrorKind::Invalid, "key ", core::quoted(key), " is negative: ", value);
  }
  return value;
}

Result<std::string> word_member(const json& object, std::string_view key,
                                const std::vector<std::string_view>& words) {
  ARROW_ASSIGN_OR_RAISE(std::string text, core::string_member(object, key));
  std::string allowed;
  for (const std::string_view word : words) {
    if (text == word) return text;
    if (!allowed.empty()) allowed += ", ";
    allowed += word;
  }
  return error(ErrorKind::Invalid, "key ", core::quoted(key), ": ", core::quoted(text),
               " is none of ", allowed);
}

Result<json> user_metadata_of_request(const json& object) {
  ARROW_ASSIGN_OR_RAISE(const json* metadata,
                        core::optional_object_member(object, "user_metadata"));
  return core::validate_user_metadata(metadata == nullptr ? json::object() : *metadata);
}

Result<json> user_metadata_of_answer(const json& object) {
  ARROW_ASSIGN_OR_RAISE(const json* metadata,
                        core::optional_object_member(object, "user_metadata"));
  return metadata == nullptr ? json::object() : *metadata;
}

Result<const json*> list_member(const json& object, std::string_view key) {
  return core::array_member(object, key);
}

}  // namespace mosaico::protocol
