#include "engine/stored_schema.hpp"

#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <set>
#include <utility>
#include <vector>

#include "core/names.hpp"
#include "core/utf8.hpp"
#include "engine/ingest/time_column.hpp"

namespace mosaico::engine {

namespace {

using arrow::DataType;
using arrow::Field;
using TypePointer = std::shared_ptr<DataType>;

const DataType& without_extension(const DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return without_extension(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

// What to use in place of a type that cannot be stored; empty for those that can.
std::string refusal(const DataType& type, bool below_list) {
  switch (type.id()) {
    case arrow::Type::DICTIONARY:
      return "send its values as " +
             static_cast<const arrow::DictionaryType&>(type).value_type()->ToString();
    case arrow::Type::RUN_END_ENCODED:
      return "send its values without run-end encoding";
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
      return "use a struct with one nullable field for each alternative";
    case arrow::Type::STRUCT:
      return type.num_fields() == 0 ? "give the struct a field, or leave the column out" : "";
    case arrow::Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width() == 0 ? "use binary"
                                                                                    : "";
    case arrow::Type::FIXED_SIZE_LIST:
      return static_cast<const arrow::FixedSizeListType&>(type).list_size() == 0 ? "use a list"
                                                                                 : "";
    case arrow::Type::LIST_VIEW:
      return "use list";
    case arrow::Type::LARGE_LIST_VIEW:
      return "use large_list";
    case arrow::Type::INTERVAL_MONTHS:
    case arrow::Type::INTERVAL_DAY_TIME:
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return "use a duration, or an integer with its unit in the name";
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      const bool fits = decimal.scale() >= 0 && decimal.scale() <= decimal.precision();
      return fits ? "" : "use a scale from 0 to the precision";
    }
    case arrow::Type::NA:
      // Its elements take no bytes, so that no limit would hold their number.
      return below_list ? "use a list of a type with values" : "";
    default:
      return "";
  }
}

bool is_list(const DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
         type.id() == arrow::Type::FIXED_SIZE_LIST || type.id() == arrow::Type::MAP;
}

// Walks the fields of a schema and refuses the first one that cannot be stored.
class StorableCheck {
 public:
  Status check_fields(const arrow::FieldVector& fields, const std::string& path, int depth,
                      bool below_list) {
    std::set<std::string_view> names;
    for (const auto& field : fields) {
      const std::string here = path.empty() ? field->name() : path + "." + field->name();
      if (!core::is_utf8(field->name())) {
        return core::error(ErrorKind::Invalid, "column name ", core::quoted(here), " is not UTF-8");
      }
      if (!names.insert(field->name()).second) {
        return core::error(ErrorKind::Invalid, "two columns are called ", core::quoted(here));
      }
      ARROW_RETURN_NOT_OK(check_field(*field, here, depth, below_list));
    }
    return Status::OK();
  }

 private:
  Status check_field(const Field& field, const std::string& path, int depth, bool below_list) {
    if (depth > kSchemaDepthMax) {
      return core::error(ErrorKind::LimitExceeded, "column ", core::quoted(path),
                         " is nested deeper than ", kSchemaDepthMax, " types");
    }
    const DataType& type = without_extension(*field.type());
    const std::string instead = refusal(type, below_list);
    if (!instead.empty()) {
      return core::error(ErrorKind::Unsupported, "column ", core::quoted(path), " of type ",
                         core::quoted(field.type()->ToString()), " cannot be stored; ", instead);
    }
    if (type.id() == arrow::Type::NA && !field.nullable()) {
      return core::error(ErrorKind::Invalid, "column ", core::quoted(path),
                         " holds only nulls and is declared without nulls");
    }
    if (type.num_fields() > 0) {
      return check_fields(type.fields(), path, depth + 1, below_list || is_list(type));
    }
    if (++leaves_ > kLeafColumnsMax) {
      return core::error(ErrorKind::LimitExceeded, "the schema has more than ", kLeafColumnsMax,
                         " columns, those inside structs and lists counted");
    }
    return Status::OK();
  }

  int leaves_ = 0;
};

Status validate_timestamp_column(const arrow::Schema& schema) {
  const auto columns = schema.GetAllFieldsByName(kTimestampColumn);
  if (columns.size() != 1) {
    return core::error(ErrorKind::Invalid, "the schema has ",
                       columns.empty() ? "no column" : "more than one column", " timestamp_ns");
  }
  if (columns[0]->type()->id() != arrow::Type::INT64) {
    return core::error(ErrorKind::Invalid, "column \"timestamp_ns\" must be int64, not ",
                       columns[0]->type()->ToString());
  }
  return Status::OK();
}

// Arrow's own format loses some of what a schema in memory can say: names inside a map, for one.
Status validate_serializable(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, serialize_schema(schema));
  ARROW_ASSIGN_OR_RAISE(const auto read, deserialize_schema(bytes));
  for (int i = 0; i < schema.num_fields(); ++i) {
    const Field& field = *schema.field(i);
    if (field.Equals(*read->field(i), /*check_metadata=*/true)) continue;
    return core::error(ErrorKind::Unsupported, "column ", core::quoted(field.name()), " of type ",
                       core::quoted(field.type()->ToString()),
                       " is not given back exactly by Arrow's format; use its plain form, ",
                       read->field(i)->type()->ToString());
  }
  return Status::OK();
}

TypePointer storage_type(const TypePointer& type);

std::shared_ptr<Field> storage_field(const std::shared_ptr<Field>& field) {
  return field->WithType(storage_type(field->type()));
}

// The type of equal layout that Parquet keeps.
TypePointer storage_type(const TypePointer& type) {
  switch (type->id()) {
    case arrow::Type::EXTENSION:
      return storage_type(static_cast<const arrow::ExtensionType&>(*type).storage_type());
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(*type).unit() == arrow::TimeUnit::SECOND
                 ? arrow::int64()
                 : type;
    case arrow::Type::TIME32:
      return static_cast<const arrow::Time32Type&>(*type).unit() == arrow::TimeUnit::SECOND
                 ? arrow::int32()
                 : type;
    case arrow::Type::DATE64:
      return arrow::int64();
    case arrow::Type::LIST:
      return arrow::list(storage_field(type->field(0)));
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(storage_field(type->field(0)));
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          storage_field(type->field(0)),
          static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(storage_field(map.key_field()),
                                              storage_field(map.item_field()), map.keys_sorted());
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(storage_field(field));
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

// Whether arrays of both types have the same buffers; children apart. Both are storage types.
bool same_layout(const DataType& a, const DataType& b) {
  if (a.id() != b.id() || a.num_fields() != b.num_fields()) return false;
  if (a.id() == arrow::Type::FIXED_SIZE_LIST) {
    return static_cast<const arrow::FixedSizeListType&>(a).list_size() ==
           static_cast<const arrow::FixedSizeListType&>(b).list_size();
  }
  return a.num_fields() > 0 || a.Equals(b);
}

// Corrupt without a place; the caller knows the column.
Result<std::shared_ptr<arrow::ArrayData>> with_type(const arrow::ArrayData& data,
                                                    const TypePointer& type) {
  const TypePointer from = storage_type(data.type);
  const TypePointer to = storage_type(type);
  if (!same_layout(*from, *to)) {
    return core::error(ErrorKind::Corrupt, data.type->ToString(), " in place of ",
                       type->ToString());
  }
  auto result = data.Copy();
  result->type = type;
  const DataType& nested = without_extension(*type);
  for (size_t i = 0; i < result->child_data.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(
        result->child_data[i],
        with_type(*data.child_data[i], nested.field(static_cast<int>(i))->type()));
  }
  return result;
}

}  // namespace

Result<std::string> serialize_schema(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto buffer, arrow::ipc::SerializeSchema(schema));
  return buffer->ToString();
}

Result<std::shared_ptr<arrow::Schema>> deserialize_schema(std::string_view bytes) {
  arrow::io::BufferReader reader(arrow::Buffer::FromString(std::string(bytes)));
  arrow::ipc::DictionaryMemo dictionaries;
  auto schema = arrow::ipc::ReadSchema(&reader, &dictionaries);
  if (!schema.ok()) {
    return core::error(ErrorKind::Corrupt, "stored schema: ", schema.status().message());
  }
  return schema;
}

Result<SchemaCache::Schemas> SchemaCache::read(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(bytes);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->schemas;
    }
  }
  Schemas schemas;
  ARROW_ASSIGN_OR_RAISE(schemas.exact, deserialize_schema(bytes));
  schemas.plain = schemas.exact->RemoveMetadata();
  insert(bytes, schemas);
  return schemas;
}

void SchemaCache::insert(std::string_view key, const Schemas& schemas) {
  // A schema in memory, and its serialized form, which is the key; measured at 4.7 with ours.
  constexpr int64_t kMemoryPerByte = 5;
  const int64_t bytes = kMemoryPerByte * static_cast<int64_t>(key.size());
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ || index_.contains(key)) return;
  while (bytes_ > bytes_max_ - bytes) {
    bytes_ -= entries_.back().bytes;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::string(key), schemas, bytes});
  index_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
}

int64_t SchemaCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Status validate_storable(const arrow::Schema& schema) {
  ARROW_RETURN_NOT_OK(validate_timestamp_column(schema));
  ARROW_RETURN_NOT_OK(StorableCheck().check_fields(schema.fields(), "", 1, false));
  return validate_serializable(schema);
}

std::shared_ptr<arrow::Schema> storage_schema(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) fields.push_back(storage_field(field));
  return arrow::schema(std::move(fields), schema.metadata());
}

Result<std::shared_ptr<arrow::RecordBatch>> with_schema(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  if (batch.num_columns() != schema->num_fields()) {
    return core::error(ErrorKind::Corrupt, batch.num_columns(), " columns in place of ",
                       schema->num_fields());
  }
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  for (int i = 0; i < schema->num_fields(); ++i) {
    auto column = with_type(*batch.column_data(i), schema->field(i)->type());
    if (!column.ok()) {
      return core::with_context(column.status(),
                                "column " + core::quoted(schema->field(i)->name()));
    }
    columns.push_back(std::move(column).ValueUnsafe());
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace mosaico::engine
