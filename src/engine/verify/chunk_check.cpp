#include "engine/verify/chunk_check.hpp"

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "catalog/rules.hpp"
#include "core/names.hpp"
#include "engine/chunk_file.hpp"
#include "engine/ingest/chunk_columns.hpp"
#include "engine/read/chunk_reader.hpp"
#include "engine/verify/column_check.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;

bool is_damage(const Status& status) { return core::is_kind(status, ErrorKind::Corrupt); }

json as_json(const catalog::ColumnStatistics& column) {
  return {{"min", column.min}, {"max", column.max}, {"nulls", column.nulls}};
}

class ChunkCheck {
 public:
  using OnPiece = std::function<Status(int64_t bytes, int64_t rows)>;

  ChunkCheck(store::Store& store, const ChunkOrigin& origin, const catalog::Chunk& chunk,
             Subject& subject)
      : store_(store), origin_(origin), chunk_(chunk), subject_(subject) {}

  Status run(const OnPiece& on_piece) {
    ARROW_ASSIGN_OR_RAISE(
        const FileDigest digest,
        digest_of(store_, chunk_.path, [&on_piece](int64_t bytes) { return on_piece(bytes, 0); }));
    subject_.expect("the file has another size", chunk_.file_bytes, digest.bytes);
    if (digest.bytes == chunk_.file_bytes) {
      subject_.expect("the checksum of the file differs", chunk_.checksum, digest.checksum);
    }
    auto file = open_parquet(store_, chunk_.path);
    if (is_damage(file.status())) {
      subject_.add(file.status().message());
      return Status::OK();
    }
    ARROW_RETURN_NOT_OK(file.status());
    check_metadata(*(*file)->metadata());
    check_columns(**file);
    const Status rows = check_rows(on_piece, digest.bytes);
    if (!is_damage(rows)) return rows;
    subject_.add(rows.message());
    return Status::OK();
  }

 private:
  void check_metadata(const parquet::FileMetaData& footer) {
    const auto said = chunk_file_of(footer);
    if (!said.ok()) {
      subject_.add(said.status().message());
      return;
    }
    const json wanted = to_json(origin_);
    const json found = to_json(said->origin);
    for (const auto& [part, value] : wanted.items()) {
      subject_.expect("its metadata names another " + part, value, found.at(part));
    }
    subject_.expect("its metadata has another schema", schema_to_text(origin_.topic.schema),
                    schema_to_text(said->origin.topic.schema));
    const catalog::Chunk& own = said->chunk;
    subject_.expect("its metadata has another first row", chunk_.first_row, own.first_row);
    subject_.expect("its metadata has another number of rows", chunk_.rows, own.rows);
    subject_.expect("its metadata has another size of its data", chunk_.bytes, own.bytes);
    subject_.expect("its metadata has another first time", chunk_.timestamp_ns_min,
                    own.timestamp_ns_min);
    subject_.expect("its metadata has another last time", chunk_.timestamp_ns_max,
                    own.timestamp_ns_max);
  }

  void check_columns(parquet::ParquetFileReader& file) {
    const parquet::FileMetaData& footer = *file.metadata();
    std::vector<catalog::ColumnStatistics> values;
    for (int leaf = 0; leaf < footer.num_columns(); ++leaf) {
      const parquet::ColumnDescriptor& column = *footer.schema()->Column(leaf);
      if (!has_chunk_statistics(column) || values.size() >= kStatisticsColumnsMax) continue;
      auto looked = look_at_column(file, leaf);
      if (!looked.ok()) {
        subject_.add("column " + core::quoted(column.path()->ToDotString()) +
                     " cannot be decoded: " + looked.status().message());
        return;
      }
      check_footer(footer, leaf, looked->by_row_group);
      values.push_back(std::move(looked->whole));
    }
    check_catalog(values);
  }

  void check_footer(const parquet::FileMetaData& footer, int leaf,
                    const std::vector<catalog::ColumnStatistics>& values) {
    for (size_t group = 0; group < values.size(); ++group) {
      const auto said = column_statistics(footer, static_cast<int>(group), leaf);
      // Where a footer says nothing, nobody relies on it.
      if (!said.ok() || said->path.empty() || *said == values[group]) continue;
      subject_.add("the footer has other statistics than the values of column " +
                       core::quoted(said->path) + " in row group " + std::to_string(group),
                   as_json(*said), as_json(values[group]));
    }
  }

  void check_catalog(const std::vector<catalog::ColumnStatistics>& values) {
    for (const catalog::ColumnStatistics& value : values) {
      const catalog::ColumnStatistics column = catalog::as_stored(value);
      const auto said =
          std::find_if(chunk_.columns.begin(), chunk_.columns.end(),
                       [&column](const auto& entry) { return entry.path == column.path; });
      const std::string name = core::quoted(column.path);
      if (said == chunk_.columns.end()) {
        subject_.add("the catalog has no statistics of column " + name, nullptr, as_json(column));
      } else if (!(*said == column)) {
        subject_.add("the catalog has other statistics than the values of column " + name,
                     as_json(*said), as_json(column));
      }
    }
    subject_.expect("the catalog has statistics of another number of columns",
                    chunk_.columns.size(), values.size());
  }

  Status check_rows(const OnPiece& on_piece, int64_t file_bytes) {
    FooterCache no_cache(0);
    ARROW_ASSIGN_OR_RAISE(const auto reader, ChunkReader::open(store_, no_cache, chunk_,
                                                               origin_.schema->RemoveMetadata()));
    int64_t rows = 0;
    for (const ChunkReader::RowGroup& group : reader->row_groups()) {
      ARROW_RETURN_NOT_OK(reader->start(group, group.rows));
      while (true) {
        ARROW_ASSIGN_OR_RAISE(const auto batch, reader->next());
        if (batch == nullptr) break;
        const Status valid = batch->ValidateFull();
        if (!valid.ok()) subject_.add("its rows are malformed: " + valid.message());
        ARROW_RETURN_NOT_OK(check_times(*batch, group.index));
        rows += batch->num_rows();
        const double share =
            static_cast<double>(batch->num_rows()) / static_cast<double>(chunk_.rows);
        ARROW_RETURN_NOT_OK(on_piece(static_cast<int64_t>(share * static_cast<double>(file_bytes)),
                                     batch->num_rows()));
      }
    }
    subject_.expect("it holds another number of rows", chunk_.rows, rows);
    if (rows == 0) return Status::OK();
    subject_.expect("its rows have another first time", chunk_.timestamp_ns_min, first_time_);
    subject_.expect("its rows have another last time", chunk_.timestamp_ns_max, last_time_);
    return Status::OK();
  }

  Status check_times(const arrow::RecordBatch& batch, int group) {
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(batch));
    for (int64_t i = 0; i < times->length(); ++i) {
      const int64_t time = times->Value(i);
      if (!any_time_) first_time_ = last_time_ = time;
      if (any_time_ && time < last_time_ && !is_out_of_order_) {
        is_out_of_order_ = true;
        subject_.add("its rows are not in the order of their times, from row group " +
                         std::to_string(group) + " on",
                     last_time_, time);
      }
      any_time_ = true;
      first_time_ = std::min(first_time_, time);
      last_time_ = std::max(last_time_, time);
    }
    return Status::OK();
  }

  store::Store& store_;
  const ChunkOrigin& origin_;
  const catalog::Chunk& chunk_;
  Subject& subject_;
  bool any_time_ = false;
  bool is_out_of_order_ = false;
  int64_t first_time_ = 0;
  int64_t last_time_ = 0;
};

}  // namespace

Status check_chunk_file(store::Store& store, const ChunkOrigin& origin, const catalog::Chunk& chunk,
                        Subject& subject,
                        const std::function<Status(int64_t bytes, int64_t rows)>& on_piece) {
  return ChunkCheck(store, origin, chunk, subject).run(on_piece);
}

}  // namespace mosaico::engine
