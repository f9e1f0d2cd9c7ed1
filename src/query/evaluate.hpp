#pragma once

#include <string_view>

#include "query/filter.hpp"

namespace mosaico::query {

// Whether a scalar fulfils a condition, by the typing rules of protocol.md section 9.3 and 9.5
// (the comparison follows the type of the query value; what cannot be read so is no match).
bool matches_value(const Condition& condition, const nlohmann::json& stored);

// Whether user metadata fulfils a condition on one of its keys: dot paths, `*`, `**`, `[N]`, `[*]`.
bool matches_metadata(const Condition& condition, const nlohmann::json& user_metadata);

// The columns of an object that conditions may ask. `topic_name` has its leading slash.
struct SequenceFacts {
  std::string_view name{};
  int64_t created_at_ns = 0;
  const nlohmann::json* user_metadata = nullptr;
};
struct TopicFacts {
  std::string_view name{};
  int64_t created_at_ns = 0;
  std::string_view ontology_tag{};
  std::string_view serialization_format{};
  const nlohmann::json* user_metadata = nullptr;
};

bool matches_sequence(const ObjectConditions& conditions, const SequenceFacts& sequence);
bool matches_topic(const ObjectConditions& conditions, const TopicFacts& topic);

// `*`, `?`, `#`, `[abc]`, `[a-z]`, anchored at both ends; linear in pattern × text at worst.
bool matches_pattern(std::string_view pattern, std::string_view text);
Status validate_pattern(std::string_view pattern);

}  // namespace mosaico::query
