#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"

// Members that several messages share, beyond those of core/json.hpp. All refuse with Invalid and
// the key's name.
namespace mosaico::protocol {

using LocatorParser = core::Result<core::Locator> (*)(std::string_view text);

core::Result<core::Locator> locator_member(const nlohmann::json& object, std::string_view key,
                                           LocatorParser parse);

// A UUID in canonical text.
core::Result<std::string> uuid_member(const nlohmann::json& object, std::string_view key);

// An integer that is not negative.
core::Result<int64_t> count_member(const nlohmann::json& object, std::string_view key);

// One of `words`.
core::Result<std::string> word_member(const nlohmann::json& object, std::string_view key,
                                      const std::vector<std::string_view>& words);

// `user_metadata` of a request, validated; missing and null count as {}.
core::Result<nlohmann::json> user_metadata_of_request(const nlohmann::json& object);

// `user_metadata` of an answer: any object, since its keys are another server's matter.
core::Result<nlohmann::json> user_metadata_of_answer(const nlohmann::json& object);

// The array `key`, each element read by `read`.
core::Result<const nlohmann::json*> list_member(const nlohmann::json& object, std::string_view key);

template <typename T, typename Read>
core::Status read_list(const nlohmann::json& object, std::string_view key, Read read,
                       std::vector<T>* out) {
  ARROW_ASSIGN_OR_RAISE(const nlohmann::json* list, list_member(object, key));
  out->reserve(list->size());
  for (const auto& element : *list) {
    core::Result<T> value = read(element);
    if (!value.ok()) return core::with_context(value.status(), "in " + core::quoted(key));
    out->push_back(std::move(value).ValueUnsafe());
  }
  return core::Status::OK();
}

}  // namespace mosaico::protocol
