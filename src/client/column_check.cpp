#include "client/column_check.hpp"

#include <arrow/type.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/names.hpp"
#include "query/row_test.hpp"

namespace mosaico::client {

namespace {

constexpr size_t kTopicsMax = 256;
constexpr size_t kColumnsMax = 40;

struct Schemas {
  std::vector<std::shared_ptr<arrow::Schema>> list;  // Of topics that saw an upload.
  bool is_complete = true;                           // There were not too many topics.
};

// Those of the topics that a query finds.
Result<Schemas> schemas_of(Transport& transport, const nlohmann::json& query) {
  ARROW_ASSIGN_OR_RAISE(const auto answer, transport.query(query));
  Schemas schemas;
  size_t topics = 0;
  for (const auto& item : answer.items) {
    for (const auto& topic : item.topics) {
      if (++topics > kTopicsMax) {
        schemas.is_complete = false;
        return schemas;
      }
      auto schema = transport.topic_schema(topic.locator);
      // A topic may be deleted meanwhile, and other servers have no schema to show.
      if (schema.ok() && (*schema)->num_fields() > 0) schemas.list.push_back(*schema);
    }
  }
  return schemas;
}

// "acceleration.x (double)": what conditions can be put on.
void list_columns(const arrow::FieldVector& fields, const std::string& prefix,
                  std::vector<std::string>* columns) {
  for (const auto& field : fields) {
    const std::string path = prefix + field->name();
    if (field->type()->id() == arrow::Type::STRUCT) {
      list_columns(field->type()->fields(), path + ".", columns);
    } else {
      columns->push_back(path + " (" + field->type()->ToString() + ")");
    }
  }
}

std::string columns_text(const arrow::Schema& schema) {
  std::vector<std::string> columns;
  list_columns(schema.fields(), "", &columns);
  std::string text;
  for (size_t i = 0; i < std::min(columns.size(), kColumnsMax); ++i) {
    text += (i > 0 ? ", " : "") + columns[i];
  }
  return columns.size() > kColumnsMax ? text + ", …" : text;
}

Status check_condition(Transport& transport, const query::Condition& condition,
                       const std::string& tag) {
  const auto fits = [](const query::Condition& asked, const arrow::Schema& schema) {
    const auto bound = query::RowTest::bind({asked}, schema);
    return bound.ok() && !bound->never();
  };
  const std::string path = tag + "." + condition.field;
  const std::string place = "ontology." + core::quoted(path);
  std::shared_ptr<arrow::Schema> sample;
  // The topics that have the column; then, as those without rows are none of these, all.
  for (const nlohmann::json& query :
       {nlohmann::json{{"ontology", {{path, {{"$ex", nullptr}}}}}},
        nlohmann::json{{"topic", {{"ontology_tag", {{"$eq", tag}}}}}}}) {
    ARROW_ASSIGN_OR_RAISE(const Schemas schemas, schemas_of(transport, query));
    for (const auto& schema : schemas.list) {
      if (fits(condition, *schema)) return Status::OK();
      const bool has_column = fits({condition.field, query::Operator::Exists, nullptr}, *schema);
      if (has_column || sample == nullptr) sample = schema;
    }
    if (!schemas.is_complete) return Status::OK();
  }
  if (sample == nullptr) return Status::OK();
  if (fits({condition.field, query::Operator::Exists, nullptr}, *sample)) {
    return core::error(ErrorKind::Invalid, place, ": the value ", condition.value.dump(),
                       " does not suit the column; ", tag, " has ", columns_text(*sample));
  }
  return core::error(ErrorKind::Invalid, place, ": no such column; ", tag, " has ",
                     columns_text(*sample));
}

}  // namespace

Status check_columns(Transport& transport, const nlohmann::json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto parsed, query::parse_query(body));
  for (const query::DataConditions& data : parsed.data) {
    for (const query::Condition& condition : data.columns) {
      const bool asks_schema =
          condition.op == query::Operator::Exists || condition.op == query::Operator::NotExists;
      if (!asks_schema) ARROW_RETURN_NOT_OK(check_condition(transport, condition, data.tag));
    }
  }
  return Status::OK();
}

}  // namespace mosaico::client
