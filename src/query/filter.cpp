#include "query/filter.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "core/names.hpp"
#include "query/column_path.hpp"
#include "query/metadata_path.hpp"
#include "query/operators.hpp"

namespace mosaico::query {

using core::error;
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 2> kSequenceFields = {"name", "created_at_ns"};
constexpr std::array<std::string_view, 4> kTopicFields = {"name", "created_at_ns", "ontology_tag",
                                                          "serialization_format"};
constexpr const char* kUserMetadata = "user_metadata";

std::string known_operators() {
  std::string names;
  for (int op = 0; op <= static_cast<int>(Operator::NotExists); ++op) {
    if (op > 0) names += ", ";
    names += operator_name(static_cast<Operator>(op));
  }
  return names;
}

Result<Operator> parse_operator(const std::string& name) {
  const auto op = find_operator(name);
  if (op.has_value()) return *op;
  return error(ErrorKind::Invalid, "unknown operator ", core::quoted(name), "; known are ",
               known_operators());
}

// `text` is {"$op": value}, or "$ex" or "$nex" alone.
Result<Condition> parse_condition(const std::string& field, const json& text, ListValues lists) {
  if (text.is_string()) {
    ARROW_ASSIGN_OR_RAISE(const Operator op, parse_operator(text.get<std::string>()));
    if (op == Operator::Exists || op == Operator::NotExists) return Condition{field, op, nullptr};
    return error(ErrorKind::Invalid, "operator ", operator_name(op), " needs a value");
  }
  if (!text.is_object() || text.size() != 1) {
    return error(ErrorKind::Invalid, "expected an object with exactly one operator");
  }
  ARROW_ASSIGN_OR_RAISE(const Operator op, parse_operator(text.begin().key()));
  const json& value = text.begin().value();
  const Status status = validate_value(op, value, lists);
  if (!status.ok()) return core::with_context(status, std::string(operator_name(op)));
  return Condition{field, op, value};
}

Result<Condition> parse_metadata_condition(const std::string& path, const json& text) {
  ARROW_RETURN_NOT_OK(MetadataPath::parse(path).status());
  return parse_condition(path, text, ListValues::Refused);
}

// An object whose members are wanted; null counts as an empty one.
Result<const json*> parse_members(const json& value) {
  static const json kEmpty = json::object();
  if (value.is_null()) return &kEmpty;
  if (!value.is_object()) {
    return error(ErrorKind::Invalid, "expected an object, not ", value.type_name());
  }
  return &value;
}

// "ontology.\"IMU.x\": what is wrong".
template <typename T>
Status at_place(const Result<T>& result, const std::string& place) {
  return core::with_context(result.status(), place);
}

Status parse_user_metadata(const json& value, const std::string& place,
                           std::vector<Condition>* conditions) {
  const auto members = parse_members(value);
  ARROW_RETURN_NOT_OK(at_place(members, place));
  for (const auto& [path, text] : (*members)->items()) {
    auto condition = parse_metadata_condition(path, text);
    ARROW_RETURN_NOT_OK(at_place(condition, place + "." + core::quoted(path)));
    conditions->push_back(std::move(*condition));
  }
  return Status::OK();
}

Result<ObjectConditions> parse_part(const json& value, const std::string& part,
                                    std::span<const std::string_view> fields) {
  const auto members = parse_members(value);
  ARROW_RETURN_NOT_OK(at_place(members, part));
  ObjectConditions conditions;
  for (const auto& [field, text] : (*members)->items()) {
    if (field == kUserMetadata) {
      ARROW_RETURN_NOT_OK(parse_user_metadata(text, part + "." + field, &conditions.user_metadata));
      continue;
    }
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
      return error(ErrorKind::Invalid, part, ": unknown field ", core::quoted(field));
    }
    auto condition = parse_condition(field, text, ListValues::Refused);
    ARROW_RETURN_NOT_OK(at_place(condition, part + "." + field));
    conditions.fields.push_back(std::move(*condition));
  }
  return conditions;
}

// The tag, and the condition on the rest of the key.
Result<std::pair<std::string, Condition>> parse_data_condition(const std::string& key,
                                                               const json& text) {
  const size_t dot = key.find('.');
  if (dot == 0 || dot == std::string::npos) {
    return error(ErrorKind::Invalid, "expected <tag>.<column path>");
  }
  const std::string column = key.substr(dot + 1);
  ARROW_ASSIGN_OR_RAISE(const ColumnPath path, ColumnPath::parse(column));
  const auto lists =
      path.specifier == ListSpecifier::None ? ListValues::Allowed : ListValues::Refused;
  ARROW_ASSIGN_OR_RAISE(Condition condition, parse_condition(column, text, lists));
  return std::make_pair(key.substr(0, dot), std::move(condition));
}

json condition_to_json(const Condition& condition) {
  json result = json::object();
  result[std::string(operator_name(condition.op))] = condition.value;
  return result;
}

json part_to_json(const ObjectConditions& conditions) {
  json part = json::object();
  for (const Condition& condition : conditions.fields) {
    part[condition.field] = condition_to_json(condition);
  }
  for (const Condition& condition : conditions.user_metadata) {
    part[kUserMetadata][condition.field] = condition_to_json(condition);
  }
  return part;
}

Status check_unique(const std::vector<Condition>& conditions, const std::string& place) {
  std::set<std::string_view> seen;
  for (const Condition& condition : conditions) {
    if (!seen.insert(condition.field).second) {
      return error(ErrorKind::Invalid, place, ".", core::quoted(condition.field),
                   ": more than one condition on one key");
    }
  }
  return Status::OK();
}

}  // namespace

Result<std::vector<DataConditions>> parse_data_conditions(const json& ontology) {
  const auto members = parse_members(ontology);
  ARROW_RETURN_NOT_OK(at_place(members, "ontology"));
  std::vector<DataConditions> result;
  for (const auto& [key, text] : (*members)->items()) {
    auto condition = parse_data_condition(key, text);
    ARROW_RETURN_NOT_OK(at_place(condition, "ontology." + core::quoted(key)));
    auto& [tag, column] = *condition;
    auto same_tag = std::find_if(result.begin(), result.end(),
                                 [&tag = tag](const auto& data) { return data.tag == tag; });
    if (same_tag == result.end()) same_tag = result.insert(result.end(), {tag, {}});
    same_tag->columns.push_back(std::move(column));
  }
  return result;
}

Result<Query> parse_query(const json& body) {
  if (!body.is_object()) {
    return error(ErrorKind::Invalid, "query: expected an object, not ", body.type_name());
  }
  const auto part = [&body](const char* name) { return body.value(name, json()); };
  Query query;
  ARROW_ASSIGN_OR_RAISE(query.metadata.sequence,
                        parse_part(part("sequence"), "sequence", kSequenceFields));
  ARROW_ASSIGN_OR_RAISE(query.metadata.topic, parse_part(part("topic"), "topic", kTopicFields));
  ARROW_ASSIGN_OR_RAISE(query.data, parse_data_conditions(part("ontology")));
  return query;
}

json to_json(const Query& query) {
  json body = json::object();
  if (!query.metadata.sequence.empty()) body["sequence"] = part_to_json(query.metadata.sequence);
  if (!query.metadata.topic.empty()) body["topic"] = part_to_json(query.metadata.topic);
  for (const DataConditions& data : query.data) {
    for (const Condition& condition : data.columns) {
      body["ontology"][data.tag + "." + condition.field] = condition_to_json(condition);
    }
  }
  return body;
}

Status validate_query(const Query& query) {
  ARROW_RETURN_NOT_OK(check_unique(query.metadata.sequence.fields, "sequence"));
  ARROW_RETURN_NOT_OK(
      check_unique(query.metadata.sequence.user_metadata, "sequence.user_metadata"));
  ARROW_RETURN_NOT_OK(check_unique(query.metadata.topic.fields, "topic"));
  ARROW_RETURN_NOT_OK(check_unique(query.metadata.topic.user_metadata, "topic.user_metadata"));
  std::set<std::string> tags;
  for (const DataConditions& data : query.data) {
    if (!tags.insert(data.tag).second) {
      return error(ErrorKind::Invalid, "ontology: tag ", core::quoted(data.tag), " stands twice");
    }
    ARROW_RETURN_NOT_OK(check_unique(data.columns, "ontology." + core::quoted(data.tag)));
  }
  return parse_query(to_json(query)).status();
}

}  // namespace mosaico::query
