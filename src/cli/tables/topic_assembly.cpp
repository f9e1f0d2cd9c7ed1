#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>

#include "cli/tables/column_conversion.hpp"
#include "cli/tables/topic_plan.hpp"

namespace mosaico::cli {

namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;
using RowMask = std::vector<bool>;

// A field's values on their way from the table, and the rows where the table has one.
struct Gathered {
  const FieldPlan* plan = nullptr;
  ArrayPointer values = nullptr;  // Of a leaf with a source.
  RowMask present = {};
  std::vector<Gathered> members = {};
};

class BatchAssembly {
 public:
  BatchAssembly(const TopicPlan& plan, const arrow::RecordBatch& batch, std::int64_t first_row)
      : plan_(plan), batch_(batch), first_row_(first_row) {}

  Result<std::shared_ptr<arrow::RecordBatch>> run() {
    ARROW_ASSIGN_OR_RAISE(const auto time_values, leaf_values(batch_, plan_.time.source));
    const ColumnPlace time_place{plan_.file, plan_.time.source.name, first_row_};
    arrow::ArrayVector columns(1);
    ARROW_ASSIGN_OR_RAISE(
        columns[0],
        convert_times(time_values, plan_.time.unit.value_or(TimeUnit::Nanoseconds), time_place));
    const RowMask all_rows(static_cast<std::size_t>(rows()), true);
    for (const FieldPlan& field : plan_.fields) {
      ARROW_ASSIGN_OR_RAISE(const Gathered gathered, gather(field));
      ARROW_ASSIGN_OR_RAISE(auto column, build(gathered, all_rows));
      columns.push_back(std::move(column));
    }
    return arrow::RecordBatch::Make(plan_.arrow_schema, rows(), std::move(columns));
  }

 private:
  std::int64_t rows() const { return batch_.num_rows(); }

  Result<Gathered> gather(const FieldPlan& field) {
    Gathered result{.plan = &field, .present = RowMask(static_cast<std::size_t>(rows()), false)};
    if (field.source) {
      ARROW_ASSIGN_OR_RAISE(const auto values, leaf_values(batch_, *field.source));
      ARROW_ASSIGN_OR_RAISE(result.values,
                            convert_column(values, field.field->type(), field.scaling,
                                           {plan_.file, field.source->name, first_row_}));
      for (std::int64_t row = 0; row < rows(); ++row) {
        result.present[static_cast<std::size_t>(row)] = result.values->IsValid(row);
      }
      return result;
    }
    for (const FieldPlan& member : field.members) {
      ARROW_ASSIGN_OR_RAISE(auto gathered, gather(member));
      for (std::size_t row = 0; row < result.present.size(); ++row) {
        if (gathered.present[row]) result.present[row] = true;
      }
      result.members.push_back(std::move(gathered));
    }
    return result;
  }

  // `needed`: the rows where the structs around the field are there.
  Result<ArrayPointer> build(const Gathered& field, const RowMask& needed) {
    const FieldPlan& plan = *field.plan;
    if (field.values != nullptr) return finish_leaf(field, needed);
    if (plan.fixed != nullptr) return arrow::MakeArrayFromScalar(*plan.fixed, rows());
    if (plan.field->nullable() && !plan.has_source()) {
      return arrow::MakeArrayOfNull(plan.field->type(), rows());
    }
    if (plan.members.empty())
      return arrow::MakeEmptyArray(plan.field->type());  // Without rows only.
    return build_struct(field, needed);
  }

  Result<ArrayPointer> build_struct(const Gathered& field, const RowMask& needed) {
    const bool nullable = field.plan->field->nullable();
    RowMask there = needed;
    arrow::TypedBufferBuilder<bool> validity;
    ARROW_RETURN_NOT_OK(validity.Reserve(rows()));
    for (std::size_t row = 0; row < there.size(); ++row) {
      // A struct of which nothing is there is absent.
      if (nullable && !field.present[row]) there[row] = false;
      validity.UnsafeAppend(!nullable || there[row]);
    }
    arrow::ArrayVector members;
    for (const Gathered& member : field.members) {
      ARROW_ASSIGN_OR_RAISE(auto values, build(member, there));
      members.push_back(std::move(values));
    }
    const std::int64_t nulls = validity.false_count();
    std::shared_ptr<arrow::Buffer> bitmap;
    if (nulls > 0) {
      ARROW_ASSIGN_OR_RAISE(bitmap, validity.Finish());
    }
    return std::make_shared<arrow::StructArray>(field.plan->field->type(), rows(),
                                                std::move(members), std::move(bitmap), nulls);
  }

  Result<ArrayPointer> finish_leaf(const Gathered& field, const RowMask& needed) {
    const FieldPlan& plan = *field.plan;
    if (plan.field->nullable() || field.values->null_count() == 0) return field.values;
    for (std::int64_t row = 0; row < rows(); ++row) {
      if (needed[static_cast<std::size_t>(row)] && field.values->IsNull(row)) {
        const ColumnPlace place{plan_.file, plan.source->name, first_row_};
        return core::error(ErrorKind::Invalid, place.at(row), ": no value, but ", plan.path,
                           " needs one in every row");
      }
    }
    // What lies beneath an absent struct has no validity of its own.
    auto data = field.values->data()->Copy();
    data->buffers[0] = nullptr;
    data->null_count = 0;
    return arrow::MakeArray(data);
  }

  const TopicPlan& plan_;
  const arrow::RecordBatch& batch_;
  const std::int64_t first_row_;
};

}  // namespace

Result<ArrayPointer> leaf_values(const arrow::RecordBatch& batch, const TableLeaf& leaf) {
  ArrayPointer values = batch.column(leaf.indices.front());
  for (std::size_t i = 1; i < leaf.indices.size(); ++i) {
    const auto& members = static_cast<const arrow::StructArray&>(*values);
    ARROW_ASSIGN_OR_RAISE(values, members.GetFlattenedField(leaf.indices[i]));
  }
  return values;
}

Result<std::shared_ptr<arrow::RecordBatch>> TopicPlan::assemble(const arrow::RecordBatch& batch,
                                                                std::int64_t first_row) const {
  return BatchAssembly(*this, batch, first_row).run();
}

}  // namespace mosaico::cli
