#include "engine/ingest/chunk_columns.hpp"

#include <arrow/array/array_binary.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "engine/ingest/time_column.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;
using parquet::ColumnDescriptor;

constexpr int64_t kSampleBytes = 64 << 10;
constexpr double kWorthwhileRatio = 0.9;
// Whoever reads a row group part by part keeps a page of each column.
constexpr int64_t kPageBytes = 64 << 10;

bool is_text(const ColumnDescriptor& column) {
  return column.logical_type() != nullptr && column.logical_type()->is_string();
}

bool is_half_float(const ColumnDescriptor& column) {
  return column.logical_type() != nullptr &&
         column.logical_type()->type() == parquet::LogicalType::Type::FLOAT16;
}

bool is_blob(const ColumnDescriptor& column) {
  return column.physical_type() == parquet::Type::BYTE_ARRAY && !is_text(column);
}

parquet::Encoding::type encoding_of(const ColumnDescriptor& column) {
  switch (column.physical_type()) {
    case parquet::Type::FLOAT:
    case parquet::Type::DOUBLE:
      return parquet::Encoding::BYTE_STREAM_SPLIT;
    case parquet::Type::INT32:
    case parquet::Type::INT64:
      return parquet::Encoding::DELTA_BINARY_PACKED;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return is_half_float(column) ? parquet::Encoding::BYTE_STREAM_SPLIT
                                   : parquet::Encoding::PLAIN;
    default:
      return parquet::Encoding::PLAIN;
  }
}

void set_column(const ColumnDescriptor& column, const std::set<std::string>& incompressible,
                parquet::WriterProperties::Builder* builder) {
  const std::string path = column.path()->ToDotString();
  if (is_text(column)) {
    builder->enable_dictionary(path);
    return;
  }
  builder->encoding(path, encoding_of(column));
  if (is_blob(column)) {
    builder->disable_statistics(path)->disable_write_page_index(path);
    if (incompressible.contains(path)) {
      builder->compression(path, parquet::Compression::UNCOMPRESSED);
    }
  }
}

// The top-level columns of bytes that a compressor would not make smaller, judged by a sample.
std::set<std::string> incompressible_columns(const arrow::RecordBatch& batch) {
  std::set<std::string> columns;
  auto codec = arrow::util::Codec::Create(arrow::Compression::LZ4);
  if (!codec.ok()) return columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (batch.column(i)->type_id() != arrow::Type::BINARY) continue;
    const auto& blobs = static_cast<const arrow::BinaryArray&>(*batch.column(i));
    const int64_t bytes = std::min<int64_t>(blobs.total_values_length(), kSampleBytes);
    if (bytes == 0) continue;
    const uint8_t* sample = blobs.raw_data() + blobs.value_offset(0);
    std::vector<uint8_t> scratch(static_cast<size_t>((*codec)->MaxCompressedLen(bytes, sample)));
    const auto compressed =
        (*codec)->Compress(bytes, sample, static_cast<int64_t>(scratch.size()), scratch.data());
    const bool worthwhile = compressed.ok() && static_cast<double>(*compressed) <
                                                   kWorthwhileRatio * static_cast<double>(bytes);
    if (!worthwhile) columns.insert(batch.schema()->field(i)->name());
  }
  return columns;
}

template <typename Binary>
int64_t mean_bytes(const arrow::Array& column) {
  const auto& values = static_cast<const Binary&>(column);
  return values.total_values_length() / std::max<int64_t>(values.length(), 1);
}

// Bytes of a value in the leaf below a column that has the largest.
int64_t widest_value(const arrow::Array& column) {
  const arrow::DataType& type = *column.type();
  if (arrow::is_binary_like(type.id())) return mean_bytes<arrow::BinaryArray>(column);
  if (arrow::is_large_binary_like(type.id())) return mean_bytes<arrow::LargeBinaryArray>(column);
  int64_t widest = arrow::is_fixed_width(type.id()) ? type.byte_width() : 1;
  for (const auto& child : column.data()->child_data) {
    widest = std::max(widest, widest_value(*arrow::MakeArray(child)));
  }
  return widest;
}

// The writer looks whether a page is full only after so many values.
int64_t values_between_looks(const arrow::RecordBatch& sample) {
  int64_t widest = sizeof(int64_t);
  for (const auto& column : sample.columns()) widest = std::max(widest, widest_value(*column));
  return std::max<int64_t>(kPageBytes / widest, 1);
}

std::shared_ptr<parquet::WriterProperties> build_properties(const arrow::RecordBatch& sample) {
  const arrow::Schema& schema = *sample.schema();
  const auto incompressible = incompressible_columns(sample);
  std::shared_ptr<parquet::SchemaDescriptor> columns;
  PARQUET_THROW_NOT_OK(parquet::arrow::ToParquetSchema(
      &schema, *parquet::default_writer_properties(), *chunk_arrow_properties(), &columns));

  parquet::WriterProperties::Builder builder;
  builder.created_by("mosaico")
      ->compression(parquet::Compression::LZ4)
      ->disable_dictionary()
      ->enable_write_page_index()
      ->enable_page_checksum()
      ->data_pagesize(kPageBytes)
      ->write_batch_size(values_between_looks(sample))
      ->max_rows_per_page(std::numeric_limits<int64_t>::max())
      ->set_size_statistics_level(parquet::SizeStatisticsLevel::ColumnChunk);

  // Settings go by dotted path, and a name may hold dots itself: what two columns share is left
  // alone, since an encoding may suit only one of them.
  std::map<std::string, int> uses;
  for (int i = 0; i < columns->num_columns(); ++i)
    ++uses[columns->Column(i)->path()->ToDotString()];
  for (int i = 0; i < columns->num_columns(); ++i) {
    const ColumnDescriptor& column = *columns->Column(i);
    if (uses[column.path()->ToDotString()] > 1) continue;
    set_column(column, incompressible, &builder);
    if (column.path()->ToDotString() == kTimestampColumn) {
      builder.set_sorting_columns({{.column_idx = i, .descending = false, .nulls_first = false}});
    }
  }
  return builder.build();
}

// The least and greatest value of a column over its row groups.
struct Bounds {
  json min;
  json max;
  bool known = true;  // False as soon as one row group with values tells none.
};

void widen(Bounds* bounds, json min, json max) {
  if (min.is_null() || max.is_null()) {
    bounds->known = false;
    return;
  }
  if (bounds->min.is_null() || min < bounds->min) bounds->min = std::move(min);
  if (bounds->max.is_null() || bounds->max < max) bounds->max = std::move(max);
}

json as_json(bool value) { return value; }
json as_json(uint32_t value) { return value; }
json as_json(int64_t value) { return value; }
json as_json(uint64_t value) { return value; }
json as_json(double value) { return std::isfinite(value) ? json(value) : json(); }
json as_json(const parquet::ByteArray& value) {
  if (value.len > kStatisticsTextMax) return {};
  return std::string(reinterpret_cast<const char*>(value.ptr), value.len);
}

template <typename Type, typename As>
void widen_typed(Bounds* bounds, const parquet::Statistics& statistics) {
  const auto& typed = static_cast<const parquet::TypedStatistics<Type>&>(statistics);
  widen(bounds, as_json(static_cast<As>(typed.min())), as_json(static_cast<As>(typed.max())));
}

bool is_unsigned(const ColumnDescriptor& column) {
  const auto& logical = column.logical_type();
  return logical != nullptr && logical->is_int() &&
         !static_cast<const parquet::IntLogicalType&>(*logical).is_signed();
}

bool is_number_or_text(const ColumnDescriptor& column) {
  if (column.max_repetition_level() > 0) return false;
  const auto& logical = column.logical_type();
  const bool plain = logical == nullptr || logical->is_none() || logical->is_int();
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
    case parquet::Type::INT32:
    case parquet::Type::INT64:
    case parquet::Type::FLOAT:
    case parquet::Type::DOUBLE:
      return plain;
    case parquet::Type::BYTE_ARRAY:
      return is_text(column);
    default:
      return false;
  }
}

void widen_by(Bounds* bounds, const ColumnDescriptor& column,
              const parquet::Statistics& statistics) {
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return widen_typed<parquet::BooleanType, bool>(bounds, statistics);
    case parquet::Type::INT32:
      return is_unsigned(column) ? widen_typed<parquet::Int32Type, uint32_t>(bounds, statistics)
                                 : widen_typed<parquet::Int32Type, int64_t>(bounds, statistics);
    case parquet::Type::INT64:
      return is_unsigned(column) ? widen_typed<parquet::Int64Type, uint64_t>(bounds, statistics)
                                 : widen_typed<parquet::Int64Type, int64_t>(bounds, statistics);
    case parquet::Type::FLOAT:
      return widen_typed<parquet::FloatType, double>(bounds, statistics);
    case parquet::Type::DOUBLE:
      return widen_typed<parquet::DoubleType, double>(bounds, statistics);
    default:
      return widen_typed<parquet::ByteArrayType, const parquet::ByteArray&>(bounds, statistics);
  }
}

catalog::ColumnStatistics summarize(const ColumnDescriptor& column,
                                    const std::vector<ParquetStatistics>& groups) {
  catalog::ColumnStatistics result;
  result.path = column.path()->ToDotString();
  Bounds bounds;
  for (const ParquetStatistics& statistics : groups) {
    if (statistics == nullptr || !statistics->HasNullCount()) return {};
    result.nulls += statistics->null_count();
    if (statistics->num_values() == 0) continue;
    if (statistics->HasMinMax()) {
      widen_by(&bounds, column, *statistics);
    } else {
      bounds.known = false;
    }
  }
  if (bounds.known) {
    result.min = std::move(bounds.min);
    result.max = std::move(bounds.max);
  }
  return result;
}

// Over the row groups [first, end).
catalog::ColumnStatistics statistics_of(const parquet::FileMetaData& metadata, int index, int first,
                                        int end) {
  std::vector<ParquetStatistics> groups;
  for (int group = first; group < end; ++group) {
    groups.push_back(metadata.RowGroup(group)->ColumnChunk(index)->statistics());
  }
  return summarize(*metadata.schema()->Column(index), groups);
}

}  // namespace

Result<std::shared_ptr<parquet::WriterProperties>> chunk_properties(
    const arrow::RecordBatch& sample) {
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  return build_properties(sample);
  END_PARQUET_CATCH_EXCEPTIONS
}

std::shared_ptr<parquet::ArrowWriterProperties> chunk_arrow_properties() {
  return parquet::ArrowWriterProperties::Builder()
      .store_schema()
      ->disable_compliant_nested_types()  // Keeps the names of list elements.
      ->set_use_threads(false)
      ->build();
}

Result<std::vector<catalog::ColumnStatistics>> chunk_statistics(
    const parquet::FileMetaData& metadata) {
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  std::vector<catalog::ColumnStatistics> columns;
  for (int i = 0; i < metadata.num_columns() && columns.size() < kStatisticsColumnsMax; ++i) {
    if (!is_number_or_text(*metadata.schema()->Column(i))) continue;
    catalog::ColumnStatistics statistics = statistics_of(metadata, i, 0, metadata.num_row_groups());
    if (!statistics.path.empty()) columns.push_back(std::move(statistics));
  }
  return columns;
  END_PARQUET_CATCH_EXCEPTIONS
}

Result<catalog::ColumnStatistics> column_statistics(const parquet::FileMetaData& metadata,
                                                    int row_group, int leaf) {
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  if (!is_number_or_text(*metadata.schema()->Column(leaf))) return catalog::ColumnStatistics{};
  return statistics_of(metadata, leaf, row_group, row_group + 1);
  END_PARQUET_CATCH_EXCEPTIONS
}

bool has_chunk_statistics(const parquet::ColumnDescriptor& column) {
  return is_number_or_text(column);
}

Result<catalog::ColumnStatistics> summary_of(const parquet::ColumnDescriptor& column,
                                             const std::vector<ParquetStatistics>& groups) {
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  return summarize(column, groups);
  END_PARQUET_CATCH_EXCEPTIONS
}

}  // namespace mosaico::engine
