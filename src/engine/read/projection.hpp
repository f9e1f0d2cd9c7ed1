#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace mosaico::engine {

// Some columns of a schema, and where they lie in its Parquet files.
struct Projection {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<int> leaves;  // Ascending numbers of the leaf columns of a file.
};

// The columns that paths lead to. A path holds the numbers of children from the schema down,
// through structs and lists; it ends at a whole column. Members of a struct that no path asks for
// are left out, also within lists; the order stays. Maps stay whole.
Projection project(const arrow::Schema& schema, const std::vector<std::vector<int>>& paths);

// How many leaf columns a schema has before the column that such a path leads to.
size_t leaves_before(const arrow::Schema& schema, const std::vector<int>& path);

}  // namespace mosaico::engine
