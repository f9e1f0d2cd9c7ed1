#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/compaction/upkeep.hpp"
#include "engine/recording.hpp"
#include "engine/reindex/reindex.hpp"
#include "engine/sound_directory.hpp"
#include "faults/faulty_catalog.hpp"
#include "faults/faulty_store.hpp"
#include "faults/simulated_disk.hpp"
#include "support/temporary_directory.hpp"

// Small chunks are put together on a disk that fails or loses its power: there are the old chunks
// or the new one, and every row once.
namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, int> kChunks = {{"imu", 5}, {"gps", 3}};

// Mostly ascending, with ties and rows that come late, so that chunks overlap.
std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) {
    rows.push_back({.timestamp_ns = i / 3 - (i % 7 == 0 ? 20 : 0), .number = i});
  }
  return rows;
}

constexpr int64_t kRowsOfChunk = 5;

std::vector<Row> all_rows(const std::string& topic) {
  return in_time_order(rows_from(0, kRowsOfChunk * kChunks.at(topic)));
}

EngineOptions options_of(bool compaction) {
  EngineOptions options;
  options.compaction = compaction;
  options.compaction_retry = std::chrono::milliseconds(1);
  options.min_free_bytes = 0;
  return options;
}

// A store of only small chunks: each is of an upload that was broken off.
void record_small_chunks(const fs::path& root) {
  Recording recording(root, options_of(/*compaction=*/false));
  recording.create_sequence();
  for (const auto& [topic, chunks] : kChunks) {
    for (int i = 0; i < chunks; ++i) {
      const auto upload = recording.upload(topic, /*resume=*/i > 0);
      ASSERT_THAT(upload->append(batch_of(rows_from(i * kRowsOfChunk, kRowsOfChunk))), IsOk());
      upload->interrupt();
    }
    ASSERT_THAT(recording.upload(topic, /*resume=*/true)->finish(), IsOk());
  }
  ASSERT_THAT(recording.engine().session_finalize({recording.session().uuid}), IsOk());
  ASSERT_THAT(recording.engine().close(), IsOk());
}

void expect_sound(const fs::path& root) { EXPECT_EQ(expect_no_findings(root).sequences, 1); }

// Whether all is merged; every topic has its old chunks or one, and all its rows.
bool expect_old_or_new(Recording& recording) {
  bool merged = true;
  size_t chunks = 0;
  for (const auto& [topic, old_chunks] : kChunks) {
    EXPECT_EQ(recording.read(topic), all_rows(topic)) << topic;
    const int64_t now = recording.describe(topic).chunks;
    EXPECT_TRUE(now == 1 || now == old_chunks) << topic << " has " << now << " chunks";
    merged = merged && now == 1;
    chunks += static_cast<size_t>(now);
  }
  EXPECT_EQ(recording.files(".parquet").size(), chunks) << "no file is left over";
  return merged;
}

// The same in a directory as it was left, which verify finds sound. Gives whether all was merged.
bool check_left(const fs::path& root) {
  bool merged = false;
  {
    Recording recording(root, options_of(/*compaction=*/false));
    merged = expect_old_or_new(recording);
    EXPECT_THAT(recording.engine().close(), IsOk());
  }
  expect_sound(root);
  return merged;
}

void lose_catalog(const fs::path& root) {
  for (const char* name : {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"}) {
    fs::remove(root / name);
  }
  ASSERT_THAT(reindex_directory(root, {}), IsOk());
}

TEST(CompactionCuts, LeaveTheOldChunksOrTheNewOne) {
  const TemporaryDirectory directory;
  const fs::path root = directory.path() / "store";
  record_small_chunks(root);
  std::vector<DiskImage> moments;
  {
    EngineOptions options = options_of(/*compaction=*/true);
    const auto disk = std::make_shared<SimulatedDisk>(root);
    options.files = disk;
    disk->observe([&](int64_t, const DiskImage& image) { moments.push_back(image); });
    Recording recording(root, options);
    recording.engine_impl().upkeep().wait_until_idle();
    disk->observe(nullptr);
    EXPECT_TRUE(expect_old_or_new(recording));
    EXPECT_THAT(recording.engine().close(), IsOk());
  }
  ASSERT_GT(moments.size(), 20U);
  DiskImage::Random random(moments.size());
  int merged = 0;
  int checked = 0;
  constexpr std::array kFates = {DiskImage::Fate::Lost, DiskImage::Fate::Kept,
                                 DiskImage::Fate::Mixed};
  for (size_t i = 0; i < moments.size() && !testing::Test::HasFailure(); i += 2) {
    SCOPED_TRACE(testing::Message() << "moment " << i << " of " << moments.size());
    const fs::path left = directory.path() / "left";
    const fs::path indexed = directory.path() / "indexed";
    fs::remove_all(left);
    fs::remove_all(indexed);
    moments[i].restore(left, kFates.at(i % kFates.size()), random);
    fs::copy(left, indexed, fs::copy_options::recursive);
    merged += check_left(left) ? 1 : 0;
    ++checked;
    // A catalog that is made again of what lies there, files of both kinds included.
    if (i % 8 != 0) continue;
    lose_catalog(indexed);
    check_left(indexed);
  }
  EXPECT_GT(merged, 0);
  EXPECT_LT(merged, checked);
}

enum class Where { Files, Store, Catalog };

// `count` calls from one on fail: from each `step`-th, the `first` to begin with.
struct Calls {
  Where where;
  int count;
  int first;
  int step;
};

class CompactionFaults : public testing::TestWithParam<Calls> {
 protected:
  CompactionFaults() { record_small_chunks(prepared_.path() / "store"); }

  void open(const fs::path& root) {
    const Where where = GetParam().where;
    EngineOptions options = options_of(/*compaction=*/false);
    disk_ = where == Where::Files ? std::make_shared<SimulatedDisk>(root, plan_) : nullptr;
    options.files = disk_;
    recording_ = std::make_unique<Recording>(
        root, options,
        [&](auto store) -> std::unique_ptr<store::Store> {
          if (where != Where::Store) return store;
          return std::make_unique<FaultyStore>(std::move(store), plan_, FaultyStore::Reads::Fail);
        },
        [&](auto catalog) -> std::unique_ptr<catalog::Catalog> {
          if (where != Where::Catalog) return catalog;
          return std::make_unique<FaultyCatalog>(std::move(catalog), plan_);
        });
  }

  bool is_merged() {
    for (const auto& [topic, old_chunks] : kChunks) {
      if (recording_->describe(topic).chunks != 1) return false;
    }
    return true;
  }

  // Calls from `call` on fail while chunks are put together; whether there were so many.
  bool fail_from(int call, int count) {
    const TemporaryDirectory directory;
    const fs::path root = directory.path() / "store";
    fs::copy(prepared_.path() / "store", root, fs::copy_options::recursive);
    open(root);
    auto ingest = std::make_shared<Ingest>(recording_->context_pointer(), [](const auto&) {});
    auto upkeep = std::make_shared<Upkeep>(recording_->context_pointer(), ingest,
                                           Upkeep::Tasks{.compacts = true, .chunk_age = {}});
    plan_->fail(call, count, ErrorKind::Io);
    upkeep->start();
    upkeep->wait_until_idle();
    const bool reached = plan_->was_reached();
    plan_->fail(0, 0);
    for (const auto& [topic, chunks] : kChunks) {
      EXPECT_EQ(recording_->read(topic), all_rows(topic)) << topic;
    }
    while (!is_merged()) std::this_thread::yield();  // It tries again by itself.
    upkeep->wait_until_idle();
    upkeep->close();
    EXPECT_THAT(recording_->engine().close(), IsOk());
    upkeep.reset();
    ingest.reset();
    recording_.reset();
    EXPECT_TRUE(check_left(root));
    if (call % 4 == 0) {
      lose_catalog(root);
      EXPECT_TRUE(check_left(root));
    }
    return reached;
  }

  const TemporaryDirectory prepared_;
  const std::shared_ptr<FaultPlan> plan_ = std::make_shared<FaultPlan>();
  std::shared_ptr<SimulatedDisk> disk_;  // Outlives the recording.
  std::unique_ptr<Recording> recording_;
};

constexpr int kAll = 1'000'000;

TEST_P(CompactionFaults, KeepTheOldChunksUntilItWorks) {
  const Calls calls = GetParam();
  bool reached = true;
  int call = calls.first;
  for (; reached && !HasFailure(); call += calls.step) {
    SCOPED_TRACE(testing::Message() << calls.count << " calls fail from call " << call << " on");
    reached = fail_from(call, calls.count);
  }
  RecordProperty("calls", call);
  EXPECT_GT(call, 8);
}

INSTANTIATE_TEST_SUITE_P(Of, CompactionFaults,
                         testing::Values(Calls{Where::Files, 1, 0, 4}, Calls{Where::Files, 1, 1, 4},
                                         Calls{Where::Files, 1, 2, 4}, Calls{Where::Files, 1, 3, 4},
                                         Calls{Where::Files, kAll, 0, 5},
                                         Calls{Where::Store, 1, 0, 2}, Calls{Where::Store, 1, 1, 2},
                                         Calls{Where::Store, kAll, 0, 3},
                                         Calls{Where::Catalog, 1, 0, 1},
                                         Calls{Where::Catalog, kAll, 0, 2}));

}  // namespace
}  // namespace mosaico::engine
