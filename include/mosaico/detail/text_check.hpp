#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "mosaico/describe.hpp"

namespace mosaico::detail {

/// For texts with bytes beyond ASCII.
bool is_utf8(std::string_view text);

/// Most texts are ASCII, which eight bytes at a time tell.
inline bool is_text(std::string_view text) {
  std::uint64_t bits = 0;
  std::size_t at = 0;
  for (; at + sizeof bits <= text.size(); at += sizeof bits) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    bits |= word;
  }
  for (; at < text.size(); ++at) bits |= static_cast<unsigned char>(text[at]);
  return (bits & 0x8080'8080'8080'8080U) == 0 || is_utf8(text);
}

/// Whether a value of the type can hold a text.
template <typename T>
constexpr bool holds_text() {
  if constexpr (Described<T>) {
    return std::apply(
        [](const auto&... entry) {
          return (holds_text<typename std::decay_t<decltype(entry)>::Member>() || ...);
        },
        description_of<T>().fields);
  } else if constexpr (kIsOptional<T> || IsVector<T>::value || IsArray<T>::value) {
    return holds_text<typename T::value_type>();
  } else {
    return std::is_same_v<T, std::string>;
  }
}

/// Puts the name of a field, or the position in a list, before the path of what is inside it.
inline void prepend_to_path(const std::string& step, std::string& path) {
  path = step + (path.empty() || path.front() == '[' ? "" : ".") + path;
}

/// Whether all texts of a value are UTF-8; if not, `path` leads to the first that is none.
template <typename T>
bool texts_are_utf8(const T& value, std::string& path) {
  if constexpr (!holds_text<T>()) {
    return true;
  } else if constexpr (kIsOptional<T>) {
    return !value.has_value() || texts_are_utf8(*value, path);
  } else if constexpr (Described<T>) {
    return std::apply(
        [&](const auto&... entry) {
          const auto check = [&](const auto& field) {
            if (texts_are_utf8(value.*field.member, path)) return true;
            prepend_to_path(field.name, path);
            return false;
          };
          return (check(entry) && ...);
        },
        description_of<T>().fields);
  } else if constexpr (IsVector<T>::value || IsArray<T>::value) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (texts_are_utf8(value[i], path)) continue;
      prepend_to_path('[' + std::to_string(i) + ']', path);
      return false;
    }
    return true;
  } else {
    return is_text(value);
  }
}

}  // namespace mosaico::detail
