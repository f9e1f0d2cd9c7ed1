#include "query/evaluate.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "query/metadata_path.hpp"
#include "query/operators.hpp"

namespace mosaico::query {

using nlohmann::json;

namespace {

// A whole text as the JSON number it spells, integers exactly. Words such as "inf" are no numbers.
std::optional<json> read_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const bool has_digit_and_nothing_else =
      text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
      text.find_first_of("0123456789") != std::string_view::npos;
  if (!has_digit_and_nothing_else) return std::nullopt;
  const auto read = [text](auto number) -> std::optional<json> {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return json(number);
  };
  if (auto number = read(int64_t{})) return number;
  if (auto number = read(uint64_t{})) return number;
  return read(double{});
}

// A stored scalar as the type of the condition's value, where it can be read so.
std::optional<json> read_as(const json& example, const json& stored) {
  if (example.is_string()) {
    if (stored.is_string()) return stored;
    if (stored.is_primitive() && !stored.is_null()) return json(stored.dump());
  } else if (example.is_number()) {
    if (stored.is_number()) return stored;
    if (stored.is_string()) return read_number(stored.get_ref<const std::string&>());
  } else if (example.is_boolean() && stored.is_boolean()) {
    return stored;
  }
  return std::nullopt;
}

// Columns are typed: a value of another type is no match, unlike with user metadata.
bool matches_field(const Condition& condition, const json& stored) {
  if (condition.op == Operator::Exists) return true;
  return compares(condition, stored);
}

// A value of a condition on a topic's name may lack the leading slash.
bool is_topic_name(const json& value, std::string_view name) {
  if (!value.is_string()) return false;
  const std::string_view text = value.get_ref<const std::string&>();
  return text == name || (!name.empty() && !text.starts_with('/') && text == name.substr(1));
}

bool matches_topic_name(const Condition& condition, std::string_view name) {
  const json& value = condition.value;
  switch (condition.op) {
    case Operator::Eq:
      return is_topic_name(value, name);
    case Operator::Neq:
      return value.is_string() && !is_topic_name(value, name);
    case Operator::In:
      return std::any_of(value.begin(), value.end(),
                         [name](const json& choice) { return is_topic_name(choice, name); });
    default:
      return matches_field(condition, json(name));
  }
}

bool matches_topic_field(const Condition& condition, const TopicFacts& topic) {
  if (condition.field == "name") return matches_topic_name(condition, topic.name);
  if (condition.field == "created_at_ns") return matches_field(condition, topic.created_at_ns);
  if (condition.field == "ontology_tag") return matches_field(condition, json(topic.ontology_tag));
  if (condition.field == "serialization_format") {
    return matches_field(condition, json(topic.serialization_format));
  }
  return false;
}

bool matches_sequence_field(const Condition& condition, const SequenceFacts& sequence) {
  if (condition.field == "name") return matches_field(condition, json(sequence.name));
  if (condition.field == "created_at_ns") return matches_field(condition, sequence.created_at_ns);
  return false;
}

bool matches_all_metadata(const std::vector<Condition>& conditions, const json* user_metadata) {
  static const json kEmpty = json::object();
  const json& stored = user_metadata == nullptr ? kEmpty : *user_metadata;
  return std::all_of(conditions.begin(), conditions.end(), [&stored](const Condition& condition) {
    return matches_metadata(condition, stored);
  });
}

}  // namespace

bool matches_value(const Condition& condition, const json& stored) {
  if (condition.op == Operator::Exists) return true;
  if (condition.op == Operator::NotExists) return false;
  const json& value = condition.value;
  const auto readable = read_as(value.is_array() && !value.empty() ? value.front() : value, stored);
  return readable.has_value() && compares(condition, *readable);
}

bool matches_metadata(const Condition& condition, const json& user_metadata) {
  const auto path = MetadataPath::parse(condition.field);
  if (!path.ok()) return false;
  if (condition.op == Operator::NotExists) {
    return !path->any(user_metadata, [](const json&) { return true; });
  }
  return path->any(user_metadata,
                   [&condition](const json& stored) { return matches_value(condition, stored); });
}

bool matches_sequence(const ObjectConditions& conditions, const SequenceFacts& sequence) {
  return std::all_of(conditions.fields.begin(), conditions.fields.end(),
                     [&sequence](const Condition& condition) {
                       return matches_sequence_field(condition, sequence);
                     }) &&
         matches_all_metadata(conditions.user_metadata, sequence.user_metadata);
}

bool matches_topic(const ObjectConditions& conditions, const TopicFacts& topic) {
  return std::all_of(conditions.fields.begin(), conditions.fields.end(),
                     [&topic](const Condition& condition) {
                       return matches_topic_field(condition, topic);
                     }) &&
         matches_all_metadata(conditions.user_metadata, topic.user_metadata);
}

}  // namespace mosaico::query
