#include "engine/reindex/topic_files.hpp"

#include <arrow/type.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <utility>

#include "engine/ingest/chunk_columns.hpp"
#include "engine/read/chunk_reader.hpp"

namespace mosaico::engine {

namespace {

// "<first row>-<ULID>.parquet": what is behind the row number.
std::string attempt_of(const catalog::Chunk& chunk) {
  const size_t dash = chunk.path.rfind('-');
  return dash == std::string::npos ? std::string() : chunk.path.substr(dash);
}

// The times that the footer tells must be those that the metadata does.
Status check_times(store::Store& store, const ChunkFile& file) {
  FooterCache no_cache(0);
  ARROW_ASSIGN_OR_RAISE(const auto reader, ChunkReader::open(store, no_cache, file.chunk,
                                                             file.origin.schema->RemoveMetadata()));
  const auto& groups = reader->row_groups();
  const bool right = !groups.empty() &&
                     groups.front().timestamp_ns_min == file.chunk.timestamp_ns_min &&
                     groups.back().timestamp_ns_max == file.chunk.timestamp_ns_max;
  if (right) return Status::OK();
  return core::error(ErrorKind::Corrupt, "its metadata has other times than its footer");
}

}  // namespace

Result<ChunkFile> read_chunk_file(store::Store& store, const std::string& path,
                                  const std::function<Status(int64_t bytes)>& on_piece) {
  ARROW_ASSIGN_OR_RAISE(const FileDigest digest, digest_of(store, path, on_piece));
  ARROW_ASSIGN_OR_RAISE(const auto parquet, open_parquet(store, path));
  ARROW_ASSIGN_OR_RAISE(ChunkFile file, chunk_file_of(*parquet->metadata()));
  file.chunk.path = path;
  file.chunk.file_bytes = digest.bytes;
  file.chunk.checksum = digest.checksum;
  if (file.chunk.rows < 1 || file.chunk.first_row < 0 || file.chunk.bytes < 0) {
    return core::error(ErrorKind::Corrupt, "its metadata has no rows");
  }
  ARROW_RETURN_NOT_OK(check_times(store, file));
  ARROW_ASSIGN_OR_RAISE(file.chunk.columns, chunk_statistics(*parquet->metadata()));
  return file;
}

ChunkChoice choose_chunks(std::vector<catalog::Chunk> found) {
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    if (a.first_row != b.first_row) return a.first_row < b.first_row;
    if (a.rows != b.rows) return a.rows > b.rows;
    return attempt_of(a) > attempt_of(b);
  });
  ChunkChoice choice;
  int64_t due = 0;   // As the files count.
  int64_t rows = 0;  // As the catalog will.
  for (catalog::Chunk& chunk : found) {
    if (chunk.first_row < due) {
      const bool holds_no_more = chunk.first_row + chunk.rows <= due;
      (holds_no_more ? choice.doubled : choice.in_doubt).push_back(chunk.path);
      continue;
    }
    if (chunk.first_row > due) {
      if (choice.missing_rows == 0) choice.missing_from = due;
      choice.missing_rows += chunk.first_row - due;
    }
    due = chunk.first_row + chunk.rows;
    chunk.first_row = rows;
    rows += chunk.rows;
    choice.chunks.push_back(std::move(chunk));
  }
  return choice;
}

}  // namespace mosaico::engine
