// Patterns: the first line is one, and the rest is a text. In plain ASCII a slow and simple matcher
// must come to the same answer.
#include <algorithm>
#include <vector>

#include "fuzz/input.hpp"
#include "query/evaluate.hpp"

namespace {

using mosaico::fuzz::require;

constexpr std::size_t kTextBytesMax = 2'000;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

// One character of a valid pattern: whether it fits, and how long it is.
struct Step {
  bool fits = false;
  std::size_t length = 1;
};

bool is_in_set(std::string_view inside, char c) {
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const bool is_range = i + 2 < inside.size() && inside[i + 1] == '-';
    if (inside[i] <= c && c <= inside[is_range ? i + 2 : i]) return true;
    if (is_range) i += 2;
  }
  return false;
}

Step step_of(std::string_view pattern, char c) {
  switch (pattern.front()) {
    case '?':
      return {.fits = true};
    case '#':
      return {.fits = c >= '0' && c <= '9'};
    case '[': {
      const std::size_t end = pattern.find(']');
      return {.fits = is_in_set(pattern.substr(1, end - 1), c), .length = end + 1};
    }
    default:
      return {.fits = pattern.front() == c};
  }
}

// fits[i][j]: the pattern from i on fits the text from j on.
bool matches_simply(std::string_view pattern, std::string_view text) {
  std::vector<std::vector<char>> fits(pattern.size() + 1, std::vector<char>(text.size() + 1, 0));
  fits[pattern.size()][text.size()] = 1;
  for (std::size_t i = pattern.size(); i-- > 0;) {
    for (std::size_t j = text.size() + 1; j-- > 0;) {
      if (pattern[i] == '*') {
        fits[i][j] = fits[i + 1][j] | (j < text.size() ? fits[i][j + 1] : 0);
      } else if (j < text.size()) {
        const Step step = step_of(pattern.substr(i), text[j]);
        fits[i][j] = step.fits ? fits[i + step.length][j + 1] : 0;
      }
    }
  }
  return fits[0][0] != 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaico::fuzz::Input input(data, size);
  const std::string_view pattern = input.take_line();
  const std::string_view text = input.rest().substr(0, kTextBytesMax);
  if (!mosaico::query::validate_pattern(pattern).ok()) return 0;
  const bool matches = mosaico::query::matches_pattern(pattern, text);
  if (is_ascii(pattern) && is_ascii(text)) {
    require(matches == matches_simply(pattern, text), "a pattern means what a simple matcher says");
  }
  return 0;
}
