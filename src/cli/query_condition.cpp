#include "cli/query_condition.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/tool_options.hpp"
#include "mosaico/ontology_query.hpp"

namespace mosaico::cli {

namespace {

constexpr std::string_view kRows = "ontology";
constexpr std::string_view kMetadataPrefix = "user_metadata.";

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

// A number, true, false or a quoted text as JSON has them, a list where one is asked; anything else
// is text as it stands.
nlohmann::json value_of(const std::string& text, bool may_be_list = false) {
  auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool is_scalar = value.is_number() || value.is_boolean() || value.is_string();
  const bool is_taken = is_scalar || (may_be_list && value.is_array());
  return is_taken ? value : nlohmann::json(text);
}

std::vector<nlohmann::json> values_of(const std::string& text) {
  std::vector<nlohmann::json> values;
  std::string_view rest = text;
  while (true) {
    const auto comma = rest.find(',');
    values.push_back(value_of(trimmed(rest.substr(0, comma))));
    if (comma == std::string_view::npos) return values;
    rest.remove_prefix(comma + 1);
  }
}

FieldExpression field_of(const std::string& part, const std::string& name) {
  if (part == kRows) return OntologyField(name);
  if (name.starts_with(kMetadataPrefix)) return {part, name.substr(kMetadataPrefix.size()), true};
  const bool of_topics = name == "ontology_tag" || name == "serialization_format";
  const bool is_column =
      name == "name" || name == "created_at_ns" || (of_topics && part == "topic");
  return {part, name, !is_column};
}

struct Split {
  std::string field;
  std::string op;
  std::string value;
};

// Operators of signs stand anywhere, of two signs first; those of letters between blanks.
std::optional<Split> split_at_operator(const std::string& text) {
  std::optional<Split> first;
  std::size_t first_at = std::string::npos;
  const auto consider = [&](std::string_view pattern, std::string_view op) {
    const auto at = text.find(pattern);
    if (at == std::string::npos || at >= first_at) return;
    first_at = at;
    first = Split{trimmed(std::string_view(text).substr(0, at)), std::string(op),
                  trimmed(std::string_view(text).substr(at + pattern.size()))};
  };
  for (const std::string_view op : {"!=", "<=", ">=", "=", "<", ">", "~"}) consider(op, op);
  for (const std::string_view op : {"in", "between", "outside"}) {
    consider(" " + std::string(op) + " ", op);
  }
  if (first) return first;
  for (const std::string_view op : {" exists", " missing"}) {
    if (text.ends_with(op)) {
      return Split{trimmed(std::string_view(text).substr(0, text.size() - op.size())),
                   std::string(op.substr(1)), ""};
    }
  }
  return std::nullopt;
}

QueryCondition range(const FieldExpression& field, const Split& split) {
  auto values = values_of(split.value);
  if (values.size() != 2) {
    throw UsageError("'" + split.value + "' is no range, give two values: " + split.op +
                     " MIN,MAX");
  }
  return split.op == "between" ? field.between(values[0], values[1])
                               : field.outside(values[0], values[1]);
}

}  // namespace

QueryCondition parse_condition(const std::string& part, const std::string& text) {
  const auto split = split_at_operator(trimmed(text));
  if (!split || split->field.empty()) {
    throw UsageError("'" + text +
                     "' is no condition, write FIELD OPERATOR VALUE, see `mosaico query --help`");
  }
  const FieldExpression field = field_of(part, split->field);
  if (split->op == "exists") return field.exists();
  if (split->op == "missing") return field.not_exists();
  if (split->value.empty())
    throw UsageError("'" + text + "' has no value, write one after " + split->op);
  if (split->op == "between" || split->op == "outside") return range(field, *split);
  if (split->op == "in") return field.in(values_of(split->value));
  if (split->op == "~") {
    const auto value = value_of(split->value);
    return field.match(value.is_string() ? value.get<std::string>() : split->value);
  }
  const bool is_equality = split->op == "=" || split->op == "!=";
  const auto value = value_of(split->value, part == kRows && is_equality);
  if (split->op == "=") return field.eq(value);
  if (split->op == "!=") return field.neq(value);
  if (split->op == "<") return field.lt(value);
  if (split->op == "<=") return field.leq(value);
  if (split->op == ">") return field.gt(value);
  return field.geq(value);
}

}  // namespace mosaico::cli
