#include "engine/view_columns.hpp"

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>

#include <algorithm>
#include <utility>

#include "engine/read/restore_schema.hpp"

namespace mosaico::engine {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

std::shared_ptr<arrow::Field> without_views(const std::shared_ptr<arrow::Field>& field);

// The type with offsets in place of views.
TypePtr without_views(const TypePtr& type) {
  const auto child = [&type] { return without_views(type->field(0)); };
  switch (type->id()) {
    case arrow::Type::STRING_VIEW:
      return arrow::large_utf8();
    case arrow::Type::BINARY_VIEW:
      return arrow::large_binary();
    case arrow::Type::LIST:
      return arrow::list(child());
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(child());
    case arrow::Type::MAP:
      return std::make_shared<arrow::MapType>(
          child(), static_cast<const arrow::MapType&>(*type).keys_sorted());
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          child(), static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::STRUCT: {
      arrow::FieldVector members;
      for (const auto& member : type->fields()) members.push_back(without_views(member));
      return arrow::struct_(members);
    }
    default:
      return type;
  }
}

std::shared_ptr<arrow::Field> without_views(const std::shared_ptr<arrow::Field>& field) {
  return field->WithType(without_views(field->type()));
}

bool is_plain(const arrow::DataType& type) {
  if (type.id() == arrow::Type::STRING_VIEW || type.id() == arrow::Type::BINARY_VIEW) return false;
  return std::all_of(type.fields().begin(), type.fields().end(),
                     [](const auto& child) { return is_plain(*child->type()); });
}

}  // namespace

bool has_views(const arrow::Schema& schema) {
  return std::any_of(schema.fields().begin(), schema.fields().end(),
                     [](const auto& field) { return !is_plain(*field->type()); });
}

core::Result<std::shared_ptr<arrow::RecordBatch>> without_views(
    const std::shared_ptr<arrow::RecordBatch>& batch) {
  if (!has_views(*batch->schema())) return batch;
  arrow::FieldVector fields;
  for (const auto& field : batch->schema()->fields()) fields.push_back(without_views(field));
  return restore_schema(*batch, arrow::schema(std::move(fields), batch->schema()->metadata()));
}

core::Result<std::shared_ptr<arrow::RecordBatch>> take_rows(
    const std::shared_ptr<arrow::RecordBatch>& batch, std::vector<int64_t> rows) {
  const auto count = std::ssize(rows);
  const auto indices =
      std::make_shared<arrow::Int64Array>(count, arrow::Buffer::FromVector(std::move(rows)));
  ARROW_ASSIGN_OR_RAISE(const auto plain, without_views(batch));
  ARROW_ASSIGN_OR_RAISE(const auto taken,
                        arrow::compute::Take(arrow::Datum(plain), arrow::Datum(indices),
                                             arrow::compute::TakeOptions::NoBoundsCheck()));
  return plain == batch ? taken.record_batch()
                        : restore_schema(*taken.record_batch(), batch->schema());
}

}  // namespace mosaico::engine
