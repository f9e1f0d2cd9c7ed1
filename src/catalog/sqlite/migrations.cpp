#include "catalog/sqlite/migrations.hpp"

#include <array>
#include <string>

namespace mosaico::catalog::sqlite {

namespace {

// AUTOINCREMENT, because ids stand in store paths and journals and must never come again.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE sequence (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  user_metadata TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  data_path TEXT NOT NULL
) STRICT;

CREATE TABLE session (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sequence_id INTEGER NOT NULL REFERENCES sequence(id) ON DELETE CASCADE,
  ulid TEXT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  created_at_ns INTEGER NOT NULL,
  completed_at_ns INTEGER,
  -- The greatest id among the notifications of the sequence itself when this was finalized.
  last_notification_id INTEGER,
  UNIQUE (sequence_id, ulid)
) STRICT;

CREATE TABLE topic (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sequence_id INTEGER NOT NULL REFERENCES sequence(id) ON DELETE CASCADE,
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  uuid TEXT NOT NULL,
  ontology_tag TEXT NOT NULL,
  serialization_format TEXT NOT NULL,
  user_metadata TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  state INTEGER NOT NULL,  -- 0 empty, 1 uploading, 2 interrupted, 3 finalized
  schema BLOB NOT NULL,
  row_count INTEGER NOT NULL DEFAULT 0,
  byte_count INTEGER NOT NULL DEFAULT 0,
  chunk_count INTEGER NOT NULL DEFAULT 0,
  timestamp_ns_min INTEGER,
  timestamp_ns_max INTEGER,
  UNIQUE (sequence_id, name)
) STRICT;
CREATE INDEX topic_by_session ON topic (session_id);
CREATE INDEX topic_by_tag ON topic (ontology_tag);
CREATE INDEX topic_by_name ON topic (name);
CREATE INDEX topic_by_state ON topic (state);

CREATE TABLE chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic_id INTEGER NOT NULL REFERENCES topic(id) ON DELETE CASCADE,
  path TEXT NOT NULL UNIQUE,
  first_row INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  byte_count INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  timestamp_ns_min INTEGER NOT NULL,
  timestamp_ns_max INTEGER NOT NULL,
  column_statistics TEXT NOT NULL,
  UNIQUE (topic_id, first_row)
) STRICT;
CREATE INDEX chunk_by_time ON chunk (topic_id, timestamp_ns_min, timestamp_ns_max);

CREATE TABLE notification (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sequence_id INTEGER NOT NULL REFERENCES sequence(id) ON DELETE CASCADE,
  topic_id INTEGER REFERENCES topic(id) ON DELETE CASCADE,  -- NULL: on the sequence itself
  type TEXT NOT NULL,
  message BLOB NOT NULL,
  created_at_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX notification_by_object ON notification (sequence_id, topic_id);
CREATE INDEX notification_by_topic ON notification (topic_id);

CREATE TABLE tombstone (
  path TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
)sql";

// An index of user metadata by the last key of a path: conditions look there for candidates, which
// are evaluated as ever. `text` is a scalar as conditions compare it, null where that is not
// certain or long. Metadata never changes, so two triggers keep it.
constexpr std::string_view kVersion2 = R"sql(
CREATE TABLE sequence_metadata (
  sequence_id INTEGER NOT NULL REFERENCES sequence(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  text TEXT
) STRICT;
CREATE INDEX sequence_metadata_by_key ON sequence_metadata (key, text, sequence_id);
CREATE INDEX sequence_metadata_by_sequence ON sequence_metadata (sequence_id);

CREATE TABLE topic_metadata (
  topic_id INTEGER NOT NULL REFERENCES topic(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  text TEXT
) STRICT;
CREATE INDEX topic_metadata_by_key ON topic_metadata (key, text, topic_id);
CREATE INDEX topic_metadata_by_topic ON topic_metadata (topic_id);

CREATE VIEW metadata_of_sequence AS
  SELECT s.id AS id, j.key AS key,
         CASE WHEN j.type IN ('true', 'false') THEN j.type
              WHEN typeof(j.atom) = 'integer' THEN CAST(j.atom AS TEXT)
              WHEN j.type = 'text' AND length(j.atom) <= 256 THEN j.atom END AS text
  FROM sequence s, json_tree(s.user_metadata) j WHERE typeof(j.key) = 'text';
CREATE VIEW metadata_of_topic AS
  SELECT t.id AS id, j.key AS key,
         CASE WHEN j.type IN ('true', 'false') THEN j.type
              WHEN typeof(j.atom) = 'integer' THEN CAST(j.atom AS TEXT)
              WHEN j.type = 'text' AND length(j.atom) <= 256 THEN j.atom END AS text
  FROM topic t, json_tree(t.user_metadata) j WHERE typeof(j.key) = 'text';

INSERT INTO sequence_metadata SELECT id, key, text FROM metadata_of_sequence;
INSERT INTO topic_metadata SELECT id, key, text FROM metadata_of_topic;

CREATE TRIGGER sequence_metadata_is_indexed AFTER INSERT ON sequence BEGIN
  INSERT INTO sequence_metadata
    SELECT id, key, text FROM metadata_of_sequence WHERE id = new.id;
END;
CREATE TRIGGER topic_metadata_is_indexed AFTER INSERT ON topic BEGIN
  INSERT INTO topic_metadata SELECT id, key, text FROM metadata_of_topic WHERE id = new.id;
END;
)sql";

constexpr std::string_view kVersion3 = R"sql(
CREATE TABLE api_key (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint TEXT NOT NULL UNIQUE,
  token_hash BLOB NOT NULL,
  description TEXT NOT NULL,
  may_read INTEGER NOT NULL,
  may_write INTEGER NOT NULL,
  may_delete INTEGER NOT NULL,
  created_at_ns INTEGER NOT NULL,
  expires_at_ns INTEGER
) STRICT;
)sql";

// How often what a manifest tells has changed, and up to which change one was written. Triggers
// count, so that no statement can forget it. Older manifests tell less: they count as unwritten.
constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE manifest (
  sequence_id INTEGER NOT NULL PRIMARY KEY REFERENCES sequence(id) ON DELETE CASCADE,
  changes INTEGER NOT NULL,
  written INTEGER NOT NULL
) STRICT;
CREATE INDEX manifest_that_is_stale ON manifest (sequence_id) WHERE changes > written;
INSERT INTO manifest SELECT id, 1, 0 FROM sequence;

CREATE TRIGGER manifest_counts_sequence AFTER INSERT ON sequence BEGIN
  INSERT INTO manifest VALUES (new.id, 1, 0);
END;
CREATE TRIGGER manifest_counts_new_session AFTER INSERT ON session BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = new.sequence_id;
END;
CREATE TRIGGER manifest_counts_session AFTER UPDATE OF completed_at_ns ON session BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = new.sequence_id;
END;
CREATE TRIGGER manifest_counts_deleted_session AFTER DELETE ON session BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = old.sequence_id;
END;
CREATE TRIGGER manifest_counts_new_topic AFTER INSERT ON topic BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = new.sequence_id;
END;
CREATE TRIGGER manifest_counts_topic AFTER UPDATE OF state, schema, row_count ON topic BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = new.sequence_id;
END;
CREATE TRIGGER manifest_counts_deleted_topic AFTER DELETE ON topic BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = old.sequence_id;
END;
CREATE TRIGGER manifest_counts_new_notification AFTER INSERT ON notification BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = new.sequence_id;
END;
CREATE TRIGGER manifest_counts_deleted_notification AFTER DELETE ON notification BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = old.sequence_id;
END;
)sql";

// Finds topics with small chunks without reading the rows, which hold column statistics.
constexpr std::string_view kVersion5 = R"sql(
CREATE INDEX chunk_by_size ON chunk (topic_id, byte_count, row_count);
)sql";

// Ranges of numbers are looked up as texts are. `number` is a number, or a text that may spell one,
// as conditions read it, but only nearly: SQLite rounds in ways of its own.
constexpr std::string_view kVersion6 = R"sql(
DROP TRIGGER sequence_metadata_is_indexed;
DROP TRIGGER topic_metadata_is_indexed;
DROP VIEW metadata_of_sequence;
DROP VIEW metadata_of_topic;
ALTER TABLE sequence_metadata ADD COLUMN number REAL;
ALTER TABLE topic_metadata ADD COLUMN number REAL;

CREATE VIEW metadata_of_sequence AS
  SELECT s.id AS id, j.key AS key,
         CASE WHEN j.type IN ('true', 'false') THEN j.type
              WHEN typeof(j.atom) = 'integer' THEN CAST(j.atom AS TEXT)
              WHEN j.type = 'text' AND length(j.atom) <= 256 THEN j.atom END AS text,
         CASE WHEN j.type IN ('integer', 'real')
                OR (j.type = 'text' AND j.atom GLOB '*[0-9]*'
                    AND j.atom NOT GLOB '*[^-+.eE0-9]*') THEN CAST(j.atom AS REAL) END AS number
  FROM sequence s, json_tree(s.user_metadata) j WHERE typeof(j.key) = 'text';
CREATE VIEW metadata_of_topic AS
  SELECT t.id AS id, j.key AS key,
         CASE WHEN j.type IN ('true', 'false') THEN j.type
              WHEN typeof(j.atom) = 'integer' THEN CAST(j.atom AS TEXT)
              WHEN j.type = 'text' AND length(j.atom) <= 256 THEN j.atom END AS text,
         CASE WHEN j.type IN ('integer', 'real')
                OR (j.type = 'text' AND j.atom GLOB '*[0-9]*'
                    AND j.atom NOT GLOB '*[^-+.eE0-9]*') THEN CAST(j.atom AS REAL) END AS number
  FROM topic t, json_tree(t.user_metadata) j WHERE typeof(j.key) = 'text';

DELETE FROM sequence_metadata;
DELETE FROM topic_metadata;
INSERT INTO sequence_metadata SELECT id, key, text, number FROM metadata_of_sequence;
INSERT INTO topic_metadata SELECT id, key, text, number FROM metadata_of_topic;
CREATE INDEX sequence_metadata_by_number ON sequence_metadata (key, number, sequence_id)
  WHERE number IS NOT NULL;
CREATE INDEX topic_metadata_by_number ON topic_metadata (key, number, topic_id)
  WHERE number IS NOT NULL;

CREATE TRIGGER sequence_metadata_is_indexed AFTER INSERT ON sequence BEGIN
  INSERT INTO sequence_metadata
    SELECT id, key, text, number FROM metadata_of_sequence WHERE id = new.id;
END;
CREATE TRIGGER topic_metadata_is_indexed AFTER INSERT ON topic BEGIN
  INSERT INTO topic_metadata
    SELECT id, key, text, number FROM metadata_of_topic WHERE id = new.id;
END;
)sql";

// The statistics of a column are found without reading those of the others. A path may stand twice,
// where names hold dots.
constexpr std::string_view kVersion7 = R"sql(
CREATE TABLE chunk_column (
  chunk_id INTEGER NOT NULL REFERENCES chunk(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  position INTEGER NOT NULL,  -- among the columns of the chunk
  min TEXT,                   -- JSON; NULL where it is unknown
  max TEXT,
  nulls INTEGER NOT NULL,
  PRIMARY KEY (chunk_id, path, position)
) STRICT, WITHOUT ROWID;

INSERT INTO chunk_column
  SELECT c.id, j.value ->> 'path', j.key, nullif(j.value -> 'min', 'null'),
         nullif(j.value -> 'max', 'null'), j.value ->> 'nulls'
  FROM chunk c, json_each(c.column_statistics) j;
ALTER TABLE chunk DROP COLUMN column_statistics;
)sql";

// What a condition on a key of the outermost object compares is told by the index, so that metadata
// need not be parsed. `kind` is 1 where `text` is the value, 2 where it is an integer and `number`
// exactly that, 3 where it is a real and `number` nearly that, and 0 elsewhere: deeper down, where
// SQLite cuts a text short (at a zero byte), and for what is compared with nothing.
constexpr std::string_view kVersion8 = R"sql(
DROP TRIGGER sequence_metadata_is_indexed;
DROP TRIGGER topic_metadata_is_indexed;
DROP VIEW metadata_of_sequence;
DROP VIEW metadata_of_topic;
DROP INDEX sequence_metadata_by_key;
DROP INDEX sequence_metadata_by_number;
DROP INDEX topic_metadata_by_key;
DROP INDEX topic_metadata_by_number;
DELETE FROM sequence_metadata;
DELETE FROM topic_metadata;
ALTER TABLE sequence_metadata ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE topic_metadata ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;

CREATE VIEW metadata_of_sequence AS
  SELECT s.id AS id, j.key AS key,
         CASE WHEN j.type IN ('true', 'false') THEN j.type
              WHEN typeof(j.atom) = 'integer' THEN CAST(j.atom AS TEXT)
              WHEN j.type = 'text' AND length(j.atom) <= 256 THEN j.atom END AS text,
         CASE WHEN j.type IN ('integer', 'real')
                OR (j.type = 'text' AND j.atom GLOB '*[0-9]*'
                    AND j.atom NOT GLOB '*[^-+.eE0-9]*') THEN CAST(j.atom AS REAL) END AS number,
         CASE WHEN j.path <> '$' THEN 0
              WHEN j.type = 'integer'
                AND j.atom BETWEEN -9007199254740992 AND 9007199254740992 THEN 2
              WHEN j.type = 'real' THEN 3
              WHEN j.type IN ('integer', 'true', 'false') THEN 1
              WHEN j.type = 'text' AND instr(s.user_metadata, '\u0000') = 0 THEN 1
              ELSE 0 END AS kind
  FROM sequence s, json_tree(s.user_metadata) j WHERE typeof(j.key) = 'text';
CREATE VIEW metadata_of_topic AS
  SELECT t.id AS id, j.key AS key,
         CASE WHEN j.type IN ('true', 'false') THEN j.type
              WHEN typeof(j.atom) = 'integer' THEN CAST(j.atom AS TEXT)
              WHEN j.type = 'text' AND length(j.atom) <= 256 THEN j.atom END AS text,
         CASE WHEN j.type IN ('integer', 'real')
                OR (j.type = 'text' AND j.atom GLOB '*[0-9]*'
                    AND j.atom NOT GLOB '*[^-+.eE0-9]*') THEN CAST(j.atom AS REAL) END AS number,
         CASE WHEN j.path <> '$' THEN 0
              WHEN j.type = 'integer'
                AND j.atom BETWEEN -9007199254740992 AND 9007199254740992 THEN 2
              WHEN j.type = 'real' THEN 3
              WHEN j.type IN ('integer', 'true', 'false') THEN 1
              WHEN j.type = 'text' AND instr(t.user_metadata, '\u0000') = 0 THEN 1
              ELSE 0 END AS kind
  FROM topic t, json_tree(t.user_metadata) j WHERE typeof(j.key) = 'text';

INSERT INTO sequence_metadata SELECT id, key, text, number, kind FROM metadata_of_sequence;
INSERT INTO topic_metadata SELECT id, key, text, number, kind FROM metadata_of_topic;
CREATE INDEX sequence_metadata_by_key ON sequence_metadata (key, text, sequence_id, kind);
CREATE INDEX sequence_metadata_by_number ON sequence_metadata (key, number, sequence_id, kind)
  WHERE number IS NOT NULL;
CREATE TRIGGER sequence_metadata_is_indexed AFTER INSERT ON sequence BEGIN
  INSERT INTO sequence_metadata
    SELECT id, key, text, number, kind FROM metadata_of_sequence WHERE id = new.id;
END;
CREATE INDEX topic_metadata_by_key ON topic_metadata (key, text, topic_id, kind);
CREATE INDEX topic_metadata_by_number ON topic_metadata (key, number, topic_id, kind)
  WHERE number IS NOT NULL;
CREATE TRIGGER topic_metadata_is_indexed AFTER INSERT ON topic BEGIN
  INSERT INTO topic_metadata
    SELECT id, key, text, number, kind FROM metadata_of_topic WHERE id = new.id;
END;
)sql";

// Topics mostly share their schemas, which are longer than all else that is known of a topic. The
// last topic of a schema takes it along.
constexpr std::string_view kVersion9 = R"sql(
CREATE TABLE topic_schema (
  id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL UNIQUE
) STRICT;
INSERT OR IGNORE INTO topic_schema (bytes) SELECT schema FROM topic WHERE schema <> x'';

DROP TRIGGER manifest_counts_topic;
ALTER TABLE topic ADD COLUMN schema_id INTEGER REFERENCES topic_schema(id);  -- NULL: empty
UPDATE topic SET schema_id = (SELECT id FROM topic_schema WHERE bytes = topic.schema);
ALTER TABLE topic DROP COLUMN schema;
CREATE INDEX topic_by_schema ON topic (schema_id);

CREATE TRIGGER manifest_counts_topic AFTER UPDATE OF state, schema_id, row_count ON topic BEGIN
  UPDATE manifest SET changes = changes + 1 WHERE sequence_id = new.sequence_id;
END;
CREATE TRIGGER schema_goes_with_its_topics AFTER DELETE ON topic BEGIN
  DELETE FROM topic_schema WHERE id = old.schema_id
    AND NOT EXISTS (SELECT 1 FROM topic WHERE schema_id = old.schema_id);
END;
)sql";

constexpr std::array<std::string_view, 9> kMigrations = {kVersion1, kVersion2, kVersion3,
                                                         kVersion4, kVersion5, kVersion6,
                                                         kVersion7, kVersion8, kVersion9};

Result<bool> has_row(Database* database, std::string_view sql) {
  ARROW_ASSIGN_OR_RAISE(Statement statement, database->query(sql));
  return statement.step();
}

Status set_version(Database* database, int64_t version) {
  ARROW_RETURN_NOT_OK(
      database->execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"));
  ARROW_RETURN_NOT_OK(database->execute("DELETE FROM schema_version"));
  return database->execute("INSERT INTO schema_version VALUES (?)", version).status();
}

// Looks at the version inside the transaction, since another process may be migrating, too.
Result<bool> migrate_once(Database* database, std::span<const std::string_view> steps) {
  ARROW_ASSIGN_OR_RAISE(Transaction transaction,
                        Transaction::begin(database, Transaction::Mode::Write));
  ARROW_ASSIGN_OR_RAISE(const int64_t version, schema_version(database));
  const auto newest = static_cast<int64_t>(steps.size());
  if (version > newest) {
    return core::error(ErrorKind::Locked, "catalog: its schema has version ", version,
                       ", and this program knows only up to ", newest, "; use a newer program");
  }
  if (version == newest) return false;
  ARROW_RETURN_NOT_OK(database->execute_script(std::string(steps[static_cast<size_t>(version)])));
  ARROW_RETURN_NOT_OK(set_version(database, version + 1));
  ARROW_RETURN_NOT_OK(transaction.commit());
  return true;
}

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

Result<int64_t> schema_version(Database* database) {
  ARROW_ASSIGN_OR_RAISE(
      const bool is_ours,
      has_row(database, "SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'"));
  if (!is_ours) {
    ARROW_ASSIGN_OR_RAISE(const bool has_tables, has_row(database, "SELECT 1 FROM sqlite_schema"));
    if (has_tables) return core::error(ErrorKind::Corrupt, "catalog: a database of another kind");
    return 0;
  }
  ARROW_ASSIGN_OR_RAISE(Statement version, database->query("SELECT version FROM schema_version"));
  ARROW_ASSIGN_OR_RAISE(const bool found, version.step());
  if (!found) return core::error(ErrorKind::Corrupt, "catalog: its schema version is missing");
  return version.integer(0);
}

Status migrate(Database* database, std::span<const std::string_view> steps) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool moved, migrate_once(database, steps));
    if (!moved) return Status::OK();
  }
}

}  // namespace mosaico::catalog::sqlite
