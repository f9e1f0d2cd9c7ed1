#pragma once

#include <parquet/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "engine/chunk_origin.hpp"
#include "store/store.hpp"

// A chunk file on its own, without a catalog: docs/storage.md, "Chunks".
namespace parquet {
class ParquetFileReader;
}

namespace mosaico::engine {

struct FileDigest {
  int64_t bytes = 0;
  uint32_t checksum = 0;  // CRC-32C
};

// Reads an object from end to end, a piece in memory at a time; `on_piece` is told the size of
// each, and its error is returned. Errors: NotFound, Io.
Result<FileDigest> digest_of(store::Store& store, const std::string& path,
                             const std::function<Status(int64_t bytes)>& on_piece);

// Opens a Parquet file whose pages are checked as far as they carry checksums. Errors: NotFound,
// Io, Corrupt.
Result<std::unique_ptr<parquet::ParquetFileReader>> open_parquet(store::Store& store,
                                                                 const std::string& path);

// What a chunk file says of itself.
struct ChunkFile {
  ChunkOrigin origin;
  catalog::Chunk chunk;  // first_row, rows, bytes and times.
};

// Out of the metadata of its footer. Corrupt, naming what is missing or wrong.
Result<ChunkFile> chunk_file_of(const parquet::FileMetaData& footer);

}  // namespace mosaico::engine
