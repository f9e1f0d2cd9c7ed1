#include "engine/read/chunk_reader.hpp"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/size_statistics.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/ingest/chunk_columns.hpp"
#include "engine/read/restore_schema.hpp"

namespace mosaico::engine {
namespace {

struct TimeBounds {
  int64_t min = 0;
  int64_t max = 0;
};

std::optional<TimeBounds> time_bounds(const parquet::RowGroupMetaData& group, int column) {
  const auto statistics = group.ColumnChunk(column)->statistics();
  const auto* typed = dynamic_cast<const parquet::Int64Statistics*>(statistics.get());
  if (typed == nullptr || !typed->HasMinMax()) return std::nullopt;
  return TimeBounds{typed->min(), typed->max()};
}

// A footer has no checksum. Sizes within these bounds can be added up.
constexpr int64_t kFooterBytesMax = int64_t{1} << 44;

bool fits(int64_t size) { return size >= 0 && size <= kFooterBytesMax; }

bool is_plausible(const parquet::RowGroupMetaData& group) {
  return fits(group.num_rows()) && fits(group.total_byte_size()) &&
         fits(group.total_compressed_size());
}

bool is_plausible(const parquet::ColumnChunkMetaData& column) {
  return fits(column.num_values()) && fits(column.total_compressed_size()) &&
         fits(column.total_uncompressed_size());
}

// Of the values of a column, decoded.
int64_t value_bytes_of(const parquet::ColumnChunkMetaData& column) {
  constexpr int64_t kWidthMax = 8;  // Also of an offset of a list or a text.
  const int64_t width_bytes = kWidthMax * column.num_values();
  if (column.type() != parquet::Type::BYTE_ARRAY) {
    return std::max(width_bytes, column.total_uncompressed_size());
  }
  // Encoded texts may take much less than the texts themselves.
  const auto sizes = column.size_statistics();
  const int64_t known =
      sizes != nullptr ? sizes->unencoded_byte_array_data_bytes.value_or(0) : int64_t{0};
  return width_bytes + std::max(fits(known) ? known : 0, column.total_uncompressed_size());
}

// The page in hand, decompressed, and what is read of the next.
int64_t page_bytes_of(const parquet::ColumnChunkMetaData& column) {
  constexpr int64_t kReadAhead = 16 << 10;
  int64_t pages = 0;
  for (const auto& stats : column.encoding_stats()) {
    const bool has_values = stats.page_type == parquet::PageType::DATA_PAGE ||
                            stats.page_type == parquet::PageType::DATA_PAGE_V2;
    if (has_values) pages += std::max(stats.count, 0);
  }
  // Pages of numbers are of one size but the last; those of bytes differ, as their values do.
  const int64_t bytes = column.total_uncompressed_size();
  const bool differ = column.type() == parquet::Type::BYTE_ARRAY;
  const int64_t full_pages = std::max<int64_t>(differ ? pages / 2 : pages - 1, 1);
  const int64_t page = bytes / full_pages;
  return page + std::min(kReadAhead, column.total_compressed_size());
}

}  // namespace

Result<std::shared_ptr<arrow::Int64Array>> timestamps_of(const arrow::RecordBatch& batch) {
  const auto column = batch.GetColumnByName(kTimestampColumn);
  if (column == nullptr || column->type_id() != arrow::Type::INT64) {
    return core::error(ErrorKind::Corrupt, "no int64 column ", kTimestampColumn, " in stored rows");
  }
  return std::static_pointer_cast<arrow::Int64Array>(column);
}

ChunkReader::ChunkReader(const catalog::Chunk& chunk, std::shared_ptr<arrow::Schema> schema,
                         std::optional<std::vector<int>> leaves)
    : chunk_(chunk), schema_(std::move(schema)), leaves_(std::move(leaves)) {}

ChunkReader::~ChunkReader() = default;

Result<std::unique_ptr<ChunkReader>> ChunkReader::open(store::Store& store, FooterCache& footers,
                                                       const catalog::Chunk& chunk,
                                                       std::shared_ptr<arrow::Schema> schema) {
  auto reader =
      std::unique_ptr<ChunkReader>(new ChunkReader(chunk, std::move(schema), std::nullopt));
  ARROW_RETURN_NOT_OK(reader->open_file(store, footers));
  return reader;
}

Result<std::unique_ptr<ChunkReader>> ChunkReader::open(store::Store& store, FooterCache& footers,
                                                       const catalog::Chunk& chunk,
                                                       Projection projection) {
  auto reader = std::unique_ptr<ChunkReader>(
      new ChunkReader(chunk, std::move(projection.schema), std::move(projection.leaves)));
  ARROW_RETURN_NOT_OK(reader->open_file(store, footers));
  return reader;
}

Status ChunkReader::open_file(store::Store& store, FooterCache& footers) try {
  ARROW_ASSIGN_OR_RAISE(auto source, store.open(chunk_.path));
  auto properties = parquet::default_reader_properties();
  properties.set_page_checksum_verification(true);
  properties.enable_buffered_stream();  // A page at a time, not the whole column.
  auto footer = footers.find(chunk_.id);
  const bool known = footer != nullptr;
  auto parquet_file =
      parquet::ParquetFileReader::Open(std::move(source), properties, std::move(footer));
  footer = parquet_file->metadata();
  if (!known) footers.insert(chunk_.id, footer);
  if (footer->num_rows() != chunk_.rows) {
    return failed(core::error(ErrorKind::Corrupt, "it has ", footer->num_rows(),
                              " rows where the catalog knows ", chunk_.rows));
  }
  timestamp_column_ = footer->schema()->ColumnIndex(kTimestampColumn);
  if (timestamp_column_ < 0) {
    return failed(core::error(ErrorKind::Corrupt, "it has no column ", kTimestampColumn));
  }
  if (leaves_ && !leaves_->empty() && leaves_->back() >= footer->num_columns()) {
    return failed(core::error(ErrorKind::Corrupt, "it has ", footer->num_columns(),
                              " columns, fewer than its schema"));
  }
  ARROW_RETURN_NOT_OK(list_row_groups(*footer));

  auto arrow_properties = parquet::default_arrow_reader_properties();
  arrow_properties.set_use_threads(false);
  arrow_properties.set_pre_buffer(false);
  auto made = parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                               std::move(parquet_file), arrow_properties);
  if (!made.ok()) return failed(made.status());
  file_ = std::move(made).ValueUnsafe();
  return Status::OK();
} catch (const parquet::ParquetStatusException& error) {
  return failed(error.status());  // Not of the file: that the disk failed is no corruption.
} catch (const parquet::ParquetException& error) {
  return failed(Status::Invalid(error.what()));
}

Status ChunkReader::list_row_groups(const parquet::FileMetaData& footer) {
  row_groups_.reserve(static_cast<size_t>(footer.num_row_groups()));
  int64_t rows_left = footer.num_rows();
  for (int i = 0; i < footer.num_row_groups(); ++i) {
    const auto group = footer.RowGroup(i);
    if (!is_plausible(*group) || group->num_rows() > rows_left) {
      return failed(core::error(ErrorKind::Corrupt, "a row group cannot be what its footer says"));
    }
    rows_left -= group->num_rows();
    RowGroup entry;
    entry.index = i;
    entry.rows = group->num_rows();
    const auto bounds = time_bounds(*group, timestamp_column_);
    if (!bounds && entry.rows > 0) {
      return failed(core::error(ErrorKind::Corrupt, "a row group has no statistics of its times"));
    }
    if (!bounds) continue;
    entry.timestamp_ns_min = bounds->min;
    entry.timestamp_ns_max = bounds->max;
    row_groups_.push_back(entry);
  }
  if (rows_left > 0) {
    return failed(core::error(ErrorKind::Corrupt, "its row groups lack ", rows_left, " rows"));
  }
  return Status::OK();
}

Result<ChunkReader::Decoding> ChunkReader::decoding(const RowGroup& row_group) {
  ARROW_RETURN_NOT_OK(look_at(row_group));
  return decoding_;
}

Status ChunkReader::look_at(const RowGroup& row_group) try {
  if (looked_at_ == row_group.index) return Status::OK();
  looked_at_ = -1;
  const auto footer = file_->parquet_reader()->metadata();
  const auto group = footer->RowGroup(row_group.index);
  absent_ = leaves_ ? AbsentColumns() : AbsentColumns::find(*schema_, *footer->schema(), *group);
  decoding_ = {};
  const auto add = [&](int leaf) {
    const auto column = group->ColumnChunk(leaf);
    if (!is_plausible(*column)) return false;
    decoding_.value_bytes += value_bytes_of(*column);
    decoding_.page_bytes += page_bytes_of(*column);
    return true;
  };
  bool plausible = true;
  if (leaves_ || !absent_.empty()) {
    for (const int leaf : leaves_ ? *leaves_ : absent_.present_leaves()) {
      plausible = plausible && add(leaf);
    }
  } else {
    for (int leaf = 0; leaf < footer->num_columns(); ++leaf) plausible = plausible && add(leaf);
  }
  if (!plausible) {
    return failed(core::error(ErrorKind::Corrupt, "a row group cannot be what its footer says"));
  }
  looked_at_ = row_group.index;
  return Status::OK();
} catch (const parquet::ParquetException& error) {
  return failed(Status::Invalid(error.what()));
}

Result<catalog::ColumnStatistics> ChunkReader::statistics(const RowGroup& row_group,
                                                          size_t leaf) const {
  const auto found = column_statistics(*file_->parquet_reader()->metadata(), row_group.index,
                                       leaves_ ? (*leaves_)[leaf] : static_cast<int>(leaf));
  return found.ok() ? found : failed(found.status());
}

Status ChunkReader::start(const RowGroup& row_group, int64_t batch_rows) {
  batches_.reset();
  ARROW_RETURN_NOT_OK(look_at(row_group));
  set_batch_rows(std::min(batch_rows, row_group.rows));
  const bool all = !leaves_ && absent_.empty();
  auto made = all ? file_->GetRecordBatchReader({row_group.index})
                  : file_->GetRecordBatchReader({row_group.index},
                                                leaves_ ? *leaves_ : absent_.present_leaves());
  if (!made.ok()) return failed(made.status());
  batches_ = std::move(made).ValueUnsafe();
  rows_left_ = row_group.rows;
  return Status::OK();
}

void ChunkReader::set_batch_rows(int64_t batch_rows) {
  file_->set_batch_size(std::max<int64_t>(batch_rows, 1));
}

void ChunkReader::stop() { batches_.reset(); }

Result<std::shared_ptr<arrow::RecordBatch>> ChunkReader::next() {
  if (batches_ == nullptr) return nullptr;
  auto read = batches_->Next();
  if (!read.ok()) return failed(read.status());
  if (*read == nullptr) {
    batches_.reset();
    return failed(core::error(ErrorKind::Corrupt, "a row group is shorter than its footer says"));
  }
  rows_left_ -= (*read)->num_rows();
  if (rows_left_ <= 0) batches_.reset();  // It keeps a page of every column.
  auto filled = absent_.empty() ? read : absent_.fill(**read, *schema_);
  if (!filled.ok()) return failed(filled.status());
  auto restored = restore_schema(**filled, schema_);
  if (!restored.ok()) return failed(restored.status());
  return restored;
}

Result<std::shared_ptr<arrow::Int64Array>> ChunkReader::read_timestamps(const RowGroup& row_group) {
  file_->set_batch_size(row_group.rows);
  auto made = file_->GetRecordBatchReader({row_group.index}, {timestamp_column_});
  if (!made.ok()) return failed(made.status());
  auto read = (*made)->Next();
  if (!read.ok()) return failed(read.status());
  if (*read == nullptr || (*read)->num_rows() != row_group.rows) {
    return failed(core::error(ErrorKind::Corrupt, "a row group is shorter than its footer says"));
  }
  auto times = timestamps_of(**read);
  if (!times.ok()) return failed(times.status());
  return times;
}

Status ChunkReader::failed(const Status& status) const {
  // Failures of the store carry a detail (an error number, our kind); the decoder's do not.
  if (status.detail() != nullptr || status.IsOutOfMemory() || status.IsCancelled()) {
    return core::with_context(status, "reading a chunk at " + chunk_.path);
  }
  return core::error(ErrorKind::Corrupt, "a chunk cannot be decoded: ", status.message(), ": ",
                     chunk_.path);
}

}  // namespace mosaico::engine
