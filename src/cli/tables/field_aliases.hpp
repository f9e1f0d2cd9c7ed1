#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/tables/import_request.hpp"

namespace mosaico::cli {

// Lower case, and every run of other characters than letters and digits as one '_':
// "Latitude [deg]" becomes "latitude_deg".
std::string normalized_column_name(std::string_view name);

struct FieldAlias {
  std::string path;  // Of the field, e.g. "velocity.z".
  Scaling scaling = {};
};

// The field of a built-in type that a column of this name means, and what turns the column's unit
// into the field's: velocity_down of GPS is velocity.z × -1. Empty when the name says nothing.
std::optional<FieldAlias> find_field_alias(std::string_view tag, std::string_view column_name);

// The value of a required field that no column gives and that has a sensible one: GPSStatus.service
// is 0. As text; empty when a column must give it.
std::optional<std::string_view> default_of_field(std::string_view tag, std::string_view path);

// Names near to one that does not exist, the nearest first, at most three.
std::vector<std::string> near_names(std::string_view name, const std::vector<std::string>& names);

}  // namespace mosaico::cli
