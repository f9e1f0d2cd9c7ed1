#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/error.hpp"
#include "core/time.hpp"
#include "store/file_system.hpp"

namespace mosaico::store {

using core::Status;

// Ends ingest before a disk is full, so that there is room for what was taken already: chunks of
// rows in memory, the catalog, deletions. Thread-safe.
class SpaceFloor {
 public:
  struct Options {
    std::string path;       // On the disk in question.
    int64_t bytes_min = 0;  // 0: no floor.
    core::Clock clock;
  };

  SpaceFloor(std::shared_ptr<FileSystem> files, Options options);

  // Before `bytes` are taken. Looks at the disk once in a tenth of a second, and once in so many
  // bytes that not half of the floor is written between two looks; in between it knows what it saw
  // last. LimitExceeded while less than the floor is free; Io when `path` is gone.
  Status check(int64_t bytes);

 private:
  bool is_due_locked(int64_t bytes, int64_t now_ns);
  Status look() const;

  // Constant after construction.
  const std::shared_ptr<FileSystem> files_;
  const Options options_;

  std::mutex mutex_;
  // Guarded by mutex_.
  Status seen_;
  bool looked_ = false;
  int64_t looked_at_ns_ = 0;
  int64_t bytes_since_ = 0;
};

}  // namespace mosaico::store
