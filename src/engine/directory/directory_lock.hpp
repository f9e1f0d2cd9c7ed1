#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "store/posix_file.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// Holds the lock of a directory as long as it lives. The kernel lets it go with the process, so a
// crash leaves a file but no lock.
class DirectoryLock {
 public:
  // For the one process that writes. Locked, with its process id, when there is another. Io.
  static Result<std::shared_ptr<DirectoryLock>> take(
      const std::string& root, store::FileSystem& files = *store::kernel_files());

  // Keeps writers out while one looks at what they would change; several may look. Null when a
  // process writes, and when the lock cannot be had: a directory that is read-only here.
  static std::shared_ptr<DirectoryLock> keep_writers_out(const std::string& root);

  explicit DirectoryLock(store::FileDescriptor file) : file_(std::move(file)) {}

 private:
  const store::FileDescriptor file_;
};

}  // namespace mosaico::engine
