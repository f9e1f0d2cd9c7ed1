#pragma once

#include <string>
#include <vector>

#include "core/error.hpp"
#include "store/store.hpp"

// What is dead in a store, for a catalog that is made again from its files: docs/storage.md,
// "Deletion".
namespace mosaico::engine {

using core::Result;
using core::Status;

struct Tombstone {
  std::string path;                // Its own, in the store.
  std::vector<std::string> paths;  // Of files and folders that have to go.
};

// Writes one, durably. `now_ns` is for its name.
Result<Tombstone> put_tombstone(store::Store& store, std::vector<std::string> paths,
                                int64_t now_ns);

// All there are. One that cannot be read comes with the reason, and without paths.
struct FoundTombstone {
  Tombstone tombstone;
  Status readable;
};
Result<std::vector<FoundTombstone>> list_tombstones(store::Store& store);

// Whether `path` is one of `dead`, sorted, or lies below one.
bool is_dead(const std::string& path, const std::vector<std::string>& dead);

}  // namespace mosaico::engine
