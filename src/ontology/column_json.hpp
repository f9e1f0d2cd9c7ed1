#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "mosaico/detail/column_view.hpp"
#include "mosaico/schema.hpp"

// Cells of columns as JSON, for those who know a type only at run time.
namespace mosaico::ontology {

// One cell. Integers and floating point are exact (NaN stays a number, which JSON text cannot
// hold), blobs are JSON binary values, and a struct with nothing but nulls in it is null. What JSON
// has no form for is Arrow's text of it.
nlohmann::json cell_to_json(const Field& field, const detail::ColumnView& column, int64_t row);

// A row as an object, one member a column; nested ones as cell_to_json() has them.
nlohmann::json row_to_json(const std::vector<Field>& fields,
                           const std::vector<detail::ColumnView>& columns, int64_t row);

// The cell at a dotted path through structs. Names that contain dots are found too. Empty when the
// schema has no such column; null beneath a null struct.
std::optional<nlohmann::json> cell_at_path(const std::vector<Field>& fields,
                                           const std::vector<detail::ColumnView>& columns,
                                           int64_t row, std::string_view path);

}  // namespace mosaico::ontology
