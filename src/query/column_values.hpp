#pragma once

#include <arrow/type_fwd.h>

#include "query/row_test.hpp"

namespace mosaico::query {

// Clears the entries of `mask` whose row in `column`, the outermost column of the test, does not
// fulfil it. Null, also above the column asked, fulfils nothing.
void test_column(const ColumnTest& test, const arrow::Array& column, RowMask* mask);

}  // namespace mosaico::query
