#include "engine/verify/column_check.hpp"

#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <array>
#include <memory>
#include <utility>

#include "engine/ingest/chunk_columns.hpp"

namespace mosaico::engine {

namespace {

constexpr int64_t kValuesAtOnce = 4096;

template <typename Type>
ParquetStatistics gather(parquet::ColumnReader& column) {
  using Value = typename Type::c_type;
  auto& values = static_cast<parquet::TypedColumnReader<Type>&>(column);
  auto statistics = parquet::MakeStatistics<Type>(column.descr());
  // Arrays, since a vector of bool has no data().
  const auto buffer = std::make_unique<std::array<Value, kValuesAtOnce>>();
  const auto levels = std::make_unique<std::array<int16_t, kValuesAtOnce>>();
  while (values.HasNext()) {
    int64_t read = 0;
    const int64_t slots =
        values.ReadBatch(kValuesAtOnce, levels->data(), nullptr, buffer->data(), &read);
    if (slots == 0) throw parquet::ParquetException("a column ends within a page");
    statistics->Update(buffer->data(), read, slots - read);
  }
  return statistics;
}

ParquetStatistics gather_any(parquet::ColumnReader& column) {
  switch (column.type()) {
    case parquet::Type::BOOLEAN:
      return gather<parquet::BooleanType>(column);
    case parquet::Type::INT32:
      return gather<parquet::Int32Type>(column);
    case parquet::Type::INT64:
      return gather<parquet::Int64Type>(column);
    case parquet::Type::FLOAT:
      return gather<parquet::FloatType>(column);
    case parquet::Type::DOUBLE:
      return gather<parquet::DoubleType>(column);
    default:
      return gather<parquet::ByteArrayType>(column);
  }
}

}  // namespace

Result<ColumnValues> look_at_column(parquet::ParquetFileReader& file, int leaf) try {
  const parquet::ColumnDescriptor& column = *file.metadata()->schema()->Column(leaf);
  std::vector<ParquetStatistics> groups;
  ColumnValues values;
  for (int group = 0; group < file.metadata()->num_row_groups(); ++group) {
    groups.push_back(gather_any(*file.RowGroup(group)->Column(leaf)));
    ARROW_ASSIGN_OR_RAISE(auto summary, summary_of(column, {groups.back()}));
    values.by_row_group.push_back(std::move(summary));
  }
  ARROW_ASSIGN_OR_RAISE(values.whole, summary_of(column, groups));
  return values;
} catch (const std::exception& failure) {
  return core::error(ErrorKind::Corrupt, failure.what());
}

}  // namespace mosaico::engine
