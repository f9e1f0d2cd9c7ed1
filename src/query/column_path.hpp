#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace mosaico::query {

// Which elements of a list column a condition asks: `[?]` any, `[!]` every, `[3]` the one there.
enum class ListSpecifier { None, Any, Every, At };

// The column of a condition on data: "acceleration.x", "ranges[?]", "samples[3].x".
struct ColumnPath {
  std::vector<std::string> segments;  // Names of the columns from the outermost, never empty.
  ListSpecifier specifier = ListSpecifier::None;
  size_t list_segment = 0;  // The segment that the specifier stands on.
  int64_t position = 0;     // From 0; of At.

  // Invalid for an empty segment, a malformed specifier or more than one.
  static core::Result<ColumnPath> parse(std::string_view text);
};

}  // namespace mosaico::query
