#include "engine/reindex/reindex.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>

#include "engine/directory/directory_lock.hpp"
#include "engine/recording.hpp"
#include "engine/sound_directory.hpp"
#include "faults/faulty_store.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

// All that a catalog knows of a store, but UUIDs and the ids of sessions and chunks.
json knowledge_of(catalog::Catalog& catalog) {
  json all = json::object();
  for (const auto& summary : catalog.list_sequences("", "", 1000).ValueOrDie().sequences) {
    const auto tree = catalog.find_sequence(summary.name).ValueOrDie();
    json& sequence = all[summary.name];
    sequence = {{"id", static_cast<int64_t>(tree.sequence.id)},
                {"created", tree.sequence.created_at_ns},
                {"path", tree.sequence.data_path},
                {"metadata", tree.sequence.user_metadata},
                {"state", static_cast<int>(tree.state)}};
    std::map<catalog::SessionId, std::string> ulids;
    for (const auto& session : tree.sessions) {
      ulids[session.id] = session.ulid;
      sequence["sessions"].push_back({session.ulid, session.created_at_ns,
                                      session.completed_at_ns.value_or(-1),
                                      session.notifications_before.value_or(-1)});
    }
    const auto notifications_of = [&](const std::string& topic) {
      json list = json::array();
      for (const auto& entry : catalog.list_notifications(summary.name, topic).ValueOrDie()) {
        list.push_back({entry.type, entry.message, entry.created_at_ns});
      }
      return list;
    };
    sequence["notifications"] = notifications_of("");
    for (const auto& topic : tree.topics) {
      json& entry = sequence["topics"][topic.name];
      entry = {
          {"id", static_cast<int64_t>(topic.id)},
          {"session", ulids[topic.session]},
          {"tag", topic.ontology_tag},
          {"format", topic.serialization_format},
          {"metadata", topic.user_metadata},
          {"created", topic.created_at_ns},
          {"state", static_cast<int>(topic.state)},
          {"schema", json::binary({topic.schema.begin(), topic.schema.end()})},
          {"sums", {topic.rows, topic.bytes, topic.chunks}},
          {"times", {topic.timestamp_ns_min.value_or(-1), topic.timestamp_ns_max.value_or(-1)}},
          {"notifications", notifications_of(topic.name)}};
      const auto chunks = catalog.find_chunks(topic.id, INT64_MIN, INT64_MAX).ValueOrDie();
      for (const auto& listed : chunks) {
        const auto chunk = catalog.find_chunk(listed.id).ValueOrDie();
        json columns = json::array();
        for (const auto& column : chunk.columns) {
          columns.push_back({column.path, column.min, column.max, column.nulls});
        }
        entry["chunks"].push_back({chunk.path, chunk.first_row, chunk.rows, chunk.bytes,
                                   chunk.file_bytes, chunk.checksum, chunk.timestamp_ns_min,
                                   chunk.timestamp_ns_max, columns});
      }
    }
  }
  return all;
}

json knowledge_in(const fs::path& root) {
  const auto catalog =
      catalog::open_sqlite_catalog(root / "catalog.sqlite", {.read_only = true}).ValueOrDie();
  return knowledge_of(*catalog);
}

void lose_catalog(const fs::path& root) {
  for (const char* name : {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"}) {
    fs::remove(root / name);
  }
}

std::vector<std::string> reindex(const fs::path& root, bool force = false) {
  std::vector<std::string> notes;
  ReindexRequest request;
  request.force = force;
  request.on_note = [&](const ReindexNote& note) { notes.push_back(note.path + ": " + note.text); };
  const auto summary = reindex_directory(root, request);
  EXPECT_THAT(summary, IsOk());
  if (summary.ok()) {
    EXPECT_EQ(summary->notes, std::ssize(notes));
  }
  return notes;
}

// Recordings made of random steps.
class RandomStore {
 public:
  RandomStore(const fs::path& root, uint32_t seed) : random_(seed), root_(root) { open(); }

  void open() {
    EngineOptions options;
    options.chunk_rows = 20;
    options.allow_delete_finalized = true;
    options.clock = [this] { return ++now_ns_; };
    store_ = std::make_unique<Recording>(root_, options);
  }
  void close() {
    uploads_.clear();
    EXPECT_THAT(store_->engine().close(), IsOk());
    store_.reset();
  }

  void step() {
    Engine& engine = store_->engine();
    const std::string sequence = "drive" + std::to_string(below(3));
    const core::Locator locator{.sequence = sequence, .topic = {}, .session = {}};
    const core::Locator topic{
        .sequence = sequence, .topic = "sensors/imu" + std::to_string(below(3)), .session = {}};
    switch (below(12)) {
      case 0:
        note(engine.sequence_create({.sequence = sequence, .user_metadata = {{"n", below(99)}}}));
        break;
      case 1:
        if (auto session = engine.session_create(locator); session.ok()) {
          sessions_.push_back(session->uuid);
        }
        break;
      case 2:
      case 3:
      case 4:
        record(topic);
        break;
      case 5:
        if (!sessions_.empty()) note(engine.session_finalize({.session_uuid = any_session()}));
        break;
      case 6:
        note(engine.notification_create(
            {.locator = below(2) == 0 ? locator : topic, .type = "error", .message = "broken"}));
        break;
      case 7:
        if (below(3) == 0) note(engine.notification_purge(below(2) == 0 ? locator : topic));
        break;
      case 8:
        if (below(2) == 0) note(engine.topic_delete(topic));
        break;
      case 9:
        if (below(4) == 0) note(engine.sequence_delete(locator));
        break;
      case 10:
        if (!uploads_.empty()) uploads_.pop_back();
        break;
      default:
        delete_session(sequence);
    }
  }

  Recording& recording() { return *store_; }

 private:
  int64_t below(int64_t end) { return std::uniform_int_distribution<int64_t>(0, end - 1)(random_); }
  const std::string& any_session() {
    return sessions_[static_cast<size_t>(below(std::ssize(sessions_)))];
  }
  // Most of what random steps ask is refused.
  void note(const Status& status) { done_ += status.ok() ? 1 : 0; }

  void record(const core::Locator& topic) {
    if (sessions_.empty()) return;
    protocol::TopicCreate request;
    request.session_uuid = any_session();
    request.locator = topic;
    request.serialization_format = "default";
    request.ontology_tag = "Row";
    request.user_metadata = {{"of", topic.topic}};
    const auto created = store_->engine().topic_create(request);
    if (!created.ok() || below(8) == 0) return;
    protocol::PutDescriptor descriptor;
    descriptor.topic = topic;
    descriptor.topic_uuid = created->uuid;
    auto upload = store_->engine().upload(descriptor, row_schema());
    ASSERT_THAT(upload, IsOk());
    std::vector<Row> rows;
    for (int64_t i = below(70); i >= 0; --i) rows.push_back({below(50), std::ssize(rows)});
    ASSERT_THAT((*upload)->append(batch_of(rows)), IsOk());
    const int64_t end = below(4);
    if (end > 1) {
      note((*upload)->finish());
    } else if (end == 1) {
      (*upload)->interrupt();
    } else {
      uploads_.push_back(std::move(*upload));
    }
  }

  void delete_session(const std::string& sequence) {
    if (below(4) != 0) return;
    const auto tree = store_->context().catalog->find_sequence(sequence);
    if (!tree.ok() || tree->sessions.empty()) return;
    const auto index = static_cast<size_t>(below(std::ssize(tree->sessions)));
    note(store_->engine().session_delete(
        {.sequence = sequence, .topic = {}, .session = tree->sessions[index].ulid}));
  }

  std::mt19937 random_;
  const fs::path root_;
  std::atomic<int64_t> now_ns_ = 1'700'000'000'000'000'000;
  std::unique_ptr<Recording> store_;
  std::vector<std::string> sessions_;
  std::vector<std::unique_ptr<Upload>> uploads_;
  int done_ = 0;
};

// What a reader gets of everything: rows and the answers of queries.
json readings_of(Recording& recording) {
  json all = json::object();
  for (const auto& summary :
       recording.context().catalog->list_sequences("", "", 1000).ValueOrDie().sequences) {
    protocol::ReadDescriptor descriptor;
    descriptor.locator = {.sequence = summary.name, .topic = {}, .session = {}};
    const auto discovery = recording.engine().discover(descriptor).ValueOrDie();
    for (const auto& endpoint : discovery.endpoints) {
      json& rows = all[summary.name][endpoint.topic.locator.topic];
      rows = json::array();
      const auto ticket = protocol::Ticket::parse(endpoint.ticket).ValueOrDie();
      const auto open = recording.engine().scan(ticket).ValueOrDie();
      while (const auto batch = open.scan->next().ValueOrDie()) {
        for (const Row& row : rows_of(*batch)) rows.push_back({row.timestamp_ns, row.number});
      }
    }
  }
  query::Query query;
  query.data.push_back({"Row", {{"number", query::Operator::Gt, 40}}});
  const auto answer = recording.engine().query(query).ValueOrDie();
  for (const auto& item : answer.items) {
    for (const auto& topic : item.topics)
      all["answer"][item.sequence].push_back(topic.locator.topic);
  }
  return all;
}

TEST(Reindex, GivesBackEverythingOfRandomRecordings) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TemporaryDirectory directory;
    const fs::path root = directory.path() / "store";
    RandomStore store(root, seed);
    for (int i = 0; i < 120; ++i) store.step();
    store.close();
    store.open();
    const json rows = readings_of(store.recording());
    store.close();
    const json known = knowledge_in(root);
    ASSERT_FALSE(known.empty());

    lose_catalog(root);
    EXPECT_THAT(reindex(root), testing::IsEmpty());
    EXPECT_EQ(knowledge_in(root), known);
    expect_no_findings(root);
    store.open();
    EXPECT_EQ(readings_of(store.recording()), rows);
    for (int i = 0; i < 60; ++i) store.step();
    store.close();
    expect_no_findings(root);
  }
}

class ReindexTest : public testing::Test {
 protected:
  ReindexTest() : recording_(root()) { recording_.create_sequence(); }

  fs::path root() const { return directory_.path() / "store"; }

  static std::vector<Row> rows_from(int64_t first, int64_t count) {
    std::vector<Row> rows;
    for (int64_t i = first; i < first + count; ++i) rows.push_back({i, i});
    return rows;
  }

  // A topic with as many chunks as there are counts.
  void record(const std::string& topic, const std::vector<int64_t>& chunk_rows) {
    int64_t first = 0;
    for (const int64_t rows : chunk_rows) {
      const auto upload = recording_.upload(topic, /*resume=*/first > 0);
      ASSERT_THAT(upload->append(batch_of(rows_from(first, rows))), IsOk());
      upload->interrupt();
      first += rows;
    }
    ASSERT_THAT(recording_.upload(topic, /*resume=*/true)->finish(), IsOk());
  }

  void finalize() {
    ASSERT_THAT(recording_.engine().session_finalize({.session_uuid = recording_.session().uuid}),
                IsOk());
  }

  void close() { ASSERT_THAT(recording_.engine().close(), IsOk()); }

  // The topics of "drive", with their rows.
  static std::map<std::string, int64_t> topics_in(const fs::path& root) {
    std::map<std::string, int64_t> topics;
    const auto catalog =
        catalog::open_sqlite_catalog(root / "catalog.sqlite", {.read_only = true}).ValueOrDie();
    const auto tree = catalog->find_sequence("drive");
    if (!tree.ok()) return topics;
    for (const auto& topic : tree->topics) topics[topic.name] = topic.rows;
    return topics;
  }

  const TemporaryDirectory directory_;
  Recording recording_;
};

using Topics = std::map<std::string, int64_t>;

TEST_F(ReindexTest, RefusesWhereACatalogIs) {
  close();
  EXPECT_THAT(reindex_directory(root(), {}), FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(reindex_directory(root() / "nowhere", {}), FailsAs(ErrorKind::NotFound));
  const auto lock = DirectoryLock::take(root()).ValueOrDie();
  EXPECT_THAT(reindex_directory(root(), {}), FailsAs(ErrorKind::Locked));
}

TEST_F(ReindexTest, KeepsTheCatalogThatItReplaces) {
  record("imu", {5});
  catalog::ApiKey key;
  key.fingerprint = "0123456789abcdef";
  key.token_hash = std::string(32, 'x');
  key.description = "robot 7";
  ASSERT_THAT(recording_.context().catalog->create_api_key(key), IsOk());
  close();
  const json known = knowledge_in(root());
  ReindexRequest request;
  request.force = true;
  ASSERT_OK_AND_ASSIGN(const auto summary, reindex_directory(root(), request));
  EXPECT_THAT(summary.kept_catalog, testing::StartsWith("catalog.sqlite.kept-"));
  EXPECT_EQ(knowledge_in(root()), known);
  {
    Recording again(root());
    const auto keys = again.context().catalog->list_api_keys().ValueOrDie();
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].description, "robot 7");
  }
  EXPECT_EQ(summary.notes, 0);
  for (const char* log : {"catalog.sqlite-wal", "catalog.sqlite-shm"}) fs::remove(root() / log);
  fs::rename(root() / summary.kept_catalog, root() / "catalog.sqlite");
  EXPECT_EQ(knowledge_in(root()), known);
}

TEST_F(ReindexTest, ReplacesACatalogThatIsNoneAnyMore) {
  record("imu", {5});
  close();
  const json known = knowledge_in(root());
  std::ofstream(root() / "catalog.sqlite") << std::string(5000, 'x');
  reindex(root(), /*force=*/true);
  EXPECT_EQ(knowledge_in(root()), known);
}

TEST_F(ReindexTest, ADirectoryWithoutItsCatalogIsNotOpened) {
  record("imu", {5});
  close();
  lose_catalog(root());
  for (const bool read_only : {false, true}) {
    EngineOptions options;
    options.read_only = read_only;
    const auto opened = open_directory(root(), options);
    EXPECT_THAT(opened, FailsAs(ErrorKind::Corrupt));
    EXPECT_THAT(opened.status().message(), HasSubstr("reindex"));
  }
  EXPECT_FALSE(fs::exists(root() / "catalog.sqlite"));
  reindex(root());
  EXPECT_THAT(open_directory(root(), {}), IsOk());
}

TEST_F(ReindexTest, ChunksTellWhatAManifestWould) {
  record("imu", {5, 7});
  finalize();
  close();
  lose_catalog(root());
  std::ofstream(root() / "data/drive@1/manifest.json") << "{\"format\":1,";
  EXPECT_THAT(reindex(root()), testing::ElementsAre(HasSubstr("the manifest cannot be read")));
  EXPECT_EQ(topics_in(root()), (Topics{{"imu", 12}}));
  EXPECT_TRUE(fs::exists(root() / "set-aside/data/drive@1/manifest.json"));
  lose_catalog(root());
  EXPECT_THAT(reindex(root()), testing::ElementsAre(HasSubstr("it has no manifest")));
  Recording again(root());
  EXPECT_EQ(again.read("imu"), rows_from(0, 12));
  const auto tree = again.context().catalog->find_sequence("drive").ValueOrDie();
  EXPECT_EQ(tree.sequence.user_metadata, (json{{"car", 7}}));
  EXPECT_EQ(tree.topics[0].state, catalog::TopicState::Interrupted);
  EXPECT_THAT(again.engine().session_claim(
                  {.sequence = "drive", .topic = {}, .session = tree.sessions[0].ulid}),
              IsOk());
}

TEST_F(ReindexTest, RowsInAJournalAloneComeBack) {
  // A crash within the second in which no manifest names the topic yet.
  const auto upload = recording_.upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 9))), IsOk());
  ASSERT_TRUE(durable.wait_for(9));
  const fs::path crashed = directory_.path() / "crashed";
  fs::copy(root(), crashed, fs::copy_options::recursive);
  fs::remove_all(crashed / "data");
  lose_catalog(crashed);
  reindex(crashed);
  Recording again(crashed);
  EXPECT_EQ(again.read("imu"), rows_from(0, 9));
}

TEST_F(ReindexTest, AMergedChunkIsThereOnce) {
  record("imu", {5, 7});
  const TemporaryDirectory other;
  Recording merged(other.path());
  merged.create_sequence();
  const auto upload = merged.upload("imu");
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 12))), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  for (const std::string& path : merged.files(".parquet")) {
    fs::copy_file(other.path() / path, root() / path);
  }
  close();
  lose_catalog(root());
  EXPECT_THAT(reindex(root()), testing::IsEmpty());
  Recording again(root());
  EXPECT_EQ(again.describe("imu").chunks, 1);
  EXPECT_EQ(again.read("imu"), rows_from(0, 12));
  EXPECT_EQ(again.files(".parquet").size(), 1U) << "the others went when it was opened";
}

TEST_F(ReindexTest, SaysWhichRowsAreMissingAndKeepsTheRest) {
  record("imu", {5, 7, 9});
  finalize();
  close();
  lose_catalog(root());
  const auto chunks = recording_.files(".parquet");
  std::ofstream(root() / chunks[1]) << "no Parquet";
  EXPECT_THAT(reindex(root()),
              testing::ElementsAre(HasSubstr(chunks[1] + ": set aside: it cannot be read"),
                                   HasSubstr("7 rows are missing, from 5 on"),
                                   HasSubstr("tells of 21 rows, and 14 are there")));
  EXPECT_TRUE(fs::exists(root() / "set-aside" / chunks[1]));
  Recording again(root());
  auto rows = rows_from(0, 5);
  for (const Row& row : rows_from(12, 9)) rows.push_back(row);
  EXPECT_EQ(again.read("imu"), rows);
}

TEST_F(ReindexTest, NothingComesBackWhereverADeletionBreaksOff) {
  record("imu", {5, 7});
  record("gps", {3});
  close();
  const auto drop_topic = [](Engine& engine) {
    return engine.topic_delete(Recording::topic("imu"));
  };
  const auto drop_sequence = [](Engine& engine) {
    return engine.sequence_delete(Recording::sequence());
  };
  const Topics all = {{"gps", 3}, {"imu", 12}};
  for (const bool whole : {false, true}) {
    const Topics rest = whole ? Topics{} : Topics{{"gps", 3}};
    int gone = 0;
    for (int call = 0; call < 12; ++call) {
      SCOPED_TRACE("the store fails from call " + std::to_string(call) + " on");
      const fs::path root_now = directory_.path() / "now";
      fs::remove_all(root_now);
      fs::copy(root(), root_now, fs::copy_options::recursive);
      const auto plan = std::make_shared<FaultPlan>();
      {
        Recording recording(root_now, {}, [&](auto store) {
          return std::make_unique<FaultyStore>(std::move(store), plan);
        });
        plan->fail(call, 1000, ErrorKind::Io);
        EXPECT_THAT(whole ? drop_sequence(recording.engine()) : drop_topic(recording.engine()),
                    IsOk());
        EXPECT_THAT(recording.engine().close(), IsOk());
      }
      const fs::path reopened = directory_.path() / "reopened";
      fs::remove_all(reopened);
      fs::copy(root_now, reopened, fs::copy_options::recursive);
      lose_catalog(root_now);
      reindex(root_now);
      const Topics after = topics_in(root_now);
      EXPECT_TRUE(after == all || after == rest) << testing::PrintToString(after);
      gone += after == rest ? 1 : 0;
      Recording settled(root_now);
      EXPECT_THAT(settled.engine().close(), IsOk());
      EXPECT_EQ(topics_in(root_now), after);
      expect_no_findings(root_now);
      // Without the loss of the catalog it is gone for good.
      Recording as_ever(reopened);
      EXPECT_THAT(as_ever.engine().close(), IsOk());
      EXPECT_EQ(topics_in(reopened), rest);
      expect_no_findings(reopened);
      lose_catalog(reopened);
      reindex(reopened);
      EXPECT_EQ(topics_in(reopened), rest);
    }
    EXPECT_GT(gone, 5) << "the tombstone comes first";
  }
}

TEST_F(ReindexTest, ATombstoneDoesNotKillWhatTheCatalogNames) {
  record("imu", {5});
  close();
  fs::create_directories(root() / "tombstones");
  std::ofstream(root() / "tombstones/01ARZ3NDEKTSV4RRFFQ69G5FAV.json")
      << R"({"format":1,"paths":["data/drive@1"]})";
  Recording again(root());
  EXPECT_EQ(again.read("imu"), rows_from(0, 5));
  EXPECT_TRUE(fs::is_empty(root() / "tombstones"));
}

TEST_F(ReindexTest, EndsWhenItsCallerSaysSoAndChangesNothing) {
  record("imu", {5});
  close();
  ReindexRequest request;
  request.force = true;
  request.on_progress = [](double, int64_t) { return core::error(ErrorKind::Cancelled, "enough"); };
  const json known = knowledge_in(root());
  EXPECT_THAT(reindex_directory(root(), request), FailsAs(ErrorKind::Cancelled));
  EXPECT_EQ(knowledge_in(root()), known);
}

}  // namespace
}  // namespace mosaico::engine
