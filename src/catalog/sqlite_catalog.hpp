#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.hpp"

namespace mosaico::catalog {

struct SqliteOptions {
  bool read_only = false;
  bool may_migrate = true;  // False: Locked in place of migrating an older database.
  int busy_timeout_ms = 10'000;
};

// A database file (made when absent, migrated when older). WAL, foreign keys on, synchronous FULL.
// Locked when its schema is newer than this library; Corrupt when it is not such a database.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const std::string& path,
                                                     const SqliteOptions& options = {});

}  // namespace mosaico::catalog
