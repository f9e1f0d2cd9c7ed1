#include "protocol/shared_body.hpp"

#include <arrow/buffer.h>
#include <arrow/util/bit_util.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mosaico::protocol {
namespace {

using arrow::ipc::IpcPayload;
using Buffers = std::vector<std::shared_ptr<arrow::Buffer>>;

template <typename T>
T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
void store(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

// A place in the metadata, a flatbuffer (https://flatbuffers.dev/internals/). Those of Arrow are in
// the machine's order on every machine that we run on.
class Flatbuffer {
 public:
  Flatbuffer(uint8_t* data, int64_t size) : data_(data), size_(size) {}

  // Where the thing is that the 32 bits at `at` refer to; -1 outside of the data.
  int64_t follow(int64_t at) const {
    if (!holds(at, sizeof(uint32_t))) return -1;
    return at + load<uint32_t>(data_ + at);
  }
  // Where the field `number` of the table at `table` is; -1 when it has none.
  int64_t field(int64_t table, int number) const {
    if (!holds(table, sizeof(int32_t))) return -1;
    const int64_t layout = table - load<int32_t>(data_ + table);
    const int64_t entry = layout + 4 + 2 * int64_t{number};
    if (!holds(layout, sizeof(uint16_t)) || !holds(entry, sizeof(uint16_t)) ||
        entry >= layout + load<uint16_t>(data_ + layout)) {
      return -1;
    }
    const uint16_t offset = load<uint16_t>(data_ + entry);
    return offset == 0 ? -1 : table + offset;
  }
  bool holds(int64_t at, int64_t bytes) const { return at >= 0 && at <= size_ - bytes; }
  uint8_t* at(int64_t place) const { return data_ + place; }

 private:
  uint8_t* data_;
  int64_t size_;
};

// Of Arrow's Message.fbs.
constexpr int kMessageHeader = 2;
constexpr int kMessageBodyLength = 3;
constexpr int kRecordBatchBuffers = 2;
constexpr int64_t kBufferEntryBytes = 16;  // Its offset and its length.

// Where each buffer is in the new body, and what that body consists of.
struct Layout {
  std::vector<int64_t> offsets;
  Buffers pieces;
  int64_t bytes = 0;
};

Layout lay_out(const Buffers& buffers) {
  std::unordered_map<const uint8_t*, std::shared_ptr<arrow::Buffer>> longest;
  for (const auto& buffer : buffers) {
    if (buffer == nullptr || buffer->size() == 0) continue;
    auto& known = longest[buffer->data()];
    if (known == nullptr || known->size() < buffer->size()) known = buffer;
  }
  Layout layout;
  std::unordered_map<const uint8_t*, int64_t> offsets;
  for (const auto& buffer : buffers) {
    if (buffer == nullptr || buffer->size() == 0) {
      layout.offsets.push_back(layout.bytes);
      continue;
    }
    const auto [known, is_new] = offsets.try_emplace(buffer->data(), layout.bytes);
    layout.offsets.push_back(known->second);
    if (!is_new) continue;
    const auto& piece = longest[buffer->data()];
    layout.pieces.push_back(piece);
    layout.bytes += arrow::bit_util::RoundUpToMultipleOf8(piece->size());
  }
  return layout;
}

core::Result<std::unique_ptr<arrow::Buffer>> copy_of(const arrow::Buffer& buffer,
                                                     int64_t more_bytes) {
  ARROW_ASSIGN_OR_RAISE(auto copy, arrow::AllocateBuffer(buffer.size() + more_bytes));
  std::memcpy(copy->mutable_data(), buffer.data(), static_cast<size_t>(buffer.size()));
  std::memset(copy->mutable_data() + buffer.size(), 0, static_cast<size_t>(more_bytes));
  return copy;
}

int64_t varint_bytes(int64_t value) {
  int64_t bytes = 1;
  for (; value >= 128; value /= 128) ++bytes;
  return bytes;
}

}  // namespace

Status share_body(IpcPayload* payload) {
  Layout layout = lay_out(payload->body_buffers);
  if (layout.bytes >= payload->body_length) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto metadata, copy_of(*payload->metadata, 0));
  const Flatbuffer flatbuffer(metadata->mutable_data(), metadata->size());
  const int64_t message = flatbuffer.follow(0);
  const int64_t body_length = flatbuffer.field(message, kMessageBodyLength);
  const int64_t batch = flatbuffer.follow(flatbuffer.field(message, kMessageHeader));
  const int64_t entries = flatbuffer.follow(flatbuffer.field(batch, kRecordBatchBuffers));
  const auto count = static_cast<int64_t>(layout.offsets.size());
  const int64_t first = entries + static_cast<int64_t>(sizeof(uint32_t));
  if (!flatbuffer.holds(body_length, sizeof(int64_t)) || entries < 0 ||
      !flatbuffer.holds(first, count * kBufferEntryBytes) ||
      load<uint32_t>(flatbuffer.at(entries)) != count) {
    return core::error(ErrorKind::Internal, "the metadata of a batch has another form");
  }
  for (int64_t i = 0; i < count; ++i) {
    store(flatbuffer.at(first + i * kBufferEntryBytes), layout.offsets[static_cast<size_t>(i)]);
  }
  store(flatbuffer.at(body_length), layout.bytes);
  payload->metadata = std::move(metadata);
  payload->body_buffers = std::move(layout.pieces);
  payload->body_length = layout.bytes;
  return Status::OK();
}

Status align_body(IpcPayload* payload) {
  // A tag and a length go before either; the tag of the body (field 1000) takes two bytes.
  const auto begin_of_body = [&](int64_t metadata_bytes) {
    return 1 + varint_bytes(metadata_bytes) + metadata_bytes + 2 +
           varint_bytes(payload->body_length);
  };
  int64_t more_bytes = 0;
  while (begin_of_body(payload->metadata->size() + more_bytes) % 8 != 0) ++more_bytes;
  if (more_bytes == 0) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(payload->metadata, copy_of(*payload->metadata, more_bytes));
  return Status::OK();
}

}  // namespace mosaico::protocol
