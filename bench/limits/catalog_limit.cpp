#include "limits/catalog_limit.hpp"

#include <sqlite3.h>

#include <stdexcept>

#include "catalog/sqlite_catalog.hpp"
#include "core/error.hpp"
#include "core/ids.hpp"
#include "engine/stored_schema.hpp"
#include "measure.hpp"
#include "samples.hpp"

namespace mosaico::bench {

namespace fs = std::filesystem;

namespace {

struct Closer {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Closer>;
using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

[[noreturn]] void fail(sqlite3* database) {
  throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database));
}

Database open(const fs::path& path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) fail(handle);
  return database;
}

void execute(const Database& database, const std::string& sql) {
  if (sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(database.get());
  }
}

Statement prepare(const Database& database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    fail(database.get());
  }
  return Statement(statement);
}

std::string series_of(std::int64_t sequences) {
  return "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
         std::to_string(sequences) + ") ";
}

}  // namespace

void make_catalog(const fs::path& store, std::int64_t sequences) {
  fs::create_directories(store);
  const fs::path path = store / "catalog.sqlite";
  core::value_or_throw(catalog::open_sqlite_catalog(path.string()));
  const Database database = open(path);
  execute(database, "PRAGMA synchronous = OFF");
  execute(database, "BEGIN");
  const std::string numbers = series_of(sequences);
  execute(database,
          "INSERT INTO sequence (name, user_metadata, created_at_ns, data_path) " + numbers +
              "SELECT 'run_' || i, json_object('serial', 's' || i, 'lot', 'lot-' || (i / 100), "
              "'mileage', i), 1700000000000000000 + i, 'data/run_' || i || '@' || (i + 1) FROM n");
  execute(database,
          "INSERT INTO session (sequence_id, ulid, uuid, created_at_ns, completed_at_ns) "
          "SELECT id, printf('01ARZ3NDEKTSV4RRFFQ%07d', id), printf('u%035d', id), "
          "created_at_ns, created_at_ns + 1 FROM sequence");
  const Statement schemas = prepare(database, "INSERT INTO topic_schema (bytes) VALUES (?)");
  const std::string schema = core::value_or_throw(engine::serialize_schema(*imu_schema()));
  sqlite3_bind_blob(schemas.get(), 1, schema.data(), static_cast<int>(schema.size()),
                    SQLITE_STATIC);
  if (sqlite3_step(schemas.get()) != SQLITE_DONE) fail(database.get());
  execute(
      database,
      "INSERT INTO topic (sequence_id, session_id, name, uuid, ontology_tag, "
      "serialization_format, user_metadata, created_at_ns, state, schema_id) "
      "SELECT sequence_id, id, 'sensors/imu', printf('t%035d', id), 'IMU', 'default', "
      "'{\"vendor\":\"inertix\"}', created_at_ns, 3, (SELECT id FROM topic_schema) FROM session");
  // No file tells of them. A server would write a hundred thousand while it is measured.
  execute(database, "UPDATE manifest SET written = changes");
  execute(database, "COMMIT");
}

struct BareCatalog::Connection {
  Database database;
};

BareCatalog::BareCatalog(const fs::path& store)
    : connection_(std::make_unique<Connection>(Connection{open(store / "catalog.sqlite")})) {}

BareCatalog::~BareCatalog() = default;

BareCatalog::Answer BareCatalog::find(const std::string& where) {
  const Stopwatch stopwatch;
  const Statement statement = prepare(
      connection_->database,
      "SELECT s.name, t.name, t.ontology_tag FROM sequence s JOIN topic t ON t.sequence_id = s.id "
      "WHERE s.id IN (SELECT sequence_id FROM sequence_metadata WHERE " +
          where + ") ORDER BY s.name, t.id");
  Answer answer;
  int code = sqlite3_step(statement.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(statement.get())) ++answer.hits;
  if (code != SQLITE_DONE) fail(connection_->database.get());
  answer.seconds = stopwatch.seconds();
  return answer;
}

}  // namespace mosaico::bench
