#include "mosaico/query.hpp"

#include <set>

#include "core/names.hpp"
#include "mosaico/error.hpp"

namespace mosaico {

namespace {

using nlohmann::json;

// Names of topics are compared with their leading slash, and given with or without it. Patterns
// are left alone.
json wire_value(const QueryCondition& condition) {
  json value = condition.value;
  const bool is_topic_name =
      condition.part == "topic" && condition.field == "name" && !condition.is_metadata;
  if (!is_topic_name || condition.op == "$match") return value;
  const auto with_slash = [](json& name) {
    if (name.is_string()) name = core::topic_name_for_user(name.get<std::string>());
  };
  if (value.is_array()) {
    for (json& name : value) with_slash(name);
  } else {
    with_slash(value);
  }
  return value;
}

Query query_for_names(const FieldExpression& field, const std::set<std::string>& names) {
  // The server takes no empty choice; nothing has the empty name.
  if (names.empty()) return Query({field.in({json("")})});
  return Query({field.in(std::vector<json>(names.begin(), names.end()))});
}

}  // namespace

const Sequence::Fields Sequence::Q = {};
const Topic::Fields Topic::Q = {};

std::string detail::pattern_containing(std::string_view part) {
  // What has a meaning in a pattern stands for itself in a set of one.
  std::string pattern = "*";
  for (const char c : part) {
    const bool is_special = c == '*' || c == '?' || c == '#' || c == '[';
    pattern += is_special ? std::string{'[', c, ']'} : std::string{c};
  }
  return pattern + "*";
}

Query::Query(const char* part, std::vector<QueryCondition> conditions)
    : conditions_(std::move(conditions)) {
  for (const QueryCondition& condition : conditions_) {
    if (condition.part == part) continue;
    throw InvalidError("a condition on " + condition.part + "." + condition.field +
                       " is none on a " + part);
  }
}

json Query::to_json() const {
  json body = json::object();
  for (const QueryCondition& condition : conditions_) {
    json& part = body[condition.part];
    json& fields = condition.is_metadata ? part["user_metadata"] : part;
    json wanted = {{condition.op, wire_value(condition)}};
    json& slot = fields[condition.field];
    if (!slot.is_null() && slot != wanted) {
      throw InvalidError("a query can put one condition on a field, not two: " + condition.part +
                         (condition.is_metadata ? ".user_metadata." : ".") + condition.field);
    }
    slot = std::move(wanted);
  }
  return body;
}

Query QueryResult::to_query_sequence() const {
  std::set<std::string> names;
  for (const Item& item : items) names.insert(item.sequence);
  return query_for_names(Sequence::Q.name, names);
}

Query QueryResult::to_query_topic() const {
  std::set<std::string> names;
  for (const Item& item : items) {
    for (const Topic& topic : item.topics) names.insert(topic.name);
  }
  return query_for_names(mosaico::Topic::Q.name, names);
}

}  // namespace mosaico
