#pragma once

#include <parquet/type_fwd.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "catalog/records.hpp"

namespace mosaico::engine {

// The footers of the chunks read last, so that opening a chunk again costs no read. A chunk never
// changes and its id is never used again, so nothing here goes stale. Thread-safe.
class FooterCache {
 public:
  explicit FooterCache(int64_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<parquet::FileMetaData> find(catalog::ChunkId chunk);  // Null when absent.
  void insert(catalog::ChunkId chunk, std::shared_ptr<parquet::FileMetaData> footer);

  int64_t bytes() const;  // Never above the bound.

 private:
  struct Entry {
    catalog::ChunkId chunk{};
    std::shared_ptr<parquet::FileMetaData> footer;
    int64_t bytes = 0;
  };

  const int64_t bytes_max_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::list<Entry> entries_;  // The one used last comes first.
  std::map<catalog::ChunkId, std::list<Entry>::iterator> index_;
  int64_t bytes_ = 0;
};

}  // namespace mosaico::engine
