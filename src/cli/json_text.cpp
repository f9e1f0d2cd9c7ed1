#include "cli/json_text.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "core/json.hpp"

namespace mosaico::cli {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kListElementsShown = 6;

std::string_view bytes_of(const nlohmann::json& binary) {
  const auto& bytes = binary.get_binary();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void encode_binaries(nlohmann::json& value) {
  if (value.is_binary()) {
    value = base64_encode(bytes_of(value));
  } else if (value.is_structured()) {
    for (auto& member : value) encode_binaries(member);
  }
}

std::string shortest_text(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string brief_list(const nlohmann::json& list) {
  std::string text = "[";
  std::size_t shown = 0;
  for (const auto& element : list) {
    if (shown == kListElementsShown) {
      return text + ", … " + std::to_string(list.size()) + " in all]";
    }
    text += (shown++ == 0 ? "" : ", ") + brief_text(element);
  }
  return text + "]";
}

std::string brief_object(const nlohmann::json& object) {
  std::string text;
  for (const auto& [key, member] : object.items()) {
    const std::string value = brief_text(member);
    if (value.empty()) continue;
    text += (text.empty() ? "" : ", ") + key + ": " + value;
  }
  return text.empty() ? "" : "{" + text + "}";
}

}  // namespace

std::string json_line(nlohmann::json value) {
  encode_binaries(value);
  return core::dump(value);
}

std::string brief_text(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_object()) return brief_object(value);
  if (value.is_array()) return brief_list(value);
  if (value.is_binary()) return "<" + std::to_string(bytes_of(value).size()) + " bytes>";
  if (value.is_number_float()) return shortest_text(value.get<double>());
  return core::dump(value);
}

nlohmann::json json_or_null(std::optional<std::int64_t> value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group <<= 8U;
      if (at + i < bytes.size()) group |= static_cast<unsigned char>(bytes[at + i]);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i > bytes.size() ? '=' : kAlphabet[(group >> (18 - 6 * i)) & 63U];
    }
  }
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const char c = text[at + i];
      const bool is_padding = c == '=' && at + 4 == text.size() && i >= 2;
      const auto digit = is_padding ? 0 : kAlphabet.find(c);
      if (digit == std::string_view::npos || (padding > 0 && !is_padding)) return std::nullopt;
      padding += is_padding ? 1 : 0;
      group = group << 6U | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t i = 0; i + padding < 3; ++i) {
      bytes += static_cast<char>(group >> (16 - 8 * i) & 0xffU);
    }
  }
  return bytes;
}

}  // namespace mosaico::cli
