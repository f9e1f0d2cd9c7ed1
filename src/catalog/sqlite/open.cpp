#include <filesystem>

#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/migrations.hpp"
#include "catalog/sqlite_catalog.hpp"

namespace mosaico::catalog {

namespace {

using sqlite::Access;
using sqlite::Database;

Status check_version(Database* database, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const int64_t version, sqlite::schema_version(database));
  const auto newest = static_cast<int64_t>(sqlite::migrations().size());
  if (version == newest) return Status::OK();
  return core::error(ErrorKind::Locked, "catalog: its schema has version ", version,
                     ", and this program's has version ", newest,
                     version < newest ? "; a server of this program's version brings it up to date"
                                      : "; use a newer program",
                     ": ", path);
}

Status open_for_reading(const std::string& path, const SqliteOptions& options) {
  if (!std::filesystem::exists(path)) {
    return core::error(ErrorKind::NotFound, "no catalog: ", path);
  }
  ARROW_ASSIGN_OR_RAISE(const auto database,
                        Database::open(path, Access::ReadOnly, options.busy_timeout_ms));
  return check_version(database.get(), path);
}

Result<std::unique_ptr<Database>> open_for_writing(const std::string& path,
                                                   const SqliteOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto database,
                        Database::open(path, Access::ReadWrite, options.busy_timeout_ms));
  if (!options.may_migrate) {
    ARROW_ASSIGN_OR_RAISE(const int64_t version, sqlite::schema_version(database.get()));
    if (version > 0) {
      ARROW_RETURN_NOT_OK(check_version(database.get(), path));
      return database;
    }
  }
  const Status migrated = sqlite::migrate(database.get(), sqlite::migrations());
  ARROW_RETURN_NOT_OK(core::with_context(migrated, path));
  return database;
}

}  // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const std::string& path,
                                                     const SqliteOptions& options) {
  std::unique_ptr<sqlite::GroupWriter> writer;
  if (options.read_only) {
    ARROW_RETURN_NOT_OK(open_for_reading(path, options));
  } else {
    ARROW_ASSIGN_OR_RAISE(auto database, open_for_writing(path, options));
    writer = std::make_unique<sqlite::GroupWriter>(
        std::move(database),
        sqlite::GroupWriter::Options{.group_max = options.commit_group_max, .sync = options.sync});
  }
  return std::make_unique<sqlite::SqliteCatalog>(std::move(writer), path, options.busy_timeout_ms);
}

Status settle_sqlite_file(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    return core::error(ErrorKind::NotFound, "no catalog: ", path);
  }
  constexpr int kBusyTimeoutMs = 0;
  ARROW_ASSIGN_OR_RAISE(const auto database,
                        Database::open(path, Access::ReadWrite, kBusyTimeoutMs));
  ARROW_ASSIGN_OR_RAISE(auto result, database->query("PRAGMA wal_checkpoint(TRUNCATE)"));
  ARROW_RETURN_NOT_OK(result.step());
  if (result.integer(0) == 0) return Status::OK();
  return core::error(ErrorKind::Io, "catalog: it is in use: ", path);
}

}  // namespace mosaico::catalog
