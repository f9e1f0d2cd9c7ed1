#include "engine/ingest/absent_fields.hpp"

#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/read/shared_nulls.hpp"

namespace mosaico::engine {

namespace {

using DataPtr = std::shared_ptr<arrow::ArrayData>;
using Columns = std::vector<DataPtr>;

constexpr char kPresent = 0;
constexpr char kAbsent = 1;

Status other_fields() {
  return core::error(ErrorKind::Corrupt, "the list of absent fields is of another schema");
}

bool is_struct(const arrow::DataType& type) { return type.id() == arrow::Type::STRUCT; }

// --- Sharing ---

// shared_nulls() has one piece of memory for so many rows of a type that is_simple().
constexpr int64_t kSharedRowsMax = 32 << 10;
constexpr int kSimpleWidthMax = 16;

// No value of it, and of nothing below it, is wider than kSimpleWidthMax, whatever the rows.
bool is_simple(const arrow::DataType& type) {
  if (type.id() == arrow::Type::EXTENSION || type.id() == arrow::Type::FIXED_SIZE_LIST) {
    return false;
  }
  for (const auto& spec : type.layout().buffers) {
    if (spec.kind == arrow::DataTypeLayout::FIXED_WIDTH && spec.byte_width > kSimpleWidthMax) {
      return false;
    }
  }
  return std::all_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return is_simple(*field->type()); });
}

bool says_and_is_null(const arrow::ArrayData& data) {
  if (data.length <= 0 || data.null_count != data.length || data.buffers.empty()) return false;
  const auto& validity = data.buffers[0];
  return validity != nullptr &&
         validity->size() >= arrow::bit_util::BytesForBits(data.offset + data.length) &&
         arrow::internal::CountSetBits(validity->data(), data.offset, data.length) == 0;
}

// Null when nothing of it is shared.
DataPtr share(const DataPtr& data, const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  if (field.nullable() && says_and_is_null(*data) && data->length <= kSharedRowsMax &&
      is_simple(type)) {
    auto nulls = shared_nulls(field.type(), data->length);
    return nulls.ok() ? std::move(nulls).ValueUnsafe() : nullptr;
  }
  if (!is_struct(type) || std::ssize(data->child_data) != type.num_fields()) return nullptr;
  DataPtr result;
  for (int i = 0; i < type.num_fields(); ++i) {
    const auto at = static_cast<size_t>(i);
    DataPtr shared = share(data->child_data[at], *type.field(i));
    if (shared == nullptr) continue;
    if (result == nullptr) result = data->Copy();
    result->child_data[at] = std::move(shared);
  }
  return result;
}

// --- Leaving out ---

bool is_absent(const arrow::ArrayData& data, const arrow::Field& field) {
  return field.nullable() && data.length > 0 && data.GetNullCount() == data.length;
}

class LeaveOut {
 public:
  // What is left of the fields: of both lists, those that are not absent. Not all are left out.
  void from(const arrow::FieldVector& fields, const Columns& columns, arrow::FieldVector* left,
            Columns* left_columns) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const bool is_last = i + 1 == fields.size();
      if (is_absent(*columns[i], *fields[i]) && !(is_last && left->empty())) {
        absent_ += kAbsent;
        any_ = true;
        continue;
      }
      absent_ += kPresent;
      DataPtr data = columns[i];
      if (is_struct(*fields[i]->type())) data = from_struct(*data);
      left->push_back(fields[i]->WithType(data->type));
      left_columns->push_back(std::move(data));
    }
  }

  std::string take_absent() { return any_ ? std::move(absent_) : std::string(); }

 private:
  DataPtr from_struct(const arrow::ArrayData& data) {
    auto result = data.Copy();
    result->child_data.clear();
    arrow::FieldVector fields;
    from(data.type->fields(), data.child_data, &fields, &result->child_data);
    result->type = arrow::struct_(fields);
    return result;
  }

  std::string absent_;
  bool any_ = false;
};

// --- Putting back ---

// Walks a list of absent fields beside the fields.
class PutBack {
 public:
  explicit PutBack(const std::string& absent) : absent_(absent) {}

  Result<arrow::FieldVector> schema_of(const arrow::FieldVector& fields) {
    arrow::FieldVector present;
    for (const auto& field : fields) {
      ARROW_ASSIGN_OR_RAISE(const bool is_absent, next(*field));
      if (is_absent) continue;
      auto type = field->type();
      if (is_struct(*type)) {
        ARROW_ASSIGN_OR_RAISE(auto below, schema_of(type->fields()));
        type = arrow::struct_(below);
      }
      present.push_back(field->WithType(type));
    }
    // Nothing would tell how many rows it has.
    if (present.empty()) return other_fields();
    return present;
  }

  Result<Columns> fill(const arrow::FieldVector& fields, const Columns& present, int64_t rows) {
    Columns columns;
    size_t next_present = 0;
    for (const auto& field : fields) {
      ARROW_ASSIGN_OR_RAISE(const bool is_absent, next(*field));
      if (is_absent) {
        ARROW_ASSIGN_OR_RAISE(auto nulls, shared_nulls(field->type(), rows));
        columns.push_back(std::move(nulls));
        continue;
      }
      if (next_present == present.size()) return other_fields();
      DataPtr data = present[next_present++];
      if (is_struct(*field->type())) {
        auto whole = data->Copy();
        ARROW_ASSIGN_OR_RAISE(whole->child_data, fill(field->type()->fields(), data->child_data,
                                                      data->offset + data->length));
        whole->type = field->type();
        data = std::move(whole);
      }
      columns.push_back(std::move(data));
    }
    return columns;
  }

  Status expect_end() const { return at_ == absent_.size() ? Status::OK() : other_fields(); }

 private:
  Result<bool> next(const arrow::Field& field) {
    if (at_ == absent_.size()) return other_fields();
    const char mark = absent_[at_++];
    if (mark == kPresent) return false;
    if (mark == kAbsent && field.nullable()) return true;
    return other_fields();
  }

  const std::string& absent_;
  size_t at_ = 0;
};

}  // namespace

std::shared_ptr<arrow::RecordBatch> share_absent_fields(
    const std::shared_ptr<arrow::RecordBatch>& batch) {
  Columns columns = batch->column_data();
  bool any = false;
  for (size_t i = 0; i < columns.size(); ++i) {
    DataPtr shared = share(columns[i], *batch->schema()->field(static_cast<int>(i)));
    if (shared == nullptr) continue;
    columns[i] = std::move(shared);
    any = true;
  }
  if (!any) return batch;
  return arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), std::move(columns));
}

PresentFields leave_out_absent_fields(const std::shared_ptr<arrow::RecordBatch>& batch) {
  LeaveOut leave_out;
  arrow::FieldVector fields;
  Columns columns;
  leave_out.from(batch->schema()->fields(), batch->column_data(), &fields, &columns);
  PresentFields present{.batch = batch, .absent = leave_out.take_absent()};
  if (!present.absent.empty()) {
    present.batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch->num_rows(),
                                             std::move(columns));
  }
  return present;
}

Result<std::shared_ptr<arrow::Schema>> present_schema(const arrow::Schema& schema,
                                                      const std::string& absent) {
  PutBack put_back(absent);
  ARROW_ASSIGN_OR_RAISE(auto fields, put_back.schema_of(schema.fields()));
  ARROW_RETURN_NOT_OK(put_back.expect_end());
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::RecordBatch>> put_back_absent_fields(
    const PresentFields& present, const std::shared_ptr<arrow::Schema>& schema) {
  PutBack put_back(present.absent);
  ARROW_ASSIGN_OR_RAISE(auto columns, put_back.fill(schema->fields(), present.batch->column_data(),
                                                    present.batch->num_rows()));
  ARROW_RETURN_NOT_OK(put_back.expect_end());
  return arrow::RecordBatch::Make(schema, present.batch->num_rows(), std::move(columns));
}

}  // namespace mosaico::engine
