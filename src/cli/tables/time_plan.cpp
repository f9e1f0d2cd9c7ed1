#include <arrow/type.h>

#include <algorithm>
#include <array>

#include "cli/tables/field_aliases.hpp"
#include "cli/tables/topic_plan.hpp"

namespace mosaico::cli {

namespace {

// Names of time columns, the surest first.
constexpr std::array<std::string_view, 14> kTimeNames = {"timestamp_ns", "timestamp_us",
                                                         "timestamp_ms", "timestamp_s",
                                                         "timestamp",    "time_ns",
                                                         "time_us",      "time_ms",
                                                         "time_s",       "time",
                                                         "t_ns",         "t_us",
                                                         "t_ms",         "t"};

std::optional<TimeUnit> unit_in_name(const std::string& column) {
  const std::string name = normalized_column_name(column);
  const auto underscore = name.rfind('_');
  if (underscore == std::string::npos) return std::nullopt;
  return time_unit_from_name(name.substr(underscore + 1));
}

}  // namespace

Result<TimePlan> plan_time(const ImportRequest& request, const std::vector<TableLeaf>& leaves) {
  const auto found = [&]() {
    if (!request.time_column.empty()) {
      return std::find_if(leaves.begin(), leaves.end(),
                          [&](const TableLeaf& leaf) { return leaf.name == request.time_column; });
    }
    for (const std::string_view name : kTimeNames) {
      const auto leaf = std::find_if(leaves.begin(), leaves.end(), [&](const TableLeaf& candidate) {
        return normalized_column_name(candidate.name) == name;
      });
      if (leaf != leaves.end()) return leaf;
    }
    return leaves.end();
  }();
  if (found == leaves.end()) {
    std::string names;
    for (const TableLeaf& leaf : leaves) names += (names.empty() ? "" : ", ") + leaf.name;
    return core::error(ErrorKind::Invalid, request.file, ": there is no time column ",
                       request.time_column.empty() ? "timestamp_ns" : request.time_column,
                       ", name it with time=COLUMN:UNIT (columns: ", names, ")");
  }
  return TimePlan{*found, request.time_unit ? request.time_unit : unit_in_name(found->name)};
}

}  // namespace mosaico::cli
