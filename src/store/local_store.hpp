#pragma once

#include <memory>
#include <string>

#include "store/store.hpp"

namespace mosaico::store {

// Files below `root` (made when absent). A new object is written to a temporary file beside its
// place, synced, renamed, and its directory synced; left-over temporary files are removed at open.
// `read_only` refuses every change with Locked and makes nothing.
Result<std::unique_ptr<Store>> open_local_store(const std::string& root, bool read_only = false);

}  // namespace mosaico::store
