#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"

namespace mosaico::catalog::sqlite {

Status SqliteCatalog::add_tombstone(const std::string& path) {
  ARROW_RETURN_NOT_OK(validate_text("path", path));
  return connections_.write([&](Database* database) -> Status {
    Deleted unused;
    return bury(database, path, &unused);
  });
}

Result<std::vector<std::string>> SqliteCatalog::tombstones() {
  return connections_.read([](Database* database) -> Result<std::vector<std::string>> {
    ARROW_ASSIGN_OR_RAISE(Statement rows,
                          database->query("SELECT path FROM tombstone ORDER BY path"));
    return read_texts(&rows);
  });
}

Status SqliteCatalog::forget_tombstones(const std::vector<std::string>& paths) {
  return connections_.write([&](Database* database) -> Status {
    for (const std::string& path : paths) {
      ARROW_RETURN_NOT_OK(database->execute("DELETE FROM tombstone WHERE path = ?", path));
    }
    return Status::OK();
  });
}

}  // namespace mosaico::catalog::sqlite
