#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/metadata_index.hpp"
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

// Whether an index of `field` answers the condition wholly: then it is not evaluated any more,
// however many choices it has.
bool is_choice(const Condition& condition, std::string_view field) {
  return condition.field == field && (condition.op == Operator::Eq || condition.op == Operator::In);
}

void add_choices(const ObjectConditions& conditions, std::string_view field,
                 std::string_view column, std::vector<IndexedPart>* parts) {
  for (const Condition& condition : conditions.fields) {
    if (!is_choice(condition, field)) continue;
    json texts = json::array();
    for (const json& choice : texts_of(choices_of(condition))) {
      const auto& text = choice.get_ref<const std::string&>();
      // No name holds a zero byte, where SQLite ends a text of JSON.
      if (text.find('\0') != std::string::npos) continue;
      texts.push_back(column == "t.name" ? core::topic_name_on_wire(text) : text);
    }
    parts->push_back(
        {join({" AND ", column, " IN (SELECT value FROM json_each(?))"}), {core::dump(texts)}});
  }
}

void add_metadata(const ObjectConditions& conditions, const MetadataIndex& index,
                  std::vector<IndexedPart>* parts) {
  for (const Condition& condition : conditions.user_metadata) {
    auto part = candidates_part(condition, index);
    if (part) parts->push_back(*std::move(part));
  }
}

std::vector<IndexedPart> indexed_parts(const query::MetadataFilter& filter) {
  std::vector<IndexedPart> parts;
  add_choices(filter.sequence, "name", "s.name", &parts);
  add_choices(filter.topic, "name", "t.name", &parts);
  add_choices(filter.topic, "ontology_tag", "t.ontology_tag", &parts);
  add_metadata(filter.sequence, kSequenceMetadata, &parts);
  add_metadata(filter.topic, kTopicMetadata, &parts);
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

// In no order: what SQLite sorts carries all columns along. Columns that are not evaluated are left
// out; names and tags make the answer.
std::string candidates_sql(const query::MetadataFilter& rest) {
  const std::string_view of_sequence =
      rest.sequence.empty() ? "NULL, NULL" : "s.created_at_ns, s.user_metadata";
  const std::string_view of_topic =
      rest.topic.empty() ? "NULL, NULL, NULL"
                         : "t.created_at_ns, t.serialization_format, t.user_metadata";
  return join({"SELECT s.id, s.name, t.id, t.name, t.ontology_tag, ", of_sequence, ", ", of_topic,
               " FROM sequence s JOIN topic t ON t.sequence_id = s.id WHERE TRUE"});
}
constexpr int kSequenceId = 0;
constexpr int kSequenceName = 1;
constexpr int kTopicId = 2;
constexpr int kTopicName = 3;
constexpr int kOntologyTag = 4;
constexpr int kSequenceCreatedAt = 5;
constexpr int kSequenceUserMetadata = 6;
constexpr int kTopicCreatedAt = 7;
constexpr int kSerializationFormat = 8;
constexpr int kTopicUserMetadata = 9;

// `rest` is what the parts of `filter` leave.
Result<Statement> select_candidates(Database* database, const query::MetadataFilter& filter,
                                    const query::MetadataFilter& rest) {
  std::string sql = candidates_sql(rest);
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

// Conditions on user metadata. What the index is certain of is not parsed.
class MetadataTest {
 public:
  static Result<MetadataTest> make(Database* database, const std::vector<Condition>& conditions,
                                   const MetadataIndex& index) {
    MetadataTest test(conditions);
    for (const Condition& condition : conditions) {
      ARROW_ASSIGN_OR_RAISE(test.certain_.emplace_back(),
                            certain_matches(database, condition, index));
    }
    return test;
  }

  // Whether the object fulfils all of them for certain.
  bool is_certain(int64_t id) const {
    return std::all_of(certain_.begin(), certain_.end(), [id](const auto& ids) {
      return std::binary_search(ids.begin(), ids.end(), id);
    });
  }

  // The metadata of the object stands in `column`.
  Result<bool> matches(int64_t id, const Statement& row, int column) const {
    if (is_certain(id)) return true;
    ARROW_ASSIGN_OR_RAISE(const json metadata, stored_json(row.bytes(column)));
    return std::all_of(conditions_.begin(), conditions_.end(),
                       [&metadata](const Condition& condition) {
                         return query::matches_metadata(condition, metadata);
                       });
  }

 private:
  explicit MetadataTest(const std::vector<Condition>& conditions) : conditions_(conditions) {}

  const std::vector<Condition>& conditions_;
  std::vector<std::vector<int64_t>> certain_;  // Of each condition.
};

// Evaluates rows of candidates, each sequence once.
class RowFilter {
 public:
  static Result<RowFilter> make(Database* database, const query::MetadataFilter& rest) {
    ARROW_ASSIGN_OR_RAISE(
        auto of_sequence,
        MetadataTest::make(database, rest.sequence.user_metadata, kSequenceMetadata));
    ARROW_ASSIGN_OR_RAISE(auto of_topic,
                          MetadataTest::make(database, rest.topic.user_metadata, kTopicMetadata));
    return RowFilter(rest, std::move(of_sequence), std::move(of_topic));
  }

  Result<bool> matches(const Statement& row) {
    ARROW_ASSIGN_OR_RAISE(const bool sequence_matches, matches_sequence(row));
    return sequence_matches ? matches_topic(row) : Result<bool>(false);
  }

 private:
  RowFilter(const query::MetadataFilter& rest, MetadataTest of_sequence, MetadataTest of_topic)
      : sequence_fields_{.fields = rest.sequence.fields, .user_metadata = {}},
        topic_fields_{.fields = rest.topic.fields, .user_metadata = {}},
        sequence_metadata_(std::move(of_sequence)),
        topic_metadata_(std::move(of_topic)) {}

  Result<bool> matches_sequence(const Statement& row) {
    const int64_t id = row.integer(kSequenceId);
    if (sequence_fields_.empty() && sequence_metadata_.is_certain(id)) return true;
    const auto [known, is_new] = sequences_.try_emplace(id, false);
    if (!is_new) return known->second;
    const std::string name = row.bytes(kSequenceName);
    if (!query::matches_sequence(
            sequence_fields_, {.name = name, .created_at_ns = row.integer(kSequenceCreatedAt)})) {
      return false;
    }
    ARROW_ASSIGN_OR_RAISE(known->second,
                          sequence_metadata_.matches(id, row, kSequenceUserMetadata));
    return known->second;
  }

  Result<bool> matches_topic(const Statement& row) const {
    const int64_t id = row.integer(kTopicId);
    if (topic_fields_.empty()) return topic_metadata_.matches(id, row, kTopicUserMetadata);
    const std::string name = core::topic_name_for_user(row.bytes(kTopicName));
    const std::string ontology_tag = row.bytes(kOntologyTag);
    const std::string serialization_format = row.bytes(kSerializationFormat);
    if (!query::matches_topic(topic_fields_, {.name = name,
                                              .created_at_ns = row.integer(kTopicCreatedAt),
                                              .ontology_tag = ontology_tag,
                                              .serialization_format = serialization_format})) {
      return false;
    }
    return topic_metadata_.matches(id, row, kTopicUserMetadata);
  }

  const ObjectConditions sequence_fields_;
  const ObjectConditions topic_fields_;
  const MetadataTest sequence_metadata_;
  const MetadataTest topic_metadata_;
  std::unordered_map<int64_t, bool> sequences_;  // Whether they fulfil their conditions.
};

// Names are compared where they are; moving a topic takes longer than all that.
std::vector<FoundTopic> sorted_by_creation(std::vector<FoundTopic> topics) {
  std::vector<std::tuple<std::string_view, TopicId, FoundTopic*>> order;
  order.reserve(topics.size());
  for (FoundTopic& topic : topics) order.emplace_back(topic.sequence, topic.id, &topic);
  std::sort(order.begin(), order.end());
  std::vector<FoundTopic> sorted;
  sorted.reserve(topics.size());
  for (const auto& entry : order) sorted.push_back(std::move(*std::get<2>(entry)));
  return sorted;
}

}  // namespace

Result<std::vector<FoundTopic>> SqliteCatalog::find_topics(const query::MetadataFilter& filter) {
  std::vector<FoundTopic> topics;
  ARROW_RETURN_NOT_OK(connections_.read([&](Database* database) -> Status {
    const query::MetadataFilter rest = unanswered(filter);
    ARROW_ASSIGN_OR_RAISE(Statement rows, select_candidates(database, filter, rest));
    ARROW_ASSIGN_OR_RAISE(RowFilter row_filter, RowFilter::make(database, rest));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(const bool matches, row_filter.matches(rows));
      if (!matches) continue;
      topics.push_back({.sequence = rows.bytes(kSequenceName),
                        .id = rows.id<TopicId>(kTopicId),
                        .name = rows.bytes(kTopicName),
                        .ontology_tag = rows.bytes(kOntologyTag)});
    }
  }));
  return sorted_by_creation(std::move(topics));
}

}  // namespace mosaico::catalog::sqlite
