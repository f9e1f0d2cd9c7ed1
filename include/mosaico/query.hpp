#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mosaico {

/// A condition on a field, a metadata key or a column. Made by FieldExpression, and by the columns
/// of Q<T> (mosaico/ontology_query.hpp).
struct QueryCondition {
  std::string part;  ///< "sequence", "topic" or "ontology".
  std::string
      field;  ///< "name", …; for metadata the key's path; "IMU.acceleration.x" for a column.
  bool is_metadata = false;
  std::string op;        ///< As on the wire, e.g. "$eq".
  nlohmann::json value;  ///< Its operand.
};

namespace detail {

/// The pattern of the wire that fits every text which contains `part`.
std::string pattern_containing(std::string_view part);

}  // namespace detail

/// A field that conditions can be put on. Values are numbers, texts or bools; the other side
/// refuses what it cannot compare (InvalidError). A missing key fulfils none of them but
/// not_exists().
class FieldExpression {
 public:
  FieldExpression(std::string part, std::string field, bool is_metadata)
      : part_(std::move(part)), field_(std::move(field)), is_metadata_(is_metadata) {}

  QueryCondition eq(nlohmann::json value) const { return make("$eq", std::move(value)); }
  QueryCondition neq(nlohmann::json value) const { return make("$neq", std::move(value)); }
  QueryCondition lt(nlohmann::json value) const { return make("$lt", std::move(value)); }
  QueryCondition leq(nlohmann::json value) const { return make("$leq", std::move(value)); }
  QueryCondition gt(nlohmann::json value) const { return make("$gt", std::move(value)); }
  QueryCondition geq(nlohmann::json value) const { return make("$geq", std::move(value)); }
  /// min ≤ value ≤ max.
  QueryCondition between(nlohmann::json min, nlohmann::json max) const {
    return make("$between", nlohmann::json::array({std::move(min), std::move(max)}));
  }
  /// value < min or value > max.
  QueryCondition outside(nlohmann::json min, nlohmann::json max) const {
    return make("$outside", nlohmann::json::array({std::move(min), std::move(max)}));
  }
  QueryCondition in(std::vector<nlohmann::json> values) const {
    return make("$in", nlohmann::json(std::move(values)));
  }
  /// The text contains `part`.
  QueryCondition match(std::string_view part) const {
    return make("$match", detail::pattern_containing(part));
  }
  QueryCondition exists() const { return make("$ex", nullptr); }
  QueryCondition not_exists() const { return make("$nex", nullptr); }

 private:
  QueryCondition make(const char* op, nlohmann::json value) const {
    return {part_, field_, is_metadata_, op, std::move(value)};
  }

  std::string part_;
  std::string field_;
  bool is_metadata_;
};

/// `user_metadata["a.b"]`: a dotted path into the metadata. `*` stands for one level, `**` for any
/// number of levels, `logs[2]` and `logs[*]` for elements; a condition holds when one value that
/// the path reaches fulfils it.
class MetadataExpression {
 public:
  explicit MetadataExpression(const char* part) : part_(part) {}
  FieldExpression operator[](const std::string& path) const { return {part_, path, true}; }

 private:
  const char* part_;
};

/// Fields of sequences: `Sequence::Q.user_metadata["a.b"].match("plan-4.")`.
struct Sequence {
  struct Fields {
    FieldExpression name{"sequence", "name", false};
    FieldExpression created_at_ns{"sequence", "created_at_ns", false};
    MetadataExpression user_metadata{"sequence"};
  };
  static const Fields Q;
};

/// Fields of topics: `Topic::Q.ontology_tag.eq("IMU")`.
struct Topic {
  struct Fields {
    FieldExpression name{"topic", "name", false};
    FieldExpression created_at_ns{"topic", "created_at_ns", false};
    FieldExpression ontology_tag{"topic", "ontology_tag", false};
    FieldExpression serialization_format{"topic", "serialization_format", false};
    MetadataExpression user_metadata{"topic"};
  };
  static const Fields Q;
};

/// Conditions joined by AND.
class Query {
 public:
  Query() = default;
  Query(std::vector<QueryCondition> conditions)  // NOLINT(google-explicit-constructor)
      : conditions_(std::move(conditions)) {}

  Query& with(const Query& other) {
    conditions_.insert(conditions_.end(), other.conditions_.begin(), other.conditions_.end());
    return *this;
  }
  const std::vector<QueryCondition>& conditions() const { return conditions_; }
  /// The body of the `query` action. InvalidError for two different conditions on one field.
  nlohmann::json to_json() const;

 protected:
  /// InvalidError for a condition on another part.
  Query(const char* part, std::vector<QueryCondition> conditions);

 private:
  std::vector<QueryCondition> conditions_;
};

/// Conditions on sequences.
class QuerySequence : public Query {
 public:
  template <typename... Conditions>
  explicit QuerySequence(Conditions... conditions)
      : Query("sequence", std::vector<QueryCondition>{std::move(conditions)...}) {}
};

/// Conditions on topics.
class QueryTopic : public Query {
 public:
  template <typename... Conditions>
  explicit QueryTopic(Conditions... conditions)
      : Query("topic", std::vector<QueryCondition>{std::move(conditions)...}) {}
};

/// What a query found.
struct QueryResult {
  struct Topic {
    std::string name;  ///< With leading slash.
    std::string ontology_tag;
  };
  struct Item {
    std::string sequence;
    std::vector<Topic> topics;
  };
  std::vector<Item> items;

  /// A query for the sequences, or for the names of the topics, that this one found, to be narrowed
  /// further: `client.query(found.to_query_sequence().with(…))`. Nothing found stays nothing.
  Query to_query_sequence() const;
  Query to_query_topic() const;
};

}  // namespace mosaico
