#include "query/column_path.hpp"

#include <charconv>

#include "core/names.hpp"

namespace mosaico::query {

using core::error;
using core::Result;
using core::Status;

namespace {

Status parse_specifier(std::string_view text, ColumnPath* path) {
  if (path->specifier != ListSpecifier::None) {
    return error(ErrorKind::Invalid, "more than one list specifier");
  }
  path->list_segment = path->segments.size() - 1;
  if (text == "[?]") {
    path->specifier = ListSpecifier::Any;
    return Status::OK();
  }
  if (text == "[!]") {
    path->specifier = ListSpecifier::Every;
    return Status::OK();
  }
  const auto is_position = [&] {
    if (text.size() < 3 || text.back() != ']') return false;
    const char* const end = text.data() + text.size() - 1;
    const auto [stop, failure] = std::from_chars(text.data() + 1, end, path->position);
    return failure == std::errc() && stop == end && path->position >= 0;
  };
  if (!is_position()) {
    return error(ErrorKind::Invalid, "expected [?], [!] or [N] at the end of a segment, not ",
                 core::quoted(text));
  }
  path->specifier = ListSpecifier::At;
  return Status::OK();
}

}  // namespace

Result<ColumnPath> ColumnPath::parse(std::string_view text) {
  ColumnPath path;
  while (true) {
    const size_t dot = text.find('.');
    const std::string_view segment = text.substr(0, dot);
    const size_t bracket = segment.find('[');
    path.segments.emplace_back(segment.substr(0, bracket));
    if (path.segments.back().empty()) {
      return error(ErrorKind::Invalid, "the column path has an empty segment");
    }
    if (bracket != std::string_view::npos) {
      ARROW_RETURN_NOT_OK(parse_specifier(segment.substr(bracket), &path));
    }
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace mosaico::query
