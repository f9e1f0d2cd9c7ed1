#include "catalog/sqlite_catalog.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/migrations.hpp"
#include "catalog_conformance.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::catalog {
namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Database;

constexpr int kBusyTimeoutMs = 10'000;

class SqlitePlace : public CatalogBackend::Place {
 public:
  Result<std::unique_ptr<Catalog>> open() override {
    return open_sqlite_catalog(directory_.path() / "catalog.sqlite");
  }

 private:
  TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogConformance,
                         testing::Values(CatalogBackend{
                             "Sqlite", [] { return std::make_unique<SqlitePlace>(); }}),
                         testing::PrintToStringParamName());

class SqliteCatalogTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() / "catalog.sqlite"; }
  std::unique_ptr<Database> database() {
    return core::value_or_throw(Database::open(path(), Access::ReadWrite, kBusyTimeoutMs));
  }
  void make_catalog() {
    const auto catalog = core::value_or_throw(open_sqlite_catalog(path()));
    core::throw_if_error(catalog->create_sequence("run1", {}, 0).status());
  }

  TemporaryDirectory directory_;
};

TEST_F(SqliteCatalogTest, BringsAnEmptyDatabaseToTheNewestVersion) {
  {
    std::ofstream empty_file(path());
  }
  ASSERT_THAT(open_sqlite_catalog(path()), IsOk());
  const auto newest = static_cast<int64_t>(sqlite::migrations().size());
  EXPECT_EQ(core::value_or_throw(sqlite::schema_version(database().get())), newest);
}

TEST_F(SqliteCatalogTest, RefusesADatabaseThatIsNewer) {
  make_catalog();
  ASSERT_THAT(database()->execute("UPDATE schema_version SET version = 1000"), IsOk());
  const auto opened = open_sqlite_catalog(path());
  EXPECT_THAT(opened, FailsAs(ErrorKind::Locked));
  EXPECT_THAT(opened.status().message(), testing::HasSubstr("version 1000"));
  EXPECT_THAT(open_sqlite_catalog(path(), {.read_only = true}), FailsAs(ErrorKind::Locked));
}

TEST_F(SqliteCatalogTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(10'000, 'x');
  EXPECT_THAT(open_sqlite_catalog(path()), FailsAs(ErrorKind::Corrupt));
  EXPECT_THAT(open_sqlite_catalog(path(), {.read_only = true}), FailsAs(ErrorKind::Corrupt));
}

TEST_F(SqliteCatalogTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_THAT(database()->execute("CREATE TABLE notes (text TEXT)"), IsOk());
  EXPECT_THAT(open_sqlite_catalog(path()), FailsAs(ErrorKind::Corrupt));
  EXPECT_THAT(database()->execute("INSERT INTO notes VALUES ('untouched')"), IsOk());
}

TEST_F(SqliteCatalogTest, SaysThatDamagedPagesAreCorrupt) {
  make_catalog();
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto bytes = fs::file_size(path());
    constexpr size_t kPageBytes = 4096;
    file.seekp(kPageBytes);
    file << std::string(bytes - kPageBytes, '\xa5');
  }
  EXPECT_THAT(open_sqlite_catalog(path()), FailsAs(ErrorKind::Corrupt));
}

TEST_F(SqliteCatalogTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_THAT(open_sqlite_catalog(directory_.path() / "absent" / "catalog.sqlite"),
              FailsAs(ErrorKind::Io));
  EXPECT_THAT(open_sqlite_catalog(path(), {.read_only = true}), FailsAs(ErrorKind::NotFound));
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(SqliteCatalogTest, ReadOnlyReadsAndRefusesToWrite) {
  ASSERT_OK_AND_ASSIGN(const auto writer, open_sqlite_catalog(path()));
  ASSERT_THAT(writer->create_sequence("run1", {}, 0), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto reader, open_sqlite_catalog(path(), {.read_only = true}));
  EXPECT_THAT(reader->find_sequence("run1"), IsOk());
  EXPECT_THAT(reader->create_sequence("run2", {}, 0), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(reader->delete_sequence("run1", true), FailsAs(ErrorKind::Locked));
  ASSERT_THAT(writer->create_sequence("run3", {}, 0), IsOk());
  EXPECT_THAT(reader->find_sequence("run3"), IsOk()) << "it follows the writer";
}

TEST_F(SqliteCatalogTest, TwoCatalogsOfOneFileShareIt) {
  ASSERT_OK_AND_ASSIGN(const auto first, open_sqlite_catalog(path()));
  ASSERT_OK_AND_ASSIGN(const auto second, open_sqlite_catalog(path()));
  const auto create = [](Catalog& catalog, const std::string& prefix) {
    for (int i = 0; i < 20; ++i) {
      EXPECT_THAT(catalog.create_sequence(prefix + std::to_string(i), {}, 0), IsOk());
    }
  };
  std::thread other([&] { create(*second, "b"); });
  create(*first, "a");
  other.join();
  ASSERT_OK_AND_ASSIGN(const auto page, first->list_sequences("", "", 100));
  EXPECT_EQ(page.sequences.size(), 40U);
}

TEST_F(SqliteCatalogTest, SyncsFullyAndLogsAhead) {
  make_catalog();
  const auto connection = database();
  const auto pragma = [&](const std::string& name) {
    auto row = core::value_or_throw(connection->query("PRAGMA " + name));
    EXPECT_TRUE(core::value_or_throw(row.step()));
    return row.bytes(0);
  };
  EXPECT_EQ(pragma("journal_mode"), "wal");
  EXPECT_EQ(pragma("synchronous"), "2");
  EXPECT_EQ(pragma("foreign_keys"), "1");
}

TEST_F(SqliteCatalogTest, FindsChunksThroughTheIndexOfTimes) {
  make_catalog();
  const auto connection = database();
  auto plan = core::value_or_throw(connection->query(
      "EXPLAIN QUERY PLAN SELECT * FROM chunk WHERE topic_id = 1 AND timestamp_ns_min < 9 "
      "AND timestamp_ns_max >= 1 ORDER BY first_row"));
  ASSERT_TRUE(core::value_or_throw(plan.step()));
  EXPECT_THAT(plan.bytes(3), testing::HasSubstr("USING INDEX chunk_by_time"));
}

class Migrate : public SqliteCatalogTest {
 protected:
  static constexpr std::string_view kFirst = "CREATE TABLE a (x); CREATE TABLE b (x)";
  static constexpr std::string_view kSecond = "ALTER TABLE a ADD COLUMN y DEFAULT 7";

  int64_t version() { return core::value_or_throw(sqlite::schema_version(database().get())); }
};

TEST_F(Migrate, RunsEachMissingStepOnce) {
  const std::string_view first[] = {kFirst};
  const std::string_view both[] = {kFirst, kSecond};
  EXPECT_EQ(version(), 0);
  ASSERT_THAT(sqlite::migrate(database().get(), first), IsOk());
  EXPECT_EQ(version(), 1);
  ASSERT_THAT(database()->execute("INSERT INTO a (x) VALUES (1)"), IsOk());
  for (int round = 0; round < 2; ++round) {
    ASSERT_THAT(sqlite::migrate(database().get(), both), IsOk());
    EXPECT_EQ(version(), 2);
  }
  const auto connection = database();
  auto row = core::value_or_throw(connection->query("SELECT y FROM a"));
  ASSERT_TRUE(core::value_or_throw(row.step()));
  EXPECT_EQ(row.integer(0), 7);
}

TEST_F(Migrate, AStepThatFailsLeavesTheStepBefore) {
  const std::string_view broken[] = {kFirst, "CREATE TABLE c (x); CREATE TABLE a (x)"};
  EXPECT_FALSE(sqlite::migrate(database().get(), broken).ok());
  EXPECT_EQ(version(), 1);
  EXPECT_FALSE(database()->query("SELECT * FROM c").ok()) << "half a step";
  const std::string_view mended[] = {kFirst, kSecond};
  EXPECT_THAT(sqlite::migrate(database().get(), mended), IsOk());
  EXPECT_EQ(version(), 2);
}

// A command beside an older server must not change the tables under it.
TEST_F(Migrate, IsLeftToOthersWhereAsked) {
  ASSERT_THAT(sqlite::migrate(database().get(), sqlite::migrations().first(1)), IsOk());
  EXPECT_THAT(open_sqlite_catalog(path(), {.may_migrate = false}), FailsAs(ErrorKind::Locked));
  EXPECT_EQ(version(), 1);
  ASSERT_THAT(open_sqlite_catalog(path()), IsOk());
  EXPECT_THAT(open_sqlite_catalog(path(), {.may_migrate = false}), IsOk());
}

TEST_F(Migrate, OfANewDatabaseIsItsMaking) {
  EXPECT_THAT(open_sqlite_catalog(path(), {.may_migrate = false}), IsOk());
  EXPECT_EQ(version(), static_cast<int64_t>(sqlite::migrations().size()));
}

TEST_F(Migrate, RefusesANewerDatabase) {
  const std::string_view first[] = {kFirst};
  const std::string_view both[] = {kFirst, kSecond};
  ASSERT_THAT(sqlite::migrate(database().get(), both), IsOk());
  EXPECT_THAT(sqlite::migrate(database().get(), first), FailsAs(ErrorKind::Locked));
}

// Version 2 indexes metadata; what was recorded before must be found as well.
TEST_F(Migrate, IndexesTheMetadataOfOlderRecordings) {
  ASSERT_THAT(sqlite::migrate(database().get(), sqlite::migrations().first(1)), IsOk());
  ASSERT_THAT(database()->execute_script(R"sql(
      INSERT INTO sequence VALUES (1, 'old', '{"a": {"site": "yard"}}', 0, 'data/old@1');
      INSERT INTO session VALUES (1, 1, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'u', 0, NULL, NULL);
      INSERT INTO topic (sequence_id, session_id, name, uuid, ontology_tag, serialization_format,
                         user_metadata, created_at_ns, state, schema)
        VALUES (1, 1, 'imu', 'v', 'IMU', 'default', '{"rates": [{"hz": 200}]}', 0, 0, x'');
      )sql"),
              IsOk());
  const auto catalog = core::value_or_throw(open_sqlite_catalog(path()));
  const auto finds = [&catalog](const query::MetadataFilter& filter) {
    return core::value_or_throw(catalog->find_topics(filter)).size();
  };
  using query::Operator;
  query::MetadataFilter filter;
  filter.sequence.user_metadata = {{"**.site", Operator::Eq, "yard"}};
  filter.topic.user_metadata = {{"rates[*].hz", Operator::Gt, 100}};
  EXPECT_EQ(finds(filter), 1U);
  filter.sequence.user_metadata = {{"a.site", Operator::In, {"hall", "dock"}}};
  EXPECT_EQ(finds(filter), 0U);
}

// Version 6 indexes numbers.
TEST_F(Migrate, IndexesTheNumbersOfOlderRecordings) {
  ASSERT_THAT(sqlite::migrate(database().get(), sqlite::migrations().first(5)), IsOk());
  ASSERT_THAT(database()->execute_script(R"sql(
      INSERT INTO sequence VALUES (1, 'old', '{"mileage": 1200, "site": "yard"}', 0, 'data/old@1');
      INSERT INTO session VALUES (1, 1, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'u', 0, NULL, NULL);
      INSERT INTO topic (sequence_id, session_id, name, uuid, ontology_tag, serialization_format,
                         user_metadata, created_at_ns, state, schema)
        VALUES (1, 1, 'imu', 'v', 'IMU', 'default', '{"rate": "-2.5e1"}', 0, 0, x'');
      )sql"),
              IsOk());
  const auto catalog = core::value_or_throw(open_sqlite_catalog(path()));
  ASSERT_THAT(catalog->create_sequence("new", {{"mileage", 1300.5}}, 0), IsOk());
  ASSERT_THAT(catalog->create_session("new", "s", "w", 0), IsOk());
  ASSERT_THAT(catalog->create_topic("new", "w", new_topic("imu")), IsOk());
  const auto finds = [&catalog](const query::MetadataFilter& filter) {
    return core::value_or_throw(catalog->find_topics(filter)).size();
  };
  using query::Operator;
  query::MetadataFilter filter;
  filter.sequence.user_metadata = {{"mileage", Operator::Between, {1200, 1300}}};
  EXPECT_EQ(finds(filter), 1U);
  filter.topic.user_metadata = {{"rate", Operator::Lt, -24}};
  EXPECT_EQ(finds(filter), 1U);
  filter.topic.user_metadata = {{"rate", Operator::Lt, -25}};
  EXPECT_EQ(finds(filter), 0U);
  filter = {};
  filter.sequence.user_metadata = {{"mileage", Operator::Gt, 1199}};
  EXPECT_EQ(finds(filter), 2U);
  filter.sequence.user_metadata = {{"site", Operator::Eq, "yard"}};
  EXPECT_EQ(finds(filter), 1U) << "texts are found as before";
}

// Version 7 puts the statistics of columns into a table.
TEST_F(Migrate, KeepsTheColumnStatisticsOfOlderRecordings) {
  ASSERT_THAT(sqlite::migrate(database().get(), sqlite::migrations().first(6)), IsOk());
  ASSERT_THAT(database()->execute_script(R"sql(
      INSERT INTO sequence VALUES (1, 'old', '{}', 0, 'data/old@1');
      INSERT INTO session VALUES (1, 1, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'u', 0, NULL, NULL);
      INSERT INTO topic (sequence_id, session_id, name, uuid, ontology_tag, serialization_format,
                         user_metadata, created_at_ns, state, schema, row_count, chunk_count)
        VALUES (1, 1, 'imu', 'v', 'IMU', 'default', '{}', 0, 1, x'', 20, 2);
      INSERT INTO chunk VALUES (5, 1, 'a.parquet', 0, 10, 100, 70, 1, 1, 9,
        '[{"max":18446744073709551615,"min":-9223372036854775808,"nulls":0,"path":"id"},
          {"max":1.5e+300,"min":0.1,"nulls":3,"path":"acceleration.x"},
          {"max":null,"min":null,"nulls":10,"path":"b.c"},
          {"max":"\"\u00e9\\","min":"a","nulls":0,"path":"b.c"},
          {"max":true,"min":false,"nulls":0,"path":"on"}]');
      INSERT INTO chunk VALUES (6, 1, 'b.parquet', 10, 10, 100, 70, 1, 1, 9, '[]');
      )sql"),
              IsOk());
  const auto catalog = core::value_or_throw(open_sqlite_catalog(path()));
  const std::vector<ColumnStatistics> expected = {
      {.path = "id", .min = INT64_MIN, .max = UINT64_MAX, .nulls = 0},
      {.path = "acceleration.x", .min = 0.1, .max = 1.5e300, .nulls = 3},
      {.path = "b.c", .min = nullptr, .max = nullptr, .nulls = 10},
      {.path = "b.c", .min = "a", .max = "\"\u00e9\\", .nulls = 0},
      {.path = "on", .min = false, .max = true, .nulls = 0}};
  ASSERT_OK_AND_ASSIGN(const Chunk first, catalog->find_chunk(ChunkId{5}));
  EXPECT_EQ(first.columns, expected);
  EXPECT_EQ(first.timestamp_ns_max, 9);
  ASSERT_OK_AND_ASSIGN(const Chunk second, catalog->find_chunk(ChunkId{6}));
  EXPECT_TRUE(second.columns.empty());
  ASSERT_THAT(catalog->delete_sequence("old", true), IsOk());
  const auto connection = database();
  auto rows = core::value_or_throw(connection->query("SELECT count(*) FROM chunk_column"));
  ASSERT_TRUE(core::value_or_throw(rows.step()));
  EXPECT_EQ(rows.integer(0), 0) << "they go with their chunks";
}

// Version 8 tells which values are certain.
TEST_F(Migrate, KnowsTheValuesOfOlderRecordings) {
  ASSERT_THAT(sqlite::migrate(database().get(), sqlite::migrations().first(7)), IsOk());
  ASSERT_THAT(database()->execute_script(R"sql(
      INSERT INTO sequence VALUES (1, 'a', '{"v": 7, "a": {"v": 9}}', 0, 'data/a@1');
      INSERT INTO sequence VALUES (2, 'b', '{"v": 8.5, "a": "x\u0000y"}', 0, 'data/b@2');
      INSERT INTO session VALUES (1, 1, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'u', 0, NULL, NULL);
      INSERT INTO topic (sequence_id, session_id, name, uuid, ontology_tag, serialization_format,
                         user_metadata, created_at_ns, state, schema)
        VALUES (1, 1, 'imu', 'v', 'IMU', 'default', '{"w": true, "x": ["7"]}', 0, 0, x'');
      )sql"),
              IsOk());
  const auto catalog = core::value_or_throw(open_sqlite_catalog(path()));
  ASSERT_THAT(catalog->create_sequence("c", {{"v", "7"}}, 0), IsOk());
  const auto kinds = [connection = database()](const std::string& table) {
    auto rows = core::value_or_throw(
        connection->query("SELECT group_concat(key || ' ' || coalesce(text, '-') || ' ' || "
                          "coalesce(number, '-') || ' ' || kind, ', ') FROM " +
                          table));
    EXPECT_TRUE(core::value_or_throw(rows.step()));
    return rows.bytes(0);
  };
  EXPECT_EQ(kinds("sequence_metadata"),
            "v 7 7.0 2, a - - 0, v 9 9.0 0, v - 8.5 3, a x - 0, v 7 7.0 1");
  EXPECT_EQ(kinds("topic_metadata"), "w true - 1, x - - 0");
  using query::Operator;
  query::MetadataFilter filter;
  filter.sequence.user_metadata = {{"v", Operator::Between, {6, 7}}};
  EXPECT_EQ(core::value_or_throw(catalog->find_topics(filter)).size(), 1U);
  filter.sequence.user_metadata = {{"v", Operator::Gt, 7}};
  EXPECT_EQ(core::value_or_throw(catalog->find_topics(filter)).size(), 0U);
}

// Version 9 keeps each schema once.
TEST_F(Migrate, KeepsTheSchemasOfOlderRecordings) {
  ASSERT_THAT(sqlite::migrate(database().get(), sqlite::migrations().first(8)), IsOk());
  ASSERT_THAT(database()->execute_script(R"sql(
      INSERT INTO sequence VALUES (1, 'old', '{}', 0, 'data/old@1');
      INSERT INTO sequence VALUES (2, 'older', '{}', 0, 'data/older@2');
      INSERT INTO session VALUES (1, 1, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'u', 0, NULL, NULL);
      INSERT INTO session VALUES (2, 2, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'v', 0, NULL, NULL);
      INSERT INTO topic (id, sequence_id, session_id, name, uuid, ontology_tag,
                         serialization_format, user_metadata, created_at_ns, state, schema,
                         row_count, timestamp_ns_max)
        VALUES (1, 1, 1, 'a', 'a', 'IMU', 'default', '{}', 0, 3, x'0001', 7, 9),
               (2, 1, 1, 'b', 'b', 'IMU', 'default', '{}', 0, 3, x'0001', 8, 9),
               (3, 1, 1, 'c', 'c', 'IMU', 'default', '{}', 0, 0, x'', 0, NULL),
               (4, 2, 2, 'd', 'd', 'IMU', 'default', '{}', 0, 3, x'0002', 0, NULL);
      UPDATE manifest SET written = changes;
      )sql"),
              IsOk());
  const auto catalog = core::value_or_throw(open_sqlite_catalog(path()));
  EXPECT_TRUE(core::value_or_throw(catalog->stale_manifests()).empty());
  const auto found = [&catalog](const char* sequence, const char* name) {
    return core::value_or_throw(catalog->find_topic(sequence, name));
  };
  EXPECT_EQ(found("old", "a").schema, std::string("\0\1", 2));
  EXPECT_EQ(found("old", "b").schema, std::string("\0\1", 2));
  EXPECT_EQ(found("old", "c").schema, "");
  EXPECT_EQ(found("older", "d").schema, std::string("\0\2", 2));
  EXPECT_EQ(found("old", "b").rows, 8);
  EXPECT_EQ(found("old", "b").timestamp_ns_max, 9);

  const auto schemas = [connection = database()] {
    auto rows = core::value_or_throw(connection->query("SELECT count(*) FROM topic_schema"));
    EXPECT_TRUE(core::value_or_throw(rows.step()));
    return rows.integer(0);
  };
  EXPECT_EQ(schemas(), 2);
  ASSERT_THAT(catalog->begin_upload("old", "c", "c", std::string("\0\2", 2), false), IsOk());
  EXPECT_EQ(core::value_or_throw(catalog->stale_manifests()), std::vector<std::string>{"old"});
  EXPECT_EQ(schemas(), 2);
  ASSERT_THAT(catalog->delete_sequence("older", true), IsOk());
  EXPECT_EQ(schemas(), 2) << "c has it as well";
  ASSERT_THAT(catalog->delete_topic("old", "a", true), IsOk());
  EXPECT_EQ(schemas(), 2);
  ASSERT_THAT(catalog->delete_sequence("old", true), IsOk());
  EXPECT_EQ(schemas(), 0) << "they go with the last of their topics";
}

TEST_F(SqliteCatalogTest, NumbersInMetadataAreFoundByAnIndex) {
  make_catalog();
  const auto connection = database();
  auto plan = core::value_or_throw(connection->query(
      "EXPLAIN QUERY PLAN SELECT m.sequence_id, m.number, m.kind FROM json_each('[[1, 2]]') r "
      "CROSS JOIN sequence_metadata m WHERE m.key = 'a' AND m.number >= r.value ->> 0 AND "
      "m.number <= r.value ->> 1 AND m.kind IN (2, 3)"));
  std::string steps;
  while (core::value_or_throw(plan.step())) steps += plan.bytes(3) + "\n";
  EXPECT_THAT(steps, testing::HasSubstr("USING COVERING INDEX sequence_metadata_by_number "
                                        "(key=? AND number>? AND number<?)"));
}

TEST_F(SqliteCatalogTest, MetadataIsFoundByAnIndex) {
  make_catalog();
  const auto connection = database();
  auto plan =
      core::value_or_throw(connection->query("EXPLAIN QUERY PLAN SELECT sequence_id FROM "
                                             "sequence_metadata WHERE key = 'a' AND text = 'b' AND "
                                             "kind IN (1, 2)"));
  ASSERT_TRUE(core::value_or_throw(plan.step()));
  EXPECT_THAT(
      plan.bytes(3),
      testing::HasSubstr("USING COVERING INDEX sequence_metadata_by_key (key=? AND text=?)"));
}

TEST_F(SqliteCatalogTest, AFullDatabaseIsALimit) {
  const auto connection = database();
  ASSERT_THAT(connection->execute("CREATE TABLE t (x)"), IsOk());
  ASSERT_THAT(connection->execute_script("PRAGMA max_page_count = 4"), IsOk());
  EXPECT_THAT(connection->execute("INSERT INTO t VALUES (zeroblob(100000))"),
              FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(connection->execute("INSERT INTO t VALUES (1)"), IsOk());
}

TEST_F(SqliteCatalogTest, ATransactionThatIsNotCommittedLeavesNothing) {
  const auto connection = database();
  ASSERT_THAT(connection->execute("CREATE TABLE t (x)"), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(
        const auto transaction,
        sqlite::Transaction::begin(connection.get(), sqlite::Transaction::Mode::Write));
    ASSERT_THAT(connection->execute("INSERT INTO t VALUES (1)"), IsOk());
  }
  auto row = core::value_or_throw(connection->query("SELECT count(*) FROM t"));
  ASSERT_TRUE(core::value_or_throw(row.step()));
  EXPECT_EQ(row.integer(0), 0);
}

}  // namespace
}  // namespace mosaico::catalog
