#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "cli/tables/import_request.hpp"

namespace mosaico::cli {

// Where values come from, for errors.
struct ColumnPlace {
  std::string file;
  std::string column;
  std::int64_t first_row = 1;  // Of the batch; rows count from 1, a heading is none.

  // "imu.csv, row 17, column 'x'"
  std::string at(std::int64_t row_of_batch) const;
};

// The values as the target type: text is parsed, other types are cast where nothing is lost. Null
// stays null. Invalid, naming the place, for what cannot be converted.
Result<std::shared_ptr<arrow::Array>> convert_column(const std::shared_ptr<arrow::Array>& values,
                                                     const std::shared_ptr<arrow::DataType>& target,
                                                     const Scaling& scaling,
                                                     const ColumnPlace& place);

// Times as int64 ns without nulls. Timestamp columns bring their own unit. Invalid for a null.
Result<std::shared_ptr<arrow::Array>> convert_times(const std::shared_ptr<arrow::Array>& values,
                                                    TimeUnit unit, const ColumnPlace& place);

}  // namespace mosaico::cli
