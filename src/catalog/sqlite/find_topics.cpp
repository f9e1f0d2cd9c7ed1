#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"
#include "core/names.hpp"
#include "query/evaluate.hpp"
#include "query/metadata_path.hpp"

namespace mosaico::catalog::sqlite {

namespace {

using nlohmann::json;
using query::Condition;
using query::ObjectConditions;
using query::Operator;

// A part of the WHERE clause that an index answers, with the texts bound to its parameters.
struct IndexedPart {
  std::string sql;
  std::vector<std::string> texts;
};

json texts_of(const json& values) {
  json texts = json::array();
  for (const json& value : values) {
    if (value.is_string()) texts.push_back(value);
  }
  return texts;
}

json choices_of(const Condition& condition) {
  return condition.op == Operator::In ? condition.value : json::array({condition.value});
}

// Whether an index of `field` answers the condition wholly: then it is not evaluated any more,
// however many choices it has.
bool is_choice(const Condition& condition, std::string_view field) {
  return condition.field == field && (condition.op == Operator::Eq || condition.op == Operator::In);
}

void add_choices(const ObjectConditions& conditions, std::string_view field,
                 std::string_view column, std::vector<IndexedPart>* parts) {
  for (const Condition& condition : conditions.fields) {
    if (!is_choice(condition, field)) continue;
    json texts = texts_of(choices_of(condition));
    if (column == "t.name") {
      for (json& text : texts) text = core::topic_name_on_wire(text.get<std::string>());
    }
    parts->push_back(
        {join({" AND ", column, " IN (SELECT value FROM json_each(?))"}), {core::dump(texts)}});
  }
}

// A table of the last keys of metadata paths, and the column of the object that it is about.
struct MetadataIndex {
  std::string_view object;  // "s.id"
  std::string_view id;      // "sequence_id"
  std::string_view table;   // "sequence_metadata"
};

// Ranges [low, high] of the index of numbers in which all lies that fulfils a condition; none where
// it compares no numbers, or is fulfilled nearly everywhere.
json number_ranges(const Condition& condition) {
  static constexpr double kLeast = std::numeric_limits<double>::lowest();
  static constexpr double kGreatest = std::numeric_limits<double>::max();
  json ranges = json::array();
  // The index holds doubles, which SQLite rounds by less than this. Above the greatest double lies
  // what is no number for conditions.
  const auto add = [&ranges](double low, double high) {
    constexpr double kRelative = 1e-12;
    constexpr double kAbsolute = 1e-300;
    low -= std::abs(low) * kRelative + kAbsolute;
    high += std::abs(high) * kRelative + kAbsolute;
    ranges.push_back(json::array({std::max(low, kLeast), std::min(high, kGreatest)}));
  };
  const json& value = condition.value;
  if (!(value.is_array() && !value.empty() ? value.front() : value).is_number()) return ranges;
  const auto number = [&value](size_t i) { return value[i].get<double>(); };
  switch (condition.op) {
    case Operator::Eq:
      add(value.get<double>(), value.get<double>());
      break;
    case Operator::Lt:
    case Operator::Leq:
      add(kLeast, value.get<double>());
      break;
    case Operator::Gt:
    case Operator::Geq:
      add(value.get<double>(), kGreatest);
      break;
    case Operator::Between:
      add(number(0), number(1));
      break;
    case Operator::Outside:
      add(kLeast, number(0));
      add(number(1), kGreatest);
      break;
    case Operator::In:
      for (size_t i = 0; i < value.size(); ++i) add(number(i), number(i));
      break;
    default:
      break;
  }
  return ranges;
}

IndexedPart metadata_part(const Condition& condition, const std::string& key,
                          const MetadataIndex& index) {
  const std::string select = join({"SELECT ", index.id, " FROM ", index.table, " WHERE key = ?"});
  const bool is_choice = condition.op == Operator::Eq || condition.op == Operator::In;
  if (is_choice && choices_of(condition).front().is_string()) {
    return {join({" AND ", index.object, " IN (", select, " AND text IS NULL UNION ALL ", select,
                  " AND text IN (SELECT value FROM json_each(?)))"}),
            {key, key, core::dump(texts_of(choices_of(condition)))}};
  }
  if (const json ranges = number_ranges(condition); !ranges.empty()) {
    constexpr std::string_view kWithin =
        " m WHERE m.key = ? AND m.number >= r.value ->> 0 AND m.number <= r.value ->> 1)";
    return {join({" AND ", index.object, " IN (SELECT m.", index.id,
                  " FROM json_each(?) r CROSS JOIN ", index.table, kWithin}),
            {core::dump(ranges), key}};
  }
  return {join({" AND ", index.object, " IN (", select, ")"}), {key}};
}

// Candidates by the last key of a path, and by text or number where that is what is compared.
void add_metadata(const ObjectConditions& conditions, const MetadataIndex& index,
                  std::vector<IndexedPart>* parts) {
  for (const Condition& condition : conditions.user_metadata) {
    const auto path = query::MetadataPath::parse(condition.field);
    if (!path.ok() || condition.op == Operator::NotExists) continue;
    const auto key = path->last_key();
    if (!key) continue;
    parts->push_back(metadata_part(condition, *key, index));
  }
}

std::vector<IndexedPart> indexed_parts(const query::MetadataFilter& filter) {
  std::vector<IndexedPart> parts;
  add_choices(filter.sequence, "name", "s.name", &parts);
  add_choices(filter.topic, "name", "t.name", &parts);
  add_choices(filter.topic, "ontology_tag", "t.ontology_tag", &parts);
  add_metadata(filter.sequence, {"s.id", "sequence_id", "sequence_metadata"}, &parts);
  add_metadata(filter.topic, {"t.id", "topic_id", "topic_metadata"}, &parts);
  return parts;
}

// What is left to be evaluated row by row.
query::MetadataFilter unanswered(query::MetadataFilter filter) {
  std::erase_if(filter.sequence.fields,
                [](const Condition& condition) { return is_choice(condition, "name"); });
  std::erase_if(filter.topic.fields, [](const Condition& condition) {
    return is_choice(condition, "name") || is_choice(condition, "ontology_tag");
  });
  return filter;
}

// In no order: what SQLite sorts carries all columns along.
constexpr std::string_view kCandidates =
    "SELECT s.id, s.name, s.created_at_ns, s.user_metadata, t.id, t.name, t.created_at_ns, "
    "t.ontology_tag, t.serialization_format, t.user_metadata "
    "FROM sequence s JOIN topic t ON t.sequence_id = s.id WHERE TRUE";

Result<Statement> select_candidates(Database* database, const query::MetadataFilter& filter) {
  std::string sql(kCandidates);
  const auto parts = indexed_parts(filter);
  for (const IndexedPart& part : parts) sql += part.sql;
  ARROW_ASSIGN_OR_RAISE(Statement statement, database->query(sql));
  int parameter = 0;
  for (const IndexedPart& part : parts) {
    for (const std::string& text : part.texts) {
      ARROW_RETURN_NOT_OK(statement.bind(++parameter, std::string_view(text)));
    }
  }
  return statement;
}

// Evaluates rows of kCandidates, each sequence once.
class RowFilter {
 public:
  explicit RowFilter(const query::MetadataFilter& filter) : filter_(filter) {}

  Result<bool> matches(const Statement& row) {
    ARROW_ASSIGN_OR_RAISE(const bool sequence_matches, matches_sequence(row));
    return sequence_matches ? matches_topic(row) : Result<bool>(false);
  }

 private:
  Result<bool> matches_sequence(const Statement& row) {
    if (filter_.sequence.empty()) return true;
    const auto [known, is_new] = sequences_.try_emplace(row.id<SequenceId>(0), false);
    if (!is_new) return known->second;
    ARROW_ASSIGN_OR_RAISE(const json metadata, metadata_of(filter_.sequence, row, 3));
    const std::string name = row.bytes(1);
    known->second = query::matches_sequence(
        filter_.sequence,
        {.name = name, .created_at_ns = row.integer(2), .user_metadata = &metadata});
    return known->second;
  }

  Result<bool> matches_topic(const Statement& row) const {
    if (filter_.topic.empty()) return true;
    ARROW_ASSIGN_OR_RAISE(const json metadata, metadata_of(filter_.topic, row, 9));
    const std::string name = core::topic_name_for_user(row.bytes(5));
    const std::string ontology_tag = row.bytes(7);
    const std::string serialization_format = row.bytes(8);
    return query::matches_topic(filter_.topic, {.name = name,
                                                .created_at_ns = row.integer(6),
                                                .ontology_tag = ontology_tag,
                                                .serialization_format = serialization_format,
                                                .user_metadata = &metadata});
  }

  static Result<json> metadata_of(const ObjectConditions& conditions, const Statement& row,
                                  int column) {
    return conditions.user_metadata.empty() ? Result<json>(json::object())
                                            : stored_json(row.bytes(column));
  }

  const query::MetadataFilter& filter_;
  std::unordered_map<SequenceId, bool> sequences_;  // Whether they fulfil their conditions.
};

void sort_by_creation(std::vector<FoundTopic>* topics) {
  std::sort(topics->begin(), topics->end(), [](const FoundTopic& a, const FoundTopic& b) {
    const int order = a.sequence.compare(b.sequence);
    return order != 0 ? order < 0 : a.id < b.id;
  });
}

}  // namespace

Result<std::vector<FoundTopic>> SqliteCatalog::find_topics(const query::MetadataFilter& filter) {
  std::vector<FoundTopic> topics;
  ARROW_RETURN_NOT_OK(connections_.read([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(Statement rows, select_candidates(database, filter));
    const query::MetadataFilter rest = unanswered(filter);
    RowFilter row_filter(rest);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(const bool matches, row_filter.matches(rows));
      if (!matches) continue;
      topics.push_back({.sequence = rows.bytes(1),
                        .id = rows.id<TopicId>(4),
                        .name = rows.bytes(5),
                        .ontology_tag = rows.bytes(7)});
    }
  }));
  sort_by_creation(&topics);
  return topics;
}

}  // namespace mosaico::catalog::sqlite
