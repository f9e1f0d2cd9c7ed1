// A chunk in the store whose bytes are no longer what was written.
#include <arrow/api.h>

#include <limits>

#include "core/error.hpp"
#include "engine/read/chunk_reader.hpp"
#include "fuzz/input.hpp"
#include "fuzz/stored_topic.hpp"
#include "store/local_store.hpp"

namespace {

namespace engine = mosaico::engine;
using mosaico::core::Status;
using mosaico::core::value_or_throw;
using mosaico::fuzz::require;

constexpr std::int64_t kBatchRows = 1'000;
constexpr const char* kPath = "chunk.parquet";

Status read(engine::ChunkReader& reader) {
  for (const auto& group : reader.row_groups()) {
    require(group.rows >= 0, "a row group has no negative number of rows");
    ARROW_RETURN_NOT_OK(reader.read_timestamps(group).status());
    ARROW_RETURN_NOT_OK(reader.start(group, kBatchRows));
    std::int64_t rows = 0;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, reader.next());
      if (batch == nullptr) break;
      require(batch->Validate().ok(), "what is given out is well-formed");
      rows += batch->num_rows();
    }
    require(rows == group.rows, "a row group has as many rows as it says");
  }
  return Status::OK();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const mosaico::fuzz::InputFile kFile(kPath);
  static const auto kStore =
      value_or_throw(mosaico::store::open_local_store(kFile.directory().string()));
  kFile.write(mosaico::fuzz::Input(data, size).rest());
  engine::FooterCache footers(1 << 20);
  mosaico::catalog::Chunk chunk;
  chunk.id = mosaico::catalog::ChunkId{1};
  chunk.path = kPath;
  chunk.rows = 6;
  chunk.bytes = 200;
  const auto reader =
      engine::ChunkReader::open(*kStore, footers, chunk, mosaico::fuzz::stored_topic().schema);
  if (reader.ok()) static_cast<void>(read(**reader));
  return 0;
}
