// A journal file. Behind a first byte that is odd its checksums are made right, so that what they
// guard is reached as well: nothing that a file says may be believed.
#include <arrow/api.h>

#include <cstring>

#include "core/crc32c.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/stored_schema.hpp"
#include "fuzz/input.hpp"
#include "fuzz/stored_topic.hpp"

namespace {

using mosaico::core::crc32c;
using mosaico::fuzz::require;

// docs/storage.md, "Journal".
constexpr std::size_t kFileHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 40;
constexpr std::size_t kFileChecksumAt = 8;
constexpr std::size_t kPayloadBytesAt = 8;

void write_checksum(std::string* bytes, std::size_t at, std::size_t end) {
  const std::uint32_t checksum =
      crc32c(std::string_view(*bytes).substr(at + sizeof(checksum), end - at - sizeof(checksum)));
  std::memcpy(bytes->data() + at, &checksum, sizeof(checksum));
}

void make_checksums_right(std::string* bytes) {
  if (bytes->size() < kFileHeaderBytes) return;
  write_checksum(bytes, kFileChecksumAt, kFileHeaderBytes);
  std::size_t at = kFileHeaderBytes;
  while (bytes->size() - at >= kFrameHeaderBytes) {
    std::int64_t payload = 0;
    std::memcpy(&payload, bytes->data() + at + kPayloadBytesAt, sizeof(payload));
    const std::size_t left = bytes->size() - at - kFrameHeaderBytes;
    if (payload < 0 || static_cast<std::size_t>(payload) > left) return;
    const std::size_t end = at + kFrameHeaderBytes + static_cast<std::size_t>(payload);
    write_checksum(bytes, at, end);
    at = end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaico::fuzz::Input input(data, size);
  const bool make_right = input.take_byte() % 2 == 1;
  std::string bytes(input.rest());
  if (make_right) make_checksums_right(&bytes);
  static const mosaico::fuzz::InputFile kFile("0.journal");
  kFile.write(bytes);
  const auto contents =
      mosaico::engine::read_journal(kFile.path(), mosaico::fuzz::stored_topic(), 0);
  if (!contents.ok()) return 0;
  require(contents->cut_bytes >= 0 && contents->cut_bytes <= std::ssize(bytes),
          "what is cut off was there");
  std::int64_t next = contents->batches.empty() ? 0 : contents->batches.front().first_row;
  for (const auto& tail : contents->batches) {
    require(tail.first_row == next, "rows follow each other");
    require(tail.batch->ValidateFull().ok(), "what is given out is whole");
    next += tail.batch->num_rows();
  }
  return 0;
}
