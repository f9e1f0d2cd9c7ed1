#pragma once

#include <memory>
#include <string>

#include "store/file_system.hpp"
#include "store/store.hpp"

namespace mosaico::store {

// Files below `root` (made when absent). A new object is written to a file in `root`/.tmp, synced,
// renamed, and its folder synced. Symbolic links below `root` are never followed.
// Unless `read_only`, the caller must be the only one who opens `root`: what a crash left in
// `root`/.tmp is removed here. `read_only` refuses every change with Locked and makes nothing.
// Errors: Invalid (no root), NotFound (read-only, absent), Io.
Result<std::unique_ptr<Store>> open_local_store(const std::string& root, bool read_only = false,
                                                std::shared_ptr<FileSystem> files = kernel_files());

}  // namespace mosaico::store
