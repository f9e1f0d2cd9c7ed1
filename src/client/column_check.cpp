#include "client/column_check.hpp"

#include <arrow/type.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/names.hpp"
#include "query/row_test.hpp"

namespace mosaico::client {

namespace {

constexpr size_t kTopicsMax = 8;
constexpr size_t kColumnsMax = 40;

using Schemas = std::vector<std::shared_ptr<arrow::Schema>>;

// Those of a few topics that saw an upload.
Result<Schemas> schemas_of(Transport& transport, const std::string& tag) {
  ARROW_ASSIGN_OR_RAISE(const auto answer,
                        transport.query({{"topic", {{"ontology_tag", {{"$eq", tag}}}}}}));
  Schemas schemas;
  for (const auto& item : answer.items) {
    for (const auto& topic : item.topics) {
      if (schemas.size() == kTopicsMax) return schemas;
      auto schema = transport.topic_schema(topic.locator);
      // A topic may be deleted meanwhile, and other servers have no schema to show.
      if (schema.ok() && (*schema)->num_fields() > 0) schemas.push_back(*schema);
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

Status check_condition(const query::Condition& condition, const std::string& tag,
                       const Schemas& schemas) {
  const auto fits = [](const query::Condition& asked, const arrow::Schema& schema) {
    const auto bound = query::RowTest::bind({asked}, schema);
    return bound.ok() && !bound->never();
  };
  bool is_known = false;
  for (const auto& schema : schemas) {
    if (fits(condition, *schema)) return Status::OK();
    is_known = is_known || fits({condition.field, query::Operator::Exists, nullptr}, *schema);
  }
  const std::string place = "ontology." + core::quoted(tag + "." + condition.field);
  if (is_known) {
    return core::error(ErrorKind::Invalid, place, ": the value ", condition.value.dump(),
                       " does not suit the column; ", tag, " has ", columns_text(*schemas.front()));
  }
  return core::error(ErrorKind::Invalid, place, ": no such column; ", tag, " has ",
                     columns_text(*schemas.front()));
}

}  // namespace

Status check_columns(Transport& transport, const nlohmann::json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto parsed, query::parse_query(body));
  for (const query::DataConditions& data : parsed.data) {
    ARROW_ASSIGN_OR_RAISE(const Schemas schemas, schemas_of(transport, data.tag));
    if (schemas.empty()) continue;
    for (const query::Condition& condition : data.columns) {
      const bool asks_schema =
          condition.op == query::Operator::Exists || condition.op == query::Operator::NotExists;
      if (!asks_schema) ARROW_RETURN_NOT_OK(check_condition(condition, data.tag, schemas));
    }
  }
  return Status::OK();
}

}  // namespace mosaico::client
