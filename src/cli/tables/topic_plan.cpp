#include "cli/tables/topic_plan.hpp"

#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/tables/field_aliases.hpp"
#include "mosaico/ontology.hpp"
#include "ontology/arrow_schema.hpp"

namespace mosaico::cli {

namespace {

std::vector<std::string> names_of(const std::vector<TableLeaf>& leaves) {
  std::vector<std::string> names;
  for (const TableLeaf& leaf : leaves) names.push_back(leaf.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void add_leaves(const arrow::Field& field, const std::string& name, std::vector<int> indices,
                std::vector<TableLeaf>& leaves) {
  if (field.type()->id() == arrow::Type::STRUCT && field.type()->num_fields() > 0) {
    for (int i = 0; i < field.type()->num_fields(); ++i) {
      auto deeper = indices;
      deeper.push_back(i);
      const auto& member = *field.type()->field(i);
      add_leaves(member, name + "." + member.name(), std::move(deeper), leaves);
    }
    return;
  }
  leaves.push_back({name, std::move(indices), field.type()});
}

FieldPlan plan_field(const std::shared_ptr<arrow::Field>& field, const std::string& prefix) {
  FieldPlan plan{.field = field, .path = prefix + field->name()};
  if (field->type()->id() == arrow::Type::STRUCT) {
    for (const auto& member : field->type()->fields()) {
      plan.members.push_back(plan_field(member, plan.path + "."));
    }
  }
  return plan;
}

FieldPlan* find_leaf(std::vector<FieldPlan>& fields, const std::string& path) {
  for (FieldPlan& field : fields) {
    if (field.members.empty() && field.path == path) return &field;
    if (FieldPlan* found = find_leaf(field.members, path)) return found;
  }
  return nullptr;
}

// A leaf whose path with '_' in place of '.' is the name: acceleration_x.
FieldPlan* find_leaf_by_words(std::vector<FieldPlan>& fields, const std::string& name) {
  for (FieldPlan& field : fields) {
    if (field.members.empty() && normalized_column_name(field.path) == name) return &field;
    if (FieldPlan* found = find_leaf_by_words(field.members, name)) return found;
  }
  return nullptr;
}

void add_leaf_paths(const std::vector<FieldPlan>& fields, std::vector<std::string>& paths) {
  for (const FieldPlan& field : fields) {
    if (field.members.empty()) paths.push_back(field.path);
    add_leaf_paths(field.members, paths);
  }
}

// Binds the columns of one table to the fields of one built-in type.
class FieldBinder {
 public:
  FieldBinder(const ImportRequest& request, const std::vector<TableLeaf>& leaves,
              std::vector<FieldPlan>& fields)
      : request_(request), leaves_(leaves), fields_(fields) {}

  Status bind(const std::string& time_column) {
    used_.insert(time_column);
    ARROW_RETURN_NOT_OK(bind_map());
    for (const TableLeaf& leaf : leaves_) bind_by_name(leaf);
    bind_single_value();
    for (FieldPlan& field : fields_) settle(field);
    return check_required();
  }

  std::vector<std::string> unused() const {
    std::vector<std::string> names;
    for (const TableLeaf& leaf : leaves_) {
      if (!used_.contains(leaf.name)) names.push_back(leaf.name);
    }
    return names;
  }

 private:
  Status bind_map() {
    for (const MapEntry& entry : request_.map) {
      FieldPlan* field = find_leaf(fields_, entry.field);
      if (field == nullptr) {
        std::vector<std::string> paths;
        add_leaf_paths(fields_, paths);
        auto near = near_names(entry.field, paths);
        return core::error(ErrorKind::Invalid, "topic ", request_.topic, ": ", request_.as,
                           " has no field '", entry.field,
                           "', choose one of: ", joined(near.empty() ? paths : near));
      }
      const auto expression = parse_column_expression(entry.expression, names_of(leaves_));
      if (!expression.ok()) {
        return core::error(ErrorKind::Invalid, request_.file, ": map=", entry.field, ": ",
                           expression.status().message());
      }
      const auto leaf = std::find_if(
          leaves_.begin(), leaves_.end(),
          [&](const TableLeaf& candidate) { return candidate.name == expression->column; });
      give(*field, *leaf, expression->scaling);
    }
    return Status::OK();
  }

  void bind_by_name(const TableLeaf& leaf) {
    if (used_.contains(leaf.name)) return;
    FieldPlan* field = find_leaf(fields_, leaf.name);
    Scaling scaling;
    if (field == nullptr) field = find_leaf_by_words(fields_, normalized_column_name(leaf.name));
    if (field == nullptr) {
      if (const auto alias = find_field_alias(request_.as, leaf.name)) {
        field = find_leaf(fields_, alias->path);
        scaling = alias->scaling;
      }
    }
    if (field != nullptr && !field->source) give(*field, leaf, scaling);
  }

  // A type of one value takes the only column there is, whatever its name.
  void bind_single_value() {
    const auto rest = unused();
    if (fields_.size() != 1 || !fields_.front().members.empty() || fields_.front().source) return;
    if (rest.size() != 1) return;
    const auto leaf = std::find_if(leaves_.begin(), leaves_.end(), [&](const TableLeaf& candidate) {
      return candidate.name == rest[0];
    });
    give(fields_.front(), *leaf, {});
  }

  void give(FieldPlan& field, const TableLeaf& leaf, const Scaling& scaling) {
    field.source = leaf;
    field.scaling = scaling;
    used_.insert(leaf.name);
  }

  // Gives required members their fixed values. An optional struct of which a required member is
  // missing stays null, and its columns unused.
  void settle(FieldPlan& field) {
    for (FieldPlan& member : field.members) settle(member);
    if (field.members.empty() && !field.source && !field.field->nullable()) {
      if (const auto value = default_of_field(request_.as, field.path)) {
        field.fixed =
            arrow::MakeScalar(std::string(*value))->CastTo(field.field->type()).ValueOr(nullptr);
      }
    }
    if (!field.members.empty() && field.field->nullable() && field.has_source() &&
        lacks_member(field)) {
      forget(field);
    }
  }

  static bool lacks_member(const FieldPlan& field) {
    return std::any_of(field.members.begin(), field.members.end(), [](const FieldPlan& member) {
      if (member.field->nullable()) return false;
      if (!member.members.empty()) return lacks_member(member) || !member.has_source();
      return !member.source && member.fixed == nullptr;
    });
  }

  void forget(FieldPlan& field) {
    if (field.source) used_.erase(field.source->name);
    field.source.reset();
    for (FieldPlan& member : field.members) forget(member);
  }

  Status check_required() const {
    std::vector<std::string> missing;
    for (const FieldPlan& field : fields_) add_missing(field, missing);
    if (missing.empty()) return Status::OK();
    return core::error(ErrorKind::Invalid, request_.file, ": no column for ", joined(missing),
                       " of ", request_.as, ", name one with map=", missing.front(),
                       ":COLUMN (columns: ", joined(names_of(leaves_)), ")");
  }

  static void add_missing(const FieldPlan& field, std::vector<std::string>& missing) {
    if (field.field->nullable() && !field.has_source()) return;
    if (field.members.empty()) {
      if (!field.field->nullable() && !field.source && field.fixed == nullptr)
        missing.push_back(field.path);
      return;
    }
    if (!field.has_source()) {
      missing.push_back(field.path);
      return;
    }
    for (const FieldPlan& member : field.members) add_missing(member, missing);
  }

  const ImportRequest& request_;
  const std::vector<TableLeaf>& leaves_;
  std::vector<FieldPlan>& fields_;
  std::set<std::string> used_;
};

Result<OntologyType> find_builtin_type(const ImportRequest& request) {
  std::vector<std::string> tags;
  for (const OntologyType& type : builtin_ontology_types()) {
    if (type.tag() == request.as) return type;
    tags.push_back(type.tag());
  }
  const auto near = near_names(request.as, tags);
  return core::error(
      ErrorKind::Invalid, "topic ", request.topic, ": there is no type '", request.as, "', ",
      near.empty() ? "choose one of: " : "did you mean: ", joined(near.empty() ? tags : near));
}

// "vehicle_air_data.csv" → "VehicleAirData"
std::string tag_from_file(const std::string& file) {
  std::string tag;
  bool start = true;
  for (const char c : std::filesystem::path(file).stem().string()) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      start = true;
      continue;
    }
    tag += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = false;
  }
  if (tag.empty() || std::isdigit(static_cast<unsigned char>(tag.front())) != 0)
    tag = "Table" + tag;
  const auto& types = builtin_ontology_types();
  const bool taken = std::any_of(types.begin(), types.end(),
                                 [&](const OntologyType& type) { return type.tag() == tag; });
  return taken ? tag + "Table" : tag;
}

// A type that topics can have for one that a file has: encodings are undone, times become int64 in
// their own unit. Null: none keeps the values.
std::shared_ptr<arrow::DataType> plain_type(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::DICTIONARY:
      return plain_type(static_cast<const arrow::DictionaryType&>(*type).value_type());
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return arrow::utf8();
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return arrow::binary();
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
    case arrow::Type::TIME64:
      return arrow::int64();
    case arrow::Type::DATE32:
    case arrow::Type::TIME32:
      return arrow::int32();
    case arrow::Type::NA:
      return arrow::float64();
    default:
      return ontology::to_arrow(ontology::from_arrow(*type)).ok() ? type : nullptr;
  }
}

// Where nobody says the unit of the time, floating point counts seconds, and integers count ns.
TimeUnit usual_time_unit(const arrow::DataType& type) {
  const bool is_float = type.id() == arrow::Type::FLOAT || type.id() == arrow::Type::DOUBLE;
  return is_float ? TimeUnit::Seconds : TimeUnit::Nanoseconds;
}

// `columns`: those of the table, in a text file with the types that their texts have.
Status plan_derived_fields(const ImportRequest& request, const arrow::FieldVector& columns,
                           TopicPlan& plan) {
  for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
    const auto& column = columns[static_cast<std::size_t>(i)];
    if (plan.time.source.indices == std::vector<int>{i}) continue;
    if (column->name() == ontology::kTimestampColumn) {
      return core::error(ErrorKind::Invalid, request.file,
                         ": column 'timestamp_ns' is the name of the time "
                         "of each message, take it as time= or rename it");
    }
    const auto type = plain_type(column->type());
    if (type == nullptr) {
      return core::error(ErrorKind::Invalid, request.file, ": column '", column->name(),
                         "' of type ", column->type()->ToString(),
                         " cannot be stored in a topic, convert or drop it");
    }
    Field field = ontology::from_arrow(*column->WithType(type));
    if (!type->Equals(column->type())) field.description = column->type()->ToString();
    plan.schema.fields.push_back(std::move(field));
    ARROW_ASSIGN_OR_RAISE(auto target, ontology::to_arrow(plan.schema.fields.back()));
    plan.fields.push_back({.field = std::move(target),
                           .path = column->name(),
                           .source = TableLeaf{column->name(), {i}, column->type()}});
  }
  if (plan.fields.empty()) {
    return core::error(ErrorKind::Invalid, request.file,
                       ": there is no column beside the time, a topic needs one");
  }
  return Status::OK();
}

}  // namespace

bool FieldPlan::has_source() const {
  return source.has_value() ||
         std::any_of(members.begin(), members.end(),
                     [](const FieldPlan& member) { return member.has_source(); });
}

std::vector<TableLeaf> leaves_of(const arrow::Schema& table) {
  std::vector<TableLeaf> leaves;
  for (int i = 0; i < table.num_fields(); ++i) {
    add_leaves(*table.field(i), table.field(i)->name(), {i}, leaves);
  }
  return leaves;
}

Result<TopicPlan> plan_topic(const ImportRequest& request, const TableReader& table) {
  const auto leaves = leaves_of(*table.schema());
  TopicPlan plan{.topic = request.topic, .file = request.file};
  ARROW_ASSIGN_OR_RAISE(plan.time, plan_time(request, leaves));
  arrow::FieldVector columns = table.schema()->fields();
  if (table.is_text() && (request.as.empty() || !plan.time.unit)) {
    ARROW_ASSIGN_OR_RAISE(const auto types, infer_text_types(request.file));
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = columns[i]->WithType(types[i]);
  }
  if (!plan.time.unit) {
    const auto& column = *columns[static_cast<std::size_t>(plan.time.source.indices.front())];
    plan.time.unit = usual_time_unit(table.is_text() ? *column.type() : *plan.time.source.type);
  }
  if (request.as.empty()) {
    plan.schema.ontology_tag = request.tag.empty() ? tag_from_file(request.file) : request.tag;
    ARROW_RETURN_NOT_OK(plan_derived_fields(request, columns, plan));
  } else {
    ARROW_ASSIGN_OR_RAISE(const OntologyType type, find_builtin_type(request));
    plan.schema = type.schema();
    for (const Field& field : plan.schema.fields) {
      ARROW_ASSIGN_OR_RAISE(const auto target, ontology::to_arrow(field));
      plan.fields.push_back(plan_field(target, ""));
    }
    FieldBinder binder(request, leaves, plan.fields);
    ARROW_RETURN_NOT_OK(binder.bind(plan.time.source.name));
    plan.unused_columns = binder.unused();
  }
  ARROW_ASSIGN_OR_RAISE(plan.arrow_schema, ontology::to_arrow_schema(plan.schema));
  return plan;
}

}  // namespace mosaico::cli
