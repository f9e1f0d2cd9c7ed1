#include "cli/tables/import_request.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <regex>

namespace mosaico::cli {

namespace {

constexpr std::array<std::string_view, 4> kKeys = {"as=", "tag=", "time=", "map="};

// Commas separate only where a key follows: file names and columns may contain them.
std::vector<std::string> split_at_keys(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t at = text.find(','); at != std::string::npos; at = text.find(',', at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at + 1);
    if (std::any_of(kKeys.begin(), kKeys.end(), [&](auto key) { return rest.starts_with(key); })) {
      parts.push_back(text.substr(start, at - start));
      start = at + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

Status read_time(const std::string& value, ImportRequest& request) {
  const auto colon = value.rfind(':');
  request.time_column = value.substr(0, colon);
  if (colon != std::string::npos) {
    request.time_unit = time_unit_from_name(value.substr(colon + 1));
    if (!request.time_unit) {
      return core::error(ErrorKind::Invalid, "time=", value, ": '", value.substr(colon + 1),
                         "' is no unit, use s, ms, us or ns");
    }
  }
  if (request.time_column.empty()) {
    return core::error(ErrorKind::Invalid, "time=", value,
                       " names no column, write time=COLUMN:UNIT");
  }
  return Status::OK();
}

Status read_map(const std::string& value, ImportRequest& request) {
  std::size_t start = 0;
  while (start <= value.size()) {
    const auto end = std::min(value.find(';', start), value.size());
    const std::string entry = value.substr(start, end - start);
    start = end + 1;
    if (entry.empty()) continue;
    const auto colon = entry.find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == entry.size()) {
      return core::error(ErrorKind::Invalid, "map=", entry,
                         " is no mapping, write map=FIELD:COLUMN*SCALE+OFFSET");
    }
    request.map.push_back({entry.substr(0, colon), entry.substr(colon + 1)});
  }
  return Status::OK();
}

}  // namespace

std::optional<TimeUnit> time_unit_from_name(std::string_view name) {
  if (name == "s") return TimeUnit::Seconds;
  if (name == "ms") return TimeUnit::Milliseconds;
  if (name == "us") return TimeUnit::Microseconds;
  if (name == "ns") return TimeUnit::Nanoseconds;
  return std::nullopt;
}

Result<ImportRequest> ImportRequest::parse(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    return core::error(ErrorKind::Invalid, "'", text,
                       "' names no topic and file, write --topic NAME=FILE");
  }
  ImportRequest request{.topic = text.substr(0, equals)};
  const auto parts = split_at_keys(text.substr(equals + 1));
  request.file = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto key = parts[i].substr(0, parts[i].find('='));
    const auto value = parts[i].substr(key.size() + 1);
    if (value.empty()) {
      return core::error(ErrorKind::Invalid, "topic ", request.topic, ": ", key,
                         "= has no value, write one");
    }
    if (key == "as") request.as = value;
    if (key == "tag") request.tag = value;
    if (key == "time") ARROW_RETURN_NOT_OK(read_time(value, request));
    if (key == "map") ARROW_RETURN_NOT_OK(read_map(value, request));
  }
  if (!request.as.empty() && !request.tag.empty()) {
    return core::error(ErrorKind::Invalid, "topic ", request.topic,
                       ": as= and tag= exclude each other, keep one");
  }
  if (request.as.empty() && !request.map.empty()) {
    return core::error(ErrorKind::Invalid, "topic ", request.topic,
                       ": map= maps to the fields of a type, add as=TYPE");
  }
  return request;
}

Result<ColumnExpression> parse_column_expression(const std::string& text,
                                                 const std::vector<std::string>& columns) {
  const auto is_column = [&](const std::string& name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  if (is_column(text)) return ColumnExpression{.column = text};
  static const std::regex kExpression(
      R"(^(.*?)(?:\*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))?([+-](?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)?$)");
  std::smatch parts;
  if (std::regex_match(text, parts, kExpression) && is_column(parts[1].str())) {
    ColumnExpression expression{.column = parts[1].str()};
    if (parts[2].matched) expression.scaling.scale = std::strtod(parts[2].str().c_str(), nullptr);
    if (parts[3].matched) expression.scaling.offset = std::strtod(parts[3].str().c_str(), nullptr);
    return expression;
  }
  std::string names;
  for (const std::string& name : columns) names += (names.empty() ? "" : ", ") + name;
  return core::error(ErrorKind::Invalid, "'", text, "' names no column, choose one of: ", names);
}

}  // namespace mosaico::cli
