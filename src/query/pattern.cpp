#include <cstdint>
#include <string_view>

#include "core/names.hpp"
#include "query/evaluate.hpp"

namespace mosaico::query {

namespace {

constexpr size_t kPatternBytesMax = 256;
constexpr size_t kNone = std::string_view::npos;

// Takes one code point off the front of `text`; a byte that is not UTF-8 counts as one.
uint32_t take_code_point(std::string_view* text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>((*text)[i]); };
  const uint32_t lead = byte(0);
  const size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 1 || length > text->size()) {
    text->remove_prefix(1);
    return lead;
  }
  uint32_t code_point = lead & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; ++i) code_point = code_point << 6 | (byte(i) & 0x3fU);
  text->remove_prefix(length);
  return code_point;
}

// The position of the ']' that closes the set at the front of `pattern`, or kNone.
size_t end_of_set(std::string_view pattern) { return pattern.find(']', 1); }

// Takes a member "a" or "a-z" off the front of the inside of a set.
std::pair<uint32_t, uint32_t> take_range(std::string_view* inside) {
  const uint32_t first = take_code_point(inside);
  if (inside->size() < 2 || inside->front() != '-') return {first, first};
  inside->remove_prefix(1);
  return {first, take_code_point(inside)};
}

bool set_contains(std::string_view inside, uint32_t code_point) {
  while (!inside.empty()) {
    const auto [first, last] = take_range(&inside);
    if (first <= code_point && code_point <= last) return true;
  }
  return false;
}

// Matches one character of the text against the front of `pattern`, which is not '*'. Takes what it
// matched off both when that succeeds.
bool take_match(std::string_view* pattern, std::string_view* text) {
  if (pattern->empty() || text->empty()) return false;
  std::string_view pattern_rest = *pattern;
  std::string_view text_rest = *text;
  const uint32_t code_point = take_code_point(&text_rest);
  const uint32_t wanted = take_code_point(&pattern_rest);
  bool matched = false;
  if (wanted == '[') {
    const size_t end = end_of_set(*pattern);
    if (end == kNone) return false;
    matched = set_contains(pattern->substr(1, end - 1), code_point);
    pattern_rest = pattern->substr(end + 1);
  } else if (wanted == '#') {
    matched = code_point >= '0' && code_point <= '9';
  } else {
    matched = wanted == '?' || wanted == code_point;
  }
  if (!matched) return false;
  *pattern = pattern_rest;
  *text = text_rest;
  return true;
}

}  // namespace

Status validate_pattern(std::string_view pattern) {
  if (pattern.empty()) return core::error(ErrorKind::Invalid, "the pattern is empty");
  if (pattern.size() > kPatternBytesMax) {
    return core::error(ErrorKind::Invalid, "a pattern of ", pattern.size(), " bytes; at most ",
                       kPatternBytesMax, " are allowed");
  }
  const std::string_view whole = pattern;
  while (!pattern.empty()) {
    if (pattern.front() != '[') {
      pattern.remove_prefix(1);
      continue;
    }
    const size_t end = end_of_set(pattern);
    if (end == kNone || end == 1) {
      return core::error(ErrorKind::Invalid, "pattern ", core::quoted(whole), " has ",
                         end == 1 ? "an empty set []" : "a '[' without ']'");
    }
    for (std::string_view inside = pattern.substr(1, end - 1); !inside.empty();) {
      const auto [first, last] = take_range(&inside);
      if (first <= last) continue;
      return core::error(ErrorKind::Invalid, "pattern ", core::quoted(whole),
                         " has a range whose end lies before its start");
    }
    pattern.remove_prefix(end + 1);
  }
  return Status::OK();
}

// When a character does not fit, only the last '*' needs to take one more of the text: an earlier
// one could not lead further. So the time is at most the product of both lengths.
bool matches_pattern(std::string_view pattern, std::string_view text) {
  bool seen_star = false;
  std::string_view pattern_after_star;
  std::string_view text_at_star;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      seen_star = true;
      pattern_after_star = pattern;
      text_at_star = text;
      continue;
    }
    if (pattern.empty() && text.empty()) return true;
    if (take_match(&pattern, &text)) continue;
    if (!seen_star || text_at_star.empty()) return false;
    take_code_point(&text_at_star);
    pattern = pattern_after_star;
    text = text_at_star;
  }
}

}  // namespace mosaico::query
