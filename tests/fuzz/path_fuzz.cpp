// Paths of conditions: the first line is one, for user metadata and for columns; the rest is the
// metadata, as JSON.
#include "core/json.hpp"
#include "fuzz/input.hpp"
#include "query/column_path.hpp"
#include "query/metadata_path.hpp"

namespace {

using mosaico::fuzz::require;
using nlohmann::json;

constexpr std::size_t kJsonBytesMax = 16 << 10;

std::size_t count_values(const json& value) {
  std::size_t values = 1;
  if (value.is_structured()) {
    for (const json& child : value) values += count_values(child);
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaico::fuzz::Input input(data, size);
  const std::string_view text = input.take_line();
  if (const auto column = mosaico::query::ColumnPath::parse(text); column.ok()) {
    require(!column->segments.empty() && column->list_segment < column->segments.size(),
            "a column path has segments, and its specifier stands on one");
  }
  const auto path = mosaico::query::MetadataPath::parse(text);
  if (!path.ok()) return 0;
  static_cast<void>(path->last_key());
  const auto metadata = mosaico::core::parse_json(input.rest(), {.bytes_max = kJsonBytesMax});
  if (!metadata.ok()) return 0;
  std::size_t visited = 0;
  path->any(*metadata, [&](const json&) {
    ++visited;
    return false;
  });
  require(visited <= count_values(*metadata), "a path reaches each value once");
  require(path->any(*metadata, [](const json&) { return true; }) == (visited > 0),
          "a walk ends when it is told to");
  return 0;
}
