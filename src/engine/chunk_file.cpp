#include "engine/chunk_file.hpp"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <string_view>
#include <utility>
#include <vector>

#include "core/crc32c.hpp"
#include "engine/ingest/chunk_writer.hpp"

namespace mosaico::engine {

namespace {

constexpr int64_t kPieceBytes = 1 << 20;

Result<std::string> metadata_text(const parquet::FileMetaData& footer, const char* key) {
  const auto& metadata = footer.key_value_metadata();
  const int index = metadata == nullptr ? -1 : metadata->FindKey(key);
  if (index >= 0) return metadata->value(index);
  return core::error(ErrorKind::Corrupt, "its metadata has no ", key);
}

Result<catalog::Chunk> figures_of(const nlohmann::json& identity) {
  catalog::Chunk chunk;
  ARROW_ASSIGN_OR_RAISE(const auto* figures, core::object_member(identity, "chunk"));
  ARROW_ASSIGN_OR_RAISE(chunk.first_row, core::int_member(*figures, "first_row"));
  ARROW_ASSIGN_OR_RAISE(chunk.rows, core::int_member(*figures, "rows"));
  ARROW_ASSIGN_OR_RAISE(chunk.bytes, core::int_member(*figures, "bytes"));
  ARROW_ASSIGN_OR_RAISE(chunk.timestamp_ns_min, core::int_member(*figures, "timestamp_ns_min"));
  ARROW_ASSIGN_OR_RAISE(chunk.timestamp_ns_max, core::int_member(*figures, "timestamp_ns_max"));
  return chunk;
}

}  // namespace

Result<FileDigest> digest_of(store::Store& store, const std::string& path,
                             const std::function<Status(int64_t bytes)>& on_piece) {
  ARROW_ASSIGN_OR_RAISE(const auto file, store.open(path));
  std::vector<char> piece(kPieceBytes);
  FileDigest digest;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, file->ReadAt(digest.bytes, kPieceBytes, piece.data()));
    if (got == 0) return digest;
    digest.checksum =
        core::crc32c(std::string_view(piece.data(), static_cast<size_t>(got)), digest.checksum);
    digest.bytes += got;
    ARROW_RETURN_NOT_OK(on_piece(got));
  }
}

Result<std::unique_ptr<parquet::ParquetFileReader>> open_parquet(store::Store& store,
                                                                 const std::string& path) try {
  ARROW_ASSIGN_OR_RAISE(auto source, store.open(path));
  auto properties = parquet::default_reader_properties();
  properties.set_page_checksum_verification(true);
  return parquet::ParquetFileReader::Open(std::move(source), properties);
} catch (const parquet::ParquetException& failure) {
  return core::error(ErrorKind::Corrupt, "it cannot be read as Parquet: ", failure.what());
}

Result<ChunkFile> chunk_file_of(const parquet::FileMetaData& footer) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, metadata_text(footer, kChunkIdentityKey));
  const auto identity = core::parse_json(text, kStoredJsonLimits);
  if (!identity.ok()) {
    return core::error(ErrorKind::Corrupt, kChunkIdentityKey, ": ", identity.status().message());
  }
  ChunkFile file;
  ARROW_ASSIGN_OR_RAISE(file.origin, origin_from_json(*identity));
  auto figures = figures_of(*identity);
  if (!figures.ok()) {
    return core::error(ErrorKind::Corrupt, kChunkIdentityKey, ": ", figures.status().message());
  }
  file.chunk = std::move(figures).ValueUnsafe();
  ARROW_ASSIGN_OR_RAISE(const std::string schema, metadata_text(footer, kChunkSchemaKey));
  ARROW_RETURN_NOT_OK(schema_from_text(schema, &file.origin));
  return file;
}

}  // namespace mosaico::engine
