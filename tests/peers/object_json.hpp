#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <type_traits>

#include "mosaico/describe.hpp"
#include "mosaico/values.hpp"

namespace mosaico::peers {

inline std::string hex_of(const Bytes& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes.span()) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

// Every member of an object as its user reads it: blobs as hex digits, an object of nothing but
// nulls as null.
template <typename T>
nlohmann::json object_json(const T& value) {
  if constexpr (detail::kIsOptional<T>) {
    return value ? object_json(*value) : nlohmann::json(nullptr);
  } else if constexpr (std::is_same_v<T, Float16>) {
    return value.to_float();
  } else if constexpr (std::is_floating_point_v<T>) {
    return is_unset(value) ? nlohmann::json(nullptr) : nlohmann::json(value);
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::underlying_type_t<T>>(value);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return hex_of(value);
  } else if constexpr (Described<T>) {
    auto members = nlohmann::json::object();
    std::apply(
        [&](const auto&... field) {
          ((members[field.name] = object_json(value.*(field.member))), ...);
        },
        description_of<T>().fields);
    for (const auto& member : members) {
      if (!member.is_null()) return members;
    }
    return nullptr;
  } else {
    auto elements = nlohmann::json::array();
    for (const auto& element : value) {
      elements.push_back(object_json<detail::ValueOf<typename T::value_type>>(element));
    }
    return elements;
  }
}

}  // namespace mosaico::peers
