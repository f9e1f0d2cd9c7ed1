#include "engine/read/projection.hpp"

#include <arrow/api.h>

#include <span>
#include <utility>

namespace mosaico::engine {
namespace {

using Path = std::span<const int>;

// The type below extensions.
const arrow::DataType& storage_of(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return storage_of(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

// Numbers the leaves of a schema in the order of Parquet, depth first, and keeps those asked for.
class Pruning {
 public:
  // The fields that paths go through, pruned; the others are only counted.
  arrow::FieldVector prune(const arrow::FieldVector& fields, const std::vector<Path>& paths) {
    arrow::FieldVector kept;
    for (size_t i = 0; i < fields.size(); ++i) {
      std::vector<Path> inner;
      bool whole = false;
      for (const Path path : paths) {
        if (path.front() != static_cast<int>(i)) continue;
        whole = whole || path.size() == 1;
        inner.push_back(path.subspan(1));
      }
      if (inner.empty()) {
        count(*fields[i]->type(), false);
      } else if (whole) {
        count(*fields[i]->type(), true);
        kept.push_back(fields[i]);
      } else {
        kept.push_back(prune_inside(fields[i], inner));
      }
    }
    return kept;
  }

  std::vector<int> take_leaves() { return std::move(leaves_); }

 private:
  // `paths` go on inside of the field.
  std::shared_ptr<arrow::Field> prune_inside(const std::shared_ptr<arrow::Field>& field,
                                             const std::vector<Path>& paths) {
    const arrow::DataType& type = *field->type();
    switch (type.id()) {
      case arrow::Type::STRUCT:
        return field->WithType(arrow::struct_(prune(type.fields(), paths)));
      case arrow::Type::LIST:
        return field->WithType(arrow::list(prune(type.fields(), paths).front()));
      case arrow::Type::LARGE_LIST:
        return field->WithType(arrow::large_list(prune(type.fields(), paths).front()));
      case arrow::Type::FIXED_SIZE_LIST:
        return field->WithType(
            arrow::fixed_size_list(prune(type.fields(), paths).front(),
                                   static_cast<const arrow::FixedSizeListType&>(type).list_size()));
      default:
        count(type, true);
        return field;
    }
  }

  void count(const arrow::DataType& any_type, bool keep) {
    const arrow::DataType& type = storage_of(any_type);
    if (type.num_fields() == 0) {
      if (keep) leaves_.push_back(next_leaf_);
      ++next_leaf_;
    }
    for (const auto& field : type.fields()) count(*field->type(), keep);
  }

  int next_leaf_ = 0;
  std::vector<int> leaves_;
};

size_t leaves_of(const arrow::DataType& any_type) {
  const arrow::DataType& type = storage_of(any_type);
  if (type.num_fields() == 0) return 1;
  size_t leaves = 0;
  for (const auto& field : type.fields()) leaves += leaves_of(*field->type());
  return leaves;
}

}  // namespace

Projection project(const arrow::Schema& schema, const std::vector<std::vector<int>>& paths) {
  Pruning pruning;
  auto fields = pruning.prune(schema.fields(), {paths.begin(), paths.end()});
  return {.schema = arrow::schema(std::move(fields)), .leaves = pruning.take_leaves()};
}

size_t leaves_before(const arrow::Schema& schema, const std::vector<int>& path) {
  size_t leaves = 0;
  const arrow::FieldVector* fields = &schema.fields();
  for (const int index : path) {
    for (int i = 0; i < index; ++i) leaves += leaves_of(*(*fields)[static_cast<size_t>(i)]->type());
    fields = &storage_of(*(*fields)[static_cast<size_t>(index)]->type()).fields();
  }
  return leaves;
}

}  // namespace mosaico::engine
