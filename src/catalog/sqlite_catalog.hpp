#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "catalog/catalog.hpp"

namespace mosaico::catalog {

struct SqliteOptions {
  bool read_only = false;
  bool may_migrate = true;  // False: Locked in place of migrating an older database.
  int busy_timeout_ms = 10'000;
  size_t commit_group_max = 64;  // Changes of as many callers share a commit, at least 1.
  // False for a catalog that counts for nothing until its maker has closed it and synced the file.
  bool sync = true;
};

// A database file (made when absent, migrated when older). WAL, foreign keys on, synchronous FULL.
// Locked when its schema is newer than this library; Corrupt when it is not such a database.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const std::string& path,
                                                     const SqliteOptions& options = {});

// Brings what is in the log of a database file into the file, so that it is whole by itself. The
// schema may be of any version. Errors: NotFound, Corrupt, Io (also when somebody uses it).
Status settle_sqlite_file(const std::string& path);

}  // namespace mosaico::catalog
