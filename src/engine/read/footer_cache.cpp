#include "engine/read/footer_cache.hpp"

#include <arrow/util/key_value_metadata.h>
#include <parquet/metadata.h>

#include <utility>

namespace mosaico::engine {
namespace {

// A decoded footer takes several times the bytes it has in the file. Its texts are kept twice; each
// leaf column, and each of a row group, is an object of many. Measured with our schemas, which are
// met within a few percent.
constexpr int64_t kLeafBytes = 1300;
constexpr int64_t kColumnChunkBytes = 800;

int64_t bytes_of(const parquet::FileMetaData& footer) {
  int64_t text_bytes = 0;
  if (const auto& texts = footer.key_value_metadata()) {
    for (int64_t i = 0; i < texts->size(); ++i) {
      text_bytes += static_cast<int64_t>(texts->key(i).size() + texts->value(i).size());
    }
  }
  const int64_t leaves = footer.num_columns();
  return static_cast<int64_t>(footer.size()) + text_bytes + kLeafBytes * leaves +
         kColumnChunkBytes * leaves * footer.num_row_groups();
}

}  // namespace

std::shared_ptr<parquet::FileMetaData> FooterCache::find(catalog::ChunkId chunk) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(chunk);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->footer;
}

void FooterCache::insert(catalog::ChunkId chunk, std::shared_ptr<parquet::FileMetaData> footer) {
  const int64_t bytes = bytes_of(*footer);
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
