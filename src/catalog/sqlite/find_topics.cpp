#include <optional>
#include <string>
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
  std::string_view select;  // "SELECT sequence_id FROM sequence_metadata"
};

// Candidates by the last key of a path, and by text where that is what is compared.
void add_metadata(const ObjectConditions& conditions, const MetadataIndex& index,
                  std::vector<IndexedPart>* parts) {
  for (const Condition& condition : conditions.user_metadata) {
    const auto path = query::MetadataPath::parse(condition.field);
    if (!path.ok() || condition.op == Operator::NotExists) continue;
    const auto key = path->last_key();
    if (!key) continue;
    const bool is_choice = condition.op == Operator::Eq || condition.op == Operator::In;
    if (!is_choice || !choices_of(condition).front().is_string()) {
      parts->push_back(
          {join({" AND ", index.object, " IN (", index.select, " WHERE key = ?)"}), {*key}});
      continue;
    }
    parts->push_back({join({" AND ", index.object, " IN (", index.select,
                            " WHERE key = ? AND text IS NULL UNION ALL ", index.select,
                            " WHERE key = ? AND text IN (SELECT value FROM json_each(?)))"}),
                      {*key, *key, core::dump(texts_of(choices_of(condition)))}});
  }
}

std::vector<IndexedPart> indexed_parts(const query::MetadataFilter& filter) {
  std::vector<IndexedPart> parts;
  add_choices(filter.sequence, "name", "s.name", &parts);
  add_choices(filter.topic, "name", "t.name", &parts);
  add_choices(filter.topic, "ontology_tag", "t.ontology_tag", &parts);
  add_metadata(filter.sequence, {"s.id", "SELECT sequence_id FROM sequence_metadata"}, &parts);
  add_metadata(filter.topic, {"t.id", "SELECT topic_id FROM topic_metadata"}, &parts);
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

Result<Statement> select_candidates(Database* database, const query::MetadataFilter& filter) {
  std::string sql = join({"SELECT ", kSequenceColumns, ", ", kTopicColumnsWithoutSchema,
                          " FROM sequence s JOIN topic t ON t.sequence_id = s.id WHERE TRUE"});
  const auto parts = indexed_parts(filter);
  for (const IndexedPart& part : parts) sql += part.sql;
  sql += " ORDER BY s.name, t.id";
  ARROW_ASSIGN_OR_RAISE(Statement statement, database->query(sql));
  int parameter = 0;
  for (const IndexedPart& part : parts) {
    for (const std::string& text : part.texts) {
      ARROW_RETURN_NOT_OK(statement.bind(++parameter, std::string_view(text)));
    }
  }
  return statement;
}

// Evaluates rows in which all topics of a sequence follow each other.
class RowFilter {
 public:
  explicit RowFilter(const query::MetadataFilter& filter) : filter_(filter) {}

  // The topic of the row, if the conditions hold.
  Result<std::optional<Topic>> match(const Statement& row) {
    const auto id = row.id<SequenceId>(0);
    if (sequence_id_ != id) {
      ARROW_ASSIGN_OR_RAISE(sequence_matches_, match_sequence(row));
      sequence_id_ = id;
    }
    if (!sequence_matches_) return std::nullopt;
    ARROW_ASSIGN_OR_RAISE(Topic topic, read_topic(row, kFirstTopicColumn));
    if (!matches_topic(topic)) return std::nullopt;
    return topic;
  }

 private:
  static constexpr int kFirstTopicColumn = 5;

  Result<bool> match_sequence(const Statement& row) const {
    if (filter_.sequence.empty()) return true;
    ARROW_ASSIGN_OR_RAISE(const Sequence sequence, read_sequence(row, 0));
    return query::matches_sequence(filter_.sequence, {.name = sequence.name,
                                                      .created_at_ns = sequence.created_at_ns,
                                                      .user_metadata = &sequence.user_metadata});
  }

  bool matches_topic(const Topic& topic) const {
    const std::string name = core::topic_name_for_user(topic.name);
    return query::matches_topic(filter_.topic, {.name = name,
                                                .created_at_ns = topic.created_at_ns,
                                                .ontology_tag = topic.ontology_tag,
                                                .serialization_format = topic.serialization_format,
                                                .user_metadata = &topic.user_metadata});
  }

  const query::MetadataFilter& filter_;
  SequenceId sequence_id_{};  // Of the rows at hand; rows count from 1.
  bool sequence_matches_ = false;
};

}  // namespace

Result<std::vector<std::pair<std::string, Topic>>> SqliteCatalog::find_topics(
    const query::MetadataFilter& filter) {
  using Topics = std::vector<std::pair<std::string, Topic>>;
  return connections_.read([&](Database* database) -> Result<Topics> {
    ARROW_ASSIGN_OR_RAISE(Statement rows, select_candidates(database, filter));
    const query::MetadataFilter rest = unanswered(filter);
    RowFilter row_filter(rest);
    Topics topics;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return topics;
      ARROW_ASSIGN_OR_RAISE(auto topic, row_filter.match(rows));
      if (topic.has_value()) topics.emplace_back(rows.bytes(1), std::move(*topic));
    }
  });
}

}  // namespace mosaico::catalog::sqlite
