#pragma once

#include <string>

#include "core/error.hpp"

// Where things lie below the root of a directory: docs/storage.md, "The directory".
namespace mosaico::engine {

inline constexpr const char* kCatalogFile = "catalog.sqlite";
inline constexpr const char* kJournalFolder = "/journal";
inline constexpr const char* kDataFolder = "data";            // In the store.
inline constexpr const char* kSetAsideFolder = "/set-aside";  // What reindex could not use.

// Where the catalog of a store directory lies.
std::string catalog_path(const std::string& root);

// Corrupt when there are recordings in a directory and no catalog: whoever made an empty one there
// would take them for nobody's.
core::Status check_catalog_is_not_lost(const std::string& root);

}  // namespace mosaico::engine
