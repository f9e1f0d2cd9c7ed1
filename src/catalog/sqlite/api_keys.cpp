#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"

namespace mosaico::catalog::sqlite {

namespace {

ApiKey read_api_key(const Statement& row) {
  ApiKey key;
  int column = 0;
  key.fingerprint = row.bytes(column++);
  key.token_hash = row.bytes(column++);
  key.description = row.bytes(column++);
  key.rights.read = row.integer(column++) != 0;
  key.rights.write = row.integer(column++) != 0;
  key.rights.erase = row.integer(column++) != 0;
  key.created_at_ns = row.integer(column++);
  key.expires_at_ns = row.optional_integer(column++);
  return key;
}

}  // namespace

Status SqliteCatalog::create_api_key(const ApiKey& key) {
  ARROW_RETURN_NOT_OK(validate_text("fingerprint", key.fingerprint));
  ARROW_RETURN_NOT_OK(validate_text("description", key.description));
  return connections_.write([&](Database* database) -> Status {
    const Status inserted =
        database
            ->execute(
                "INSERT INTO api_key (fingerprint, token_hash, description, may_read, may_write, "
                "may_delete, created_at_ns, expires_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                key.fingerprint, Blob{key.token_hash}, key.description, int64_t{key.rights.read},
                int64_t{key.rights.write}, int64_t{key.rights.erase}, key.created_at_ns,
                key.expires_at_ns)
            .status();
    if (!core::is_kind(inserted, ErrorKind::AlreadyExists)) return inserted;
    return core::error(ErrorKind::AlreadyExists, "an API key with the fingerprint ",
                       key.fingerprint, " exists");
  });
}

Result<ApiKey> SqliteCatalog::find_api_key(const std::string& fingerprint) {
  return connections_.read([&](Database* database) -> Result<ApiKey> {
    ARROW_ASSIGN_OR_RAISE(
        Statement row,
        database->query("SELECT fingerprint, token_hash, description, may_read, may_write, "
                        "may_delete, created_at_ns, expires_at_ns FROM api_key "
                        "WHERE fingerprint = ?",
                        fingerprint));
    ARROW_ASSIGN_OR_RAISE(const bool found, row.step());
    if (!found) return no_such_api_key(fingerprint);
    return read_api_key(row);
  });
}

Result<std::vector<ApiKey>> SqliteCatalog::list_api_keys() {
  return connections_.read([](Database* database) -> Result<std::vector<ApiKey>> {
    ARROW_ASSIGN_OR_RAISE(
        Statement rows,
        database->query("SELECT fingerprint, token_hash, description, may_read, may_write, "
                        "may_delete, created_at_ns, expires_at_ns FROM api_key ORDER BY id"));
    std::vector<ApiKey> keys;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return keys;
      keys.push_back(read_api_key(rows));
    }
  });
}

Status SqliteCatalog::revoke_api_key(const std::string& fingerprint) {
  return connections_.write([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(
        const int64_t revoked,
        database->execute("DELETE FROM api_key WHERE fingerprint = ?", fingerprint));
    return revoked > 0 ? Status::OK() : no_such_api_key(fingerprint);
  });
}

}  // namespace mosaico::catalog::sqlite
