#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"

namespace mosaico::catalog::sqlite {

Result<std::vector<std::string>> SqliteCatalog::stale_manifests() {
  return connections_.read([](Database* database) -> Result<std::vector<std::string>> {
    ARROW_ASSIGN_OR_RAISE(
        Statement rows,
        database->query("SELECT s.name FROM manifest m JOIN sequence s ON s.id = m.sequence_id "
                        "WHERE m.changes > m.written ORDER BY s.name"));
    return read_texts(&rows);
  });
}

Status SqliteCatalog::manifest_written(const SequenceTree& tree) {
  const auto note = [&](Database* database) {
    return database
        ->execute("UPDATE manifest SET written = max(written, ?2) WHERE sequence_id = ?1",
                  tree.sequence.id, tree.changes)
        .status();
  };
  return connections_.write(note, Durability::WithTheNext);
}

}  // namespace mosaico::catalog::sqlite
