#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/error.hpp"

namespace mosaico::query {

using core::Result;
using core::Status;

enum class Operator { Eq, Neq, Lt, Leq, Gt, Geq, Between, Outside, In, Match, Exists, NotExists };

// One condition as protocol.md section 9.2 words it. `value` is a scalar, for Between and Outside
// [min, max], for In a non-empty array of one type, for Match a pattern, for (Not)Exists null.
struct Condition {
  std::string field;  // "name", "created_at_ns", …; for user metadata the key's dotted path.
  Operator op = Operator::Eq;
  nlohmann::json value;
};

// Conditions on one kind of object: those on its columns and those on its user metadata.
struct ObjectConditions {
  std::vector<Condition> fields;
  std::vector<Condition> user_metadata;
  bool empty() const { return fields.empty() && user_metadata.empty(); }
};

// What the catalog can answer: all conditions joined by AND.
struct MetadataFilter {
  ObjectConditions sequence;
  ObjectConditions topic;
  bool empty() const { return sequence.empty() && topic.empty(); }
};

// Conditions on the data of the topics of one tag; all must hold in one row.
struct DataConditions {
  std::string tag;
  std::vector<Condition> columns;  // `field` is the column path with its list specifier.
};

struct Query {
  MetadataFilter metadata;
  std::vector<DataConditions> data;
  bool empty() const { return metadata.empty() && data.empty(); }
};

// Reads the body of the `query` action. Invalid, with the place in the text, for anything that
// protocol.md section 9 does not allow.
Result<Query> parse_query(const nlohmann::json& body);

// The body of the `query` action. JSON holds one condition a key: validate_query() first, unless
// the query came from parse_query().
nlohmann::json to_json(const Query& query);

// What parse_query() refuses, for a query put together in code; also two conditions on one key.
Status validate_query(const Query& query);

// Reads the `ontology` part alone, as the `topic_filter_*` actions carry it.
Result<std::vector<DataConditions>> parse_data_conditions(const nlohmann::json& ontology);

}  // namespace mosaico::query
