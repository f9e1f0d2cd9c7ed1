#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "engine/compaction/upkeep.hpp"
#include "engine/ingest/topic_upload.hpp"
#include "engine/recording.hpp"
#include "engine/reindex/reindex.hpp"
#include "engine/search/topic_search.hpp"
#include "engine/sound_directory.hpp"
#include "faults/faulty_catalog.hpp"
#include "faults/faulty_store.hpp"
#include "protocol/temporal_filter.hpp"
#include "support/temporary_directory.hpp"

// Small chunks become large ones while everything goes on, and no reader sees a difference.
namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

// Times that repeat a lot and go to and fro.
std::vector<Row> random_rows(std::mt19937& random, int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) {
    rows.push_back({std::uniform_int_distribution<int64_t>(0, 12)(random) + i / 20, i});
  }
  return rows;
}

void expect_sound(const fs::path& root) { EXPECT_GT(expect_no_findings(root).sequences, 0); }

class CompactionTest : public testing::Test {
 protected:
  CompactionTest() {
    recording_ = std::make_unique<Recording>(root(), without_compaction());
    recording_->create_sequence();
  }

  fs::path root() const { return directory_.path() / "store"; }

  // As many small chunks, each from an upload that is broken off; all rows of the topic so far.
  void record(const std::string& topic, int chunks) {
    for (int i = 0; i < chunks; ++i) {
      auto& rows = rows_[topic];
      const auto upload = recording_->upload(topic, /*resume=*/!rows.empty());
      const auto more = random_rows(random_, std::ssize(rows), 1 + i % 7);
      ASSERT_THAT(upload->append(batch_of(more)), IsOk());
      upload->interrupt();
      rows.insert(rows.end(), more.begin(), more.end());
    }
  }
  void finish(const std::string& topic) {
    ASSERT_THAT(recording_->upload(topic, /*resume=*/true)->finish(), IsOk());
  }

  std::vector<Row> rows(const std::string& topic) { return in_time_order(rows_[topic]); }

  void reopen(const EngineOptions& options) {
    ASSERT_THAT(recording_->engine().close(), IsOk());
    recording_ = nullptr;
    recording_ = std::make_unique<Recording>(root(), options);
  }

  // What compacts beside an engine that does not do so itself.
  std::shared_ptr<Upkeep> start_upkeep() {
    auto ingest = std::make_shared<Ingest>(recording_->context_pointer(), [](const auto&) {});
    auto upkeep = std::make_shared<Upkeep>(recording_->context_pointer(), ingest,
                                           Upkeep::Tasks{.compacts = true, .chunk_age = {}});
    upkeep->start();
    upkeep->wait_until_idle();
    return upkeep;
  }

  Engine::OpenScan open_scan(const std::string& topic, bool follow = false) {
    protocol::ReadDescriptor descriptor;
    descriptor.locator = Recording::topic(topic);
    descriptor.follow = follow;
    const auto discovery = recording_->engine().discover(descriptor).ValueOrDie();
    const auto ticket = protocol::Ticket::parse(discovery.endpoints.at(0).ticket).ValueOrDie();
    return recording_->engine().scan(ticket).ValueOrDie();
  }

  const TemporaryDirectory directory_;
  std::unique_ptr<Recording> recording_;
  std::mt19937 random_{7};  // NOLINT(bugprone-random-generator-seed): the same rows each time.
  std::map<std::string, std::vector<Row>> rows_;
};

TEST_F(CompactionTest, AStoreOfOnlySmallChunksHealsItself) {
  record("imu", 150);
  record("gps", 40);
  record("alone", 1);
  for (const char* topic : {"imu", "gps", "alone"}) finish(topic);
  ASSERT_THAT(recording_->engine().session_finalize({.session_uuid = recording_->session().uuid}),
              IsOk());
  const auto before = recording_->describe("imu");
  ASSERT_EQ(before.chunks, 150);

  reopen({});
  recording_->engine_impl().upkeep().wait_until_idle();
  const auto after = recording_->describe("imu");
  EXPECT_EQ(after.chunks, 1);
  EXPECT_EQ(after.rows, before.rows);
  EXPECT_EQ(after.bytes, before.bytes) << "the size of a locked topic never changes";
  EXPECT_EQ(after.interval, before.interval);
  EXPECT_EQ(recording_->describe("gps").chunks, 1);
  EXPECT_EQ(recording_->describe("alone").chunks, 1);
  EXPECT_EQ(recording_->files(".parquet").size(), 3U);
  EXPECT_TRUE(recording_->context().catalog->tombstones().ValueOrDie().empty());
  for (const char* topic : {"imu", "gps", "alone"}) EXPECT_EQ(recording_->read(topic), rows(topic));
  ASSERT_THAT(recording_->engine().close(), IsOk());
  expect_sound(root());
}

TEST_F(CompactionTest, LeavesADamagedFileAsItIs) {
  record("imu", 10);
  finish("imu");
  const auto files = recording_->files(".parquet");
  ASSERT_EQ(files.size(), 10U);
  {
    std::fstream damaged(root() / files[4], std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(20);
    damaged.put('\x7f');
  }
  reopen({});
  recording_->engine_impl().upkeep().wait_until_idle();
  EXPECT_EQ(recording_->files(".parquet").size(), files.size());
  EXPECT_EQ(recording_->describe("imu").chunks, 10);
}

TEST_F(CompactionTest, StopsAtTheSizeOfAChunk) {
  record("imu", 60);
  finish("imu");
  EngineOptions options;
  options.chunk_rows = 50;
  reopen(options);
  recording_->engine_impl().upkeep().wait_until_idle();
  const auto count = std::ssize(rows("imu"));
  const auto description = recording_->describe("imu");
  EXPECT_GE(description.chunks, count / 50);
  EXPECT_LE(description.chunks, 2 * count / 50 + 1);
  EXPECT_EQ(recording_->read("imu"), rows("imu"));
}

TEST_F(CompactionTest, KeepsInsideItsMemory) {
  record("imu", 60);
  finish("imu");
  EngineOptions options;
  options.compaction_memory_bytes = recording_->describe("imu").bytes / 2;
  reopen(options);
  recording_->engine_impl().upkeep().wait_until_idle();
  EXPECT_LE(recording_->context().compaction_memory.peak(), options.compaction_memory_bytes);
  EXPECT_GT(recording_->describe("imu").chunks, 5);
  EXPECT_LT(recording_->describe("imu").chunks, 40);
  EXPECT_EQ(recording_->read("imu"), rows("imu"));
}

TEST_F(CompactionTest, LeavesTheFilesToThoseWhoReadThem) {
  record("imu", 30);
  finish("imu");
  auto scan = open_scan("imu");
  const auto upkeep = start_upkeep();
  EXPECT_EQ(recording_->describe("imu").chunks, 1);
  EXPECT_EQ(recording_->files(".parquet").size(), 31U) << "the scan has opened none of them yet";
  EXPECT_EQ(recording_->read("imu"), rows("imu")) << "of the new one";

  std::vector<Row> got;
  while (const auto batch = scan.scan->next().ValueOrDie()) {
    for (const Row& row : rows_of(*batch)) got.push_back(row);
  }
  EXPECT_EQ(got, rows("imu"));
  scan.scan.reset();
  upkeep->wait_until_idle();
  EXPECT_EQ(recording_->files(".parquet").size(), 1U);
  EXPECT_TRUE(recording_->context().catalog->tombstones().ValueOrDie().empty());
}

TEST_F(CompactionTest, AQueryGoesOnWithTheChunksItPlanned) {
  record("imu", 30);
  finish("imu");
  const auto filter =
      protocol::TopicFilter::from_json({{"locator", "drive/imu"},
                                        {"clustering_dt_ns", 10},
                                        {"ontology", {{"Row.number", {{"$geq", 0}}}}}})
          .ValueOrDie();
  const auto topic = recording_->context().catalog->find_topic("drive", "imu").ValueOrDie();
  const catalog::FoundTopic found{"drive", topic.id, topic.name, topic.ontology_tag};
  ConditionBinder binder(filter.ontology.front().columns, /*with_times=*/true);
  auto searches =
      TopicSearch::plan(recording_->context(), {&found, 1}, filter.window, binder).ValueOrDie();
  auto search = std::move(searches.front()).ValueOrDie();
  searches.clear();
  const auto upkeep = start_upkeep();
  EXPECT_EQ(recording_->describe("imu").chunks, 1);
  const SearchRun run(recording_->context(), {});
  int64_t rows_found = 0;
  for (size_t part = 0; part < search->parts(); ++part) {
    ASSERT_THAT(search->search(run, part, {},
                               [&](const auto& batch, const query::RowMask&) -> Result<bool> {
                                 rows_found += batch.num_rows();
                                 return true;
                               }),
                IsOk());
  }
  EXPECT_EQ(rows_found, std::ssize(rows("imu")));
  search.reset();
  upkeep->wait_until_idle();
  EXPECT_EQ(recording_->files(".parquet").size(), 1U);
}

TEST_F(CompactionTest, AnotherProcessRemovesWhatWasLeft) {
  record("imu", 10);
  finish("imu");
  const auto scan = open_scan("imu");
  start_upkeep()->close();
  const fs::path crashed = directory_.path() / "crashed";
  fs::copy(root(), crashed, fs::copy_options::recursive);
  expect_sound(crashed);
  Recording again(crashed, without_compaction());
  EXPECT_EQ(again.files(".parquet").size(), 1U);
  EXPECT_EQ(again.read("imu"), rows("imu"));
}

TEST_F(CompactionTest, AFollowerGetsEachRowOnce) {
  record("imu", 6);
  auto follower = open_scan("imu", /*follow=*/true);
  std::vector<int64_t> got;
  const auto read_until = [&](size_t count) {
    while (got.size() < count) {
      const auto batch = follower.scan->next().ValueOrDie();
      ASSERT_NE(batch, nullptr);
      for (const Row& row : rows_of(*batch)) got.push_back(row.number);
    }
  };
  const auto upkeep = start_upkeep();
  for (int round = 0; round < 6; ++round) {
    record("imu", 6);
    upkeep->wait_until_idle();
    read_until(rows_["imu"].size());
    recording_->context().compaction.add(
        recording_->context().catalog->find_topic("drive", "imu").ValueOrDie().id);
    upkeep->wait_until_idle();
  }
  EXPECT_LT(recording_->describe("imu").chunks, 20) << "what it has had is put together";
  finish("imu");
  EXPECT_EQ(follower.scan->next().ValueOrDie(), nullptr);
  std::sort(got.begin(), got.end());
  ASSERT_EQ(got.size(), rows_["imu"].size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], static_cast<int64_t>(i));
}

TEST_F(CompactionTest, IsWholeWhereverTheStoreFails) {
  record("imu", 12);
  record("gps", 5);
  finish("imu");
  finish("gps");
  ASSERT_THAT(recording_->engine().close(), IsOk());
  int merged = 0;
  int calls = 1;
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE("call " + std::to_string(call) + " of the store fails");
    const fs::path now = directory_.path() / "now";
    fs::remove_all(now);
    fs::copy(root(), now, fs::copy_options::recursive);
    const auto plan = std::make_shared<FaultPlan>();
    plan->fail(call, call % 3 == 0 ? 1 : 1000, ErrorKind::Io);
    {
      Recording recording(now, {}, [&](auto store) {
        return std::make_unique<FaultyStore>(std::move(store), plan);
      });
      recording.engine_impl().upkeep().wait_until_idle();
      for (const char* topic : {"imu", "gps"}) EXPECT_EQ(recording.read(topic), rows(topic));
      merged += recording.describe("imu").chunks == 1 ? 1 : 0;
      EXPECT_THAT(recording.engine().close(), IsOk());
    }
    calls = std::max(calls, std::min(plan->calls() + 1, 60));
    expect_sound(now);
    // What a lost catalog would find there is the same.
    const fs::path lost = directory_.path() / "lost";
    fs::remove_all(lost);
    fs::copy(now, lost, fs::copy_options::recursive);
    for (const char* name : {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"}) {
      fs::remove(lost / name);
    }
    ASSERT_THAT(reindex_directory(lost, {}), IsOk());
    for (const fs::path& place : {now, lost}) {
      Recording again(place, EngineOptions());
      again.engine_impl().upkeep().wait_until_idle();
      for (const char* topic : {"imu", "gps"}) {
        EXPECT_EQ(again.read(topic), rows(topic));
        EXPECT_EQ(again.describe(topic).chunks, 1);
      }
      EXPECT_EQ(again.files(".parquet").size(), 2U);
      EXPECT_THAT(again.engine().close(), IsOk());
      expect_sound(place);
    }
  }
  EXPECT_GT(merged, 0);
  EXPECT_GT(calls, 10);
}

TEST_F(CompactionTest, GoesOnBesideWritersReadersAndDeletions) {
  EngineOptions options;
  options.chunk_age = std::chrono::milliseconds(1);
  options.group_commit = std::chrono::milliseconds(1);
  options.allow_delete_finalized = true;
  reopen(options);
  Engine& engine = recording_->engine();
  ASSERT_THAT(engine.sequence_create({.sequence = "race", .user_metadata = {}}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto session,
                       engine.session_create({.sequence = "race", .topic = {}, .session = {}}));
  const auto write = [&](int number) {
    protocol::TopicCreate request;
    request.session_uuid = session.uuid;
    request.locator = {.sequence = "race", .topic = "t" + std::to_string(number), .session = {}};
    request.serialization_format = "default";
    request.ontology_tag = "Row";
    protocol::PutDescriptor descriptor;
    descriptor.topic = request.locator;
    descriptor.topic_uuid = engine.topic_create(request).ValueOrDie().uuid;
    const auto upload = engine.upload(descriptor, row_schema()).ValueOrDie();
    std::mt19937 random(static_cast<uint32_t>(number));
    std::vector<Row> all;
    for (int i = 0; i < 40; ++i) {
      const auto more = random_rows(random, std::ssize(all), 3);
      ASSERT_THAT(upload->append(batch_of(more)), IsOk());
      all.insert(all.end(), more.begin(), more.end());
      protocol::Ticket ticket;
      ticket.topic = descriptor.topic;
      ticket.topic_id = static_cast<int64_t>(
          recording_->context().catalog->find_topic("race", request.locator.topic).ValueOrDie().id);
      const auto open = engine.scan(ticket).ValueOrDie();
      std::vector<Row> got;
      while (const auto batch = open.scan->next().ValueOrDie()) {
        for (const Row& row : rows_of(*batch)) got.push_back(row);
      }
      // What is durable by now: the first rows, each once and in order.
      std::vector<Row> wanted = all;
      wanted.resize(got.size());
      ASSERT_EQ(got, in_time_order(wanted));
    }
    ASSERT_THAT(upload->finish(), IsOk());
    if (number % 2 == 0) {
      ASSERT_THAT(engine.topic_delete(request.locator), IsOk());
    }
  };
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) writers.emplace_back(write, i);
  for (std::thread& writer : writers) writer.join();
  recording_->engine_impl().upkeep().wait_until_idle();
  ASSERT_THAT(engine.close(), IsOk());
  expect_sound(root());
}

TEST(Sealing, MakesAChunkOfATailThatIsOldEnough) {
  using Time = std::chrono::steady_clock::time_point;
  const TemporaryDirectory directory;
  Recording recording(directory.path(), without_compaction());
  recording.create_sequence();
  const auto ingest = std::make_shared<Ingest>(recording.context_pointer(), [](const auto&) {});
  protocol::PutDescriptor descriptor;
  descriptor.topic = Recording::topic("imu");
  descriptor.topic_uuid = recording.create_topic("imu");
  const auto upload = ingest->begin(descriptor, row_schema()).ValueOrDie();
  ingest->seal_older_than(Time::max());
  const Time before = std::chrono::steady_clock::now();
  ASSERT_THAT(upload->append(*batch_of({{1, 0}})), IsOk());
  ASSERT_THAT(upload->append(*batch_of({{2, 1}})), IsOk());
  ingest->seal_older_than(before);
  EXPECT_GT(upload->memory().tail, 0) << "its first row is younger";
  ingest->seal_older_than(Time::max());
  EXPECT_EQ(upload->memory().tail, 0);
  ASSERT_THAT(upload->append(*batch_of({{3, 2}})), IsOk());
  EXPECT_GT(upload->memory().tail, 0) << "a new tail has an age of its own";
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording.describe("imu").chunks, 2);
  EXPECT_EQ(recording.read("imu"), (std::vector<Row>{{1, 0}, {2, 1}, {3, 2}}));
  ingest->close();
}

TEST(Sealing, HappensByItselfWhenASettingAsksForIt) {
  const TemporaryDirectory directory;
  EngineOptions options = without_compaction();
  options.chunk_age = std::chrono::milliseconds(5);
  Recording recording(directory.path(), options);
  recording.create_sequence();
  const auto upload = recording.upload("imu");
  ASSERT_THAT(upload->append(batch_of({{1, 0}})), IsOk());
  while (recording.context().catalog->find_topic("drive", "imu").ValueOrDie().chunks == 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(recording.read("imu"), (std::vector<Row>{{1, 0}}));
}

}  // namespace
}  // namespace mosaico::engine
