#include "engine/read/absent_columns.hpp"

#include <arrow/api.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/size_statistics.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/read/shared_nulls.hpp"

namespace mosaico::engine {
namespace {

using arrow::ArrayData;
using DataPtr = std::shared_ptr<ArrayData>;
using parquet::schema::GroupNode;
using parquet::schema::Node;

core::Status other_columns() {
  return core::error(ErrorKind::Corrupt, "a row group has other columns than its schema");
}

}  // namespace

// Walks the columns of the schema and of the file side by side.
class AbsentColumns::Search {
 public:
  explicit Search(const parquet::RowGroupMetaData& group) : group_(group) {}

  // `level`: the definition level of a row in which what holds the column is there, and it is not.
  Column column_of(const arrow::Field& field, const Node& node, int level) {
    const int first_leaf = next_leaf_;
    if (field.nullable() && node.is_optional()) {
      if (is_absent(node, level)) return {.kind = Kind::Absent, .children = {}};
      next_leaf_ = first_leaf;
      ++level;
    }
    if (field.type()->id() == arrow::Type::STRUCT && node.is_group() &&
        static_cast<const GroupNode&>(node).field_count() == field.type()->num_fields()) {
      return struct_of(*field.type(), static_cast<const GroupNode&>(node), level);
    }
    return decoded(node);
  }

  std::vector<int> take_leaves() { return std::move(leaves_); }

 private:
  Column struct_of(const arrow::DataType& type, const GroupNode& node, int level) {
    const int first_leaf = next_leaf_;
    Column column{.kind = Kind::Decoded, .children = {}};
    for (int i = 0; i < type.num_fields(); ++i) {
      column.children.push_back(column_of(*type.field(i), *node.field(i), level));
    }
    const auto is_decoded = [](const Column& child) { return child.kind == Kind::Decoded; };
    const auto is_absent = [](const Column& child) { return child.kind == Kind::Absent; };
    if (std::all_of(column.children.begin(), column.children.end(), is_decoded)) {
      column.children.clear();
      return column;
    }
    column.kind = Kind::Struct;
    if (std::all_of(column.children.begin(), column.children.end(), is_absent)) {
      // Where the struct itself is null only a child can tell.
      const int end = std::exchange(next_leaf_, first_leaf);
      column.children.front() = decoded(*node.field(0));
      next_leaf_ = end;
    }
    return column;
  }

  Column decoded(const Node& node) {
    const int end = next_leaf_ + count_leaves(node);
    for (; next_leaf_ < end; ++next_leaf_) leaves_.push_back(next_leaf_);
    return {};
  }

  // Goes past the leaves of `node`.
  bool is_absent(const Node& node, int level) {
    const int end = next_leaf_ + count_leaves(node);
    bool absent = true;
    for (; next_leaf_ < end; ++next_leaf_) absent = absent && highest_level(next_leaf_) <= level;
    return absent;
  }

  static int count_leaves(const Node& node) {
    if (!node.is_group()) return 1;
    const auto& children = static_cast<const GroupNode&>(node);
    int leaves = 0;
    for (int i = 0; i < children.field_count(); ++i) leaves += count_leaves(*children.field(i));
    return leaves;
  }

  // The highest definition level that occurs; where that is not certain, more than there is.
  int highest_level(int leaf) const {
    constexpr int kUnknown = 1 << 16;
    const auto column = group_.ColumnChunk(leaf);
    const auto sizes = column->size_statistics();
    if (sizes == nullptr) return kUnknown;
    const auto& counts = sizes->definition_level_histogram;
    // A footer has no checksum, but no single error leaves this sum as it is. A column that is
    // absent has one level a row, also below lists.
    int64_t rows = 0;
    int highest = kUnknown;
    for (size_t level = 0; level < counts.size(); ++level) {
      if (counts[level] < 0 || counts[level] > group_.num_rows() - rows) return kUnknown;
      rows += counts[level];
      if (counts[level] > 0) highest = static_cast<int>(level);
    }
    return rows == group_.num_rows() && rows == column->num_values() ? highest : kUnknown;
  }

  const parquet::RowGroupMetaData& group_;
  int next_leaf_ = 0;
  std::vector<int> leaves_;
};

AbsentColumns AbsentColumns::find(const arrow::Schema& schema,
                                  const parquet::SchemaDescriptor& file,
                                  const parquet::RowGroupMetaData& group) {
  const GroupNode& root = *file.group_node();
  if (root.field_count() != schema.num_fields()) return {};
  Search search(group);
  AbsentColumns found;
  for (int i = 0; i < schema.num_fields(); ++i) {
    found.columns_.push_back(search.column_of(*schema.field(i), *root.field(i), 0));
  }
  found.leaves_ = search.take_leaves();
  if (found.leaves_.size() == static_cast<size_t>(file.num_columns())) return {};
  return found;
}

Result<DataPtr> AbsentColumns::fill_struct(const Column& column, const DataPtr& decoded,
                                           const arrow::DataType& type) {
  if (decoded->type->id() != arrow::Type::STRUCT) return other_columns();
  auto result = decoded->Copy();
  result->child_data.clear();
  arrow::FieldVector fields;
  size_t next = 0;
  for (int i = 0; i < type.num_fields(); ++i) {
    const Column& child = column.children[static_cast<size_t>(i)];
    if (child.kind == Kind::Absent) {
      // Children are as long as what their parent is a slice of.
      ARROW_ASSIGN_OR_RAISE(auto nulls,
                            shared_nulls(type.field(i)->type(), decoded->offset + decoded->length));
      result->child_data.push_back(std::move(nulls));
      fields.push_back(type.field(i));
      continue;
    }
    if (next == decoded->child_data.size()) return other_columns();
    DataPtr data = decoded->child_data[next];
    if (child.kind == Kind::Struct) {
      ARROW_ASSIGN_OR_RAISE(data, fill_struct(child, data, *type.field(i)->type()));
    }
    fields.push_back(decoded->type->field(static_cast<int>(next))->WithType(data->type));
    result->child_data.push_back(std::move(data));
    ++next;
  }
  if (next != decoded->child_data.size()) return other_columns();
  result->type = arrow::struct_(fields);
  return result;
}

Result<std::shared_ptr<arrow::RecordBatch>> AbsentColumns::fill(const arrow::RecordBatch& decoded,
                                                                const arrow::Schema& schema) const {
  std::vector<DataPtr> columns;
  arrow::FieldVector fields;
  int next = 0;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const Column& column = columns_[static_cast<size_t>(i)];
    if (column.kind == Kind::Absent) {
      ARROW_ASSIGN_OR_RAISE(auto nulls, shared_nulls(schema.field(i)->type(), decoded.num_rows()));
      columns.push_back(std::move(nulls));
      fields.push_back(schema.field(i));
      continue;
    }
    if (next == decoded.num_columns()) return other_columns();
    DataPtr data = decoded.column_data(next);
    if (column.kind == Kind::Struct) {
      ARROW_ASSIGN_OR_RAISE(data, fill_struct(column, data, *schema.field(i)->type()));
    }
    fields.push_back(decoded.schema()->field(next)->WithType(data->type));
    columns.push_back(std::move(data));
    ++next;
  }
  if (next != decoded.num_columns()) return other_columns();
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), decoded.num_rows(),
                                  std::move(columns));
}

}  // namespace mosaico::engine
