#include "engine/read/footer_cache.hpp"

#include <parquet/metadata.h>

#include <utility>

namespace mosaico::engine {
namespace {

// A decoded footer takes several times the bytes it has in the file; measured at 4 to 6 with our
// schemas.
constexpr int64_t kMemoryPerFooterByte = 6;

}  // namespace

std::shared_ptr<parquet::FileMetaData> FooterCache::find(catalog::ChunkId chunk) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(chunk);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->footer;
}

void FooterCache::insert(catalog::ChunkId chunk, std::shared_ptr<parquet::FileMetaData> footer) {
  const int64_t bytes = kMemoryPerFooterByte * static_cast<int64_t>(footer->size());
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ || index_.contains(chunk)) return;
  while (bytes_ > bytes_max_ - bytes) {
    bytes_ -= entries_.back().bytes;
    index_.erase(entries_.back().chunk);
    entries_.pop_back();
  }
  entries_.push_front({chunk, std::move(footer), bytes});
  index_.emplace(chunk, entries_.begin());
  bytes_ += bytes;
}

int64_t FooterCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace mosaico::engine
