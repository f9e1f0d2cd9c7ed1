#include <optional>
#include <string>
#include <vector>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"
#include "core/json.hpp"
#include "core/names.hpp"
#include "query/evaluate.hpp"

namespace mosaico::catalog::sqlite {

namespace {

using nlohmann::json;
using query::Condition;
using query::ObjectConditions;
using query::Operator;

// A condition that an index can answer, as `column IN (the texts of a JSON array)`.
struct IndexedChoice {
  std::string_view column;
  std::string texts;
};

// The texts that a field must be one of, when a condition says so. An index only narrows the search
// down; every row found is still evaluated.
std::optional<IndexedChoice> choice_of(const ObjectConditions& conditions, std::string_view field,
                                       std::string_view column) {
  for (const Condition& condition : conditions.fields) {
    const bool is_choice = condition.op == Operator::Eq || condition.op == Operator::In;
    if (condition.field != field || !is_choice) continue;
    const json values =
        condition.op == Operator::In ? condition.value : json::array({condition.value});
    json texts = json::array();
    for (const json& value : values) {
      if (!value.is_string()) continue;
      const auto& text = value.get_ref<const std::string&>();
      texts.push_back(column == "t.name" ? core::topic_name_on_wire(text) : text);
    }
    return IndexedChoice{column, core::dump(texts)};
  }
  return std::nullopt;
}

std::vector<IndexedChoice> indexed_choices(const query::MetadataFilter& filter) {
  std::vector<IndexedChoice> choices;
  for (auto choice :
       {choice_of(filter.sequence, "name", "s.name"), choice_of(filter.topic, "name", "t.name"),
        choice_of(filter.topic, "ontology_tag", "t.ontology_tag")}) {
    if (choice.has_value()) choices.push_back(std::move(*choice));
  }
  return choices;
}

Result<Statement> select_candidates(Database* database, const query::MetadataFilter& filter) {
  std::string sql = join({"SELECT ", kSequenceColumns, ", ", kTopicColumns,
                          " FROM sequence s JOIN topic t ON t.sequence_id = s.id WHERE TRUE"});
  const auto choices = indexed_choices(filter);
  for (const IndexedChoice& choice : choices) {
    sql += join({" AND ", choice.column, " IN (SELECT value FROM json_each(?))"});
  }
  sql += " ORDER BY s.name, t.id";
  ARROW_ASSIGN_OR_RAISE(Statement statement, database->query(sql));
  int parameter = 0;
  for (const IndexedChoice& choice : choices) {
    ARROW_RETURN_NOT_OK(statement.bind(++parameter, std::string_view(choice.texts)));
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
    RowFilter row_filter(filter);
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
