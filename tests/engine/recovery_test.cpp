#include "engine/ingest/recovery.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include "engine/ingest/journal.hpp"
#include "faults/faulty_store.hpp"
#include "recording.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) rows.push_back({.timestamp_ns = -i, .number = i});
  return rows;
}

// What a crash would leave: a copy of the directory as it lay there at one moment. A copy during
// which something changed is of no moment at all, and is made again.
class Crash {
 public:
  explicit Crash(const fs::path& root) {
    while (true) {
      const auto before = state_of(root);
      std::error_code moved_away;
      fs::copy(root, path(), fs::copy_options::recursive, moved_away);
      if (!moved_away && state_of(root) == before) return;
      fs::remove_all(path());
    }
  }
  fs::path path() const { return copy_.path() / "store"; }

 private:
  using State = std::map<fs::path, std::pair<uintmax_t, fs::file_time_type>>;

  static State state_of(const fs::path& root) {
    State state;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      std::error_code gone;
      state[entry.path()] = {entry.is_regular_file(gone) ? entry.file_size(gone) : 0,
                             entry.last_write_time(gone)};
    }
    return state;
  }

  const TemporaryDirectory copy_;
};

bool journal_is_empty(const fs::path& root) { return fs::is_empty(root / "journal"); }

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() : recording_(directory_.path()) { recording_.create_sequence(); }

  // An upload with so many durable rows.
  std::unique_ptr<Upload> upload_rows(const std::string& topic, int64_t count) {
    auto upload = recording_.upload(topic);
    DurableRows durable(*upload);
    for (int64_t i = 0; i < count; i += 2) {
      EXPECT_THAT(upload->append(batch_of(rows_from(i, std::min<int64_t>(2, count - i)))), IsOk());
    }
    EXPECT_TRUE(durable.wait_for(count));
    upload->on_durable(nullptr);
    return upload;
  }

  const TemporaryDirectory directory_;
  Recording recording_;
};

TEST_F(RecoveryTest, turns_journals_into_chunks_and_lets_uploads_go_on) {
  const auto imu = upload_rows("imu", 7);
  const auto gps = upload_rows("gps", 4);
  const auto idle = recording_.upload("idle");
  const Crash crash(directory_.path());

  Recording recovered(crash.path());
  EXPECT_EQ(recovered.read("imu"), in_time_order(rows_from(0, 7)));
  EXPECT_EQ(recovered.read("gps"), in_time_order(rows_from(0, 4)));
  EXPECT_TRUE(recovered.read("idle").empty());
  EXPECT_TRUE(journal_is_empty(crash.path()));
  EXPECT_EQ(recovered.describe("imu").chunks, 1);

  ASSERT_OK_AND_ASSIGN(auto resumed,
                       recovered.try_upload("imu", recording_.uuid("imu"), /*resume=*/true));
  EXPECT_EQ(resumed->durable_rows(), 7);
  ASSERT_THAT(resumed->append(batch_of(rows_from(7, 2))), IsOk());
  ASSERT_THAT(resumed->finish(), IsOk());
  EXPECT_EQ(recovered.read("imu"), in_time_order(rows_from(0, 9)));
}

TEST_F(RecoveryTest, holds_every_durable_row_whenever_the_crash_comes) {
  EngineOptions options;
  options.chunk_rows = 16;
  options.group_commit = std::chrono::milliseconds(1);
  const TemporaryDirectory directory;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  auto upload = recording.upload("imu");
  for (int64_t i = 0; i < 300; ++i) {
    ASSERT_THAT(upload->append(batch_of(rows_from(i, 1))), IsOk());
    if (i % 30 != 7) continue;
    const int64_t durable = upload->durable_rows();
    const Crash crash(directory.path());
    Recording recovered(crash.path(), options);
    const auto rows = recovered.read("imu");
    ASSERT_GE(std::ssize(rows), durable);
    ASSERT_EQ(rows, in_time_order(rows_from(0, std::ssize(rows))));
  }
}

TEST_F(RecoveryTest, is_idempotent) {
  const auto upload = upload_rows("imu", 7);
  const Crash crash(directory_.path());
  for (int i = 0; i < 3; ++i) {
    Recording recovered(crash.path());
    EXPECT_EQ(recovered.read("imu"), in_time_order(rows_from(0, 7)));
    EXPECT_EQ(recovered.describe("imu").chunks, 1);
  }
}

TEST_F(RecoveryTest, takes_a_chunk_whose_journal_was_not_removed_only_once) {
  auto upload = upload_rows("imu", 6);
  const Crash before(directory_.path());
  upload->interrupt();
  const Crash after(directory_.path());
  fs::copy(before.path() / "journal", after.path() / "journal", fs::copy_options::recursive);
  Recording recovered(after.path());
  EXPECT_EQ(recovered.read("imu"), in_time_order(rows_from(0, 6)));
  EXPECT_TRUE(journal_is_empty(after.path()));
}

TEST_F(RecoveryTest, leaves_out_a_journal_behind_a_gap) {
  const auto upload = upload_rows("imu", 6);
  const Crash crash(directory_.path());
  const auto topic = recording_.context().catalog->find_topic("drive", "imu").ValueOrDie();
  ASSERT_OK_AND_ASSIGN(
      const auto segment,
      JournalSegment::create(
          (crash.path() / "journal").string(),
          {.topic = topic.id, .schema = row_schema(), .schema_bytes = topic.schema}, 10, false));
  TailBatch stray;
  stray.batch = batch_of(rows_from(10, 3));
  stray.first_row = 10;
  ASSERT_THAT(segment->append(stray), IsOk());
  Recording recovered(crash.path());
  EXPECT_EQ(recovered.read("imu"), in_time_order(rows_from(0, 6)));
  EXPECT_TRUE(journal_is_empty(crash.path()));
}

TEST_F(RecoveryTest, removes_files_and_journals_that_nobody_owns) {
  const auto upload = upload_rows("imu", 6);
  const Crash crash(directory_.path());
  const auto topic = recording_.context().catalog->find_topic("drive", "imu").ValueOrDie();
  const auto sequence = recording_.context().catalog->find_sequence("drive").ValueOrDie().sequence;
  const fs::path stray = crash.path() / (topic_folder(sequence, topic) + "/0-stray.parquet");
  fs::create_directories(stray.parent_path());
  std::ofstream(stray) << "half a chunk";
  fs::create_directories(crash.path() / "journal" / "4711");
  Recording recovered(crash.path());
  EXPECT_FALSE(fs::exists(stray));
  EXPECT_TRUE(journal_is_empty(crash.path()));
  EXPECT_EQ(recovered.files(".parquet").size(), 1U);
}

TEST_F(RecoveryTest, sweeps_what_a_deletion_left) {
  upload_rows("imu", 6)->interrupt();
  ASSERT_EQ(recording_.files(".parquet").size(), 1U);
  // The deletion got as far as the catalog.
  ASSERT_THAT(recording_.context().catalog->delete_sequence("drive", false), IsOk());
  const Crash crash(directory_.path());
  Recording recovered(crash.path());
  EXPECT_TRUE(recovered.files("").empty());
  EXPECT_TRUE(recovered.context().catalog->tombstones().ValueOrDie().empty());
}

TEST_F(RecoveryTest, changes_nothing_when_reading_only_and_shows_the_journal) {
  const auto upload = upload_rows("imu", 7);
  const Crash crash(directory_.path());
  const auto listing = [&] {
    std::map<std::string, uintmax_t> files;
    for (const auto& entry : fs::recursive_directory_iterator(crash.path())) {
      // SQLite makes its shared memory also to read.
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && !name.starts_with("catalog.sqlite-")) {
        files[entry.path()] = entry.file_size();
      }
    }
    return files;
  };
  const auto before = listing();
  {
    EngineOptions options;
    options.read_only = true;
    Recording reader(crash.path(), options);
    EXPECT_EQ(reader.read("imu"), in_time_order(rows_from(0, 7)));
    EXPECT_EQ(reader.describe("imu").rows, 7);
    EXPECT_THAT(reader.engine().sequence_delete(Recording::sequence()), FailsAs(ErrorKind::Locked));
  }
  EXPECT_EQ(listing(), before);
}

TEST_F(RecoveryTest, keeps_rows_readable_and_in_the_journal_when_the_store_is_full) {
  const auto upload = upload_rows("imu", 7);
  const Crash crash(directory_.path());
  const auto plan = std::make_shared<FaultPlan>();
  plan->fail(0, 1'000'000);
  {
    Recording full(crash.path(), {}, [&](auto store) {
      return std::make_unique<FaultyStore>(std::move(store), plan);
    });
    EXPECT_EQ(full.read("imu"), in_time_order(rows_from(0, 7)));
    EXPECT_THAT(full.try_upload("imu", recording_.uuid("imu"), true),
                FailsAs(ErrorKind::LimitExceeded));
    // Once there is room again, the upload goes on where it was.
    plan->fail(0, 0);
    ASSERT_OK_AND_ASSIGN(auto resumed, full.try_upload("imu", recording_.uuid("imu"), true));
    EXPECT_EQ(resumed->durable_rows(), 7);
    EXPECT_EQ(full.read("imu"), in_time_order(rows_from(0, 7)));
    EXPECT_THAT(resumed->finish(), IsOk());
  }
  EXPECT_TRUE(journal_is_empty(crash.path()));
}

TEST_F(RecoveryTest, leaves_the_uploads_of_others_alone_in_a_shared_catalog) {
  EngineOptions options;
  options.shared_catalog = true;
  const TemporaryDirectory directory;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  const auto ours = recording.upload("ours");
  const auto theirs = recording.upload("theirs");
  const Crash crash(directory.path());
  const auto topic = recording.context().catalog->find_topic("drive", "theirs").ValueOrDie();
  // Their journal is on another machine.
  ASSERT_THAT(remove_journal((crash.path() / "journal").string(), topic.id), IsOk());
  Recording recovered(crash.path(), options);
  const auto state = [&](const std::string& name) {
    return recovered.context().catalog->find_topic("drive", name).ValueOrDie().state;
  };
  EXPECT_EQ(state("ours"), catalog::TopicState::Interrupted);
  EXPECT_EQ(state("theirs"), catalog::TopicState::Uploading);
}

// --- Faults ---

// Records two chunks and finalizes; gives the first error.
Status record(Recording& recording, Upload& upload) {
  for (int64_t i = 0; i < 20; ++i) ARROW_RETURN_NOT_OK(upload.append(batch_of(rows_from(i, 1))));
  ARROW_RETURN_NOT_OK(upload.finish());
  return recording.engine().session_finalize({recording.session().uuid});
}

void expect_whole_or_resumable(const fs::path& root, const std::string& uuid, bool finished,
                               int64_t durable) {
  Recording recovered(root);
  const auto rows = recovered.read("imu");
  EXPECT_GE(std::ssize(rows), durable);
  EXPECT_EQ(rows, in_time_order(rows_from(0, std::ssize(rows))));
  EXPECT_TRUE(journal_is_empty(root));
  if (finished) {
    EXPECT_EQ(rows.size(), 20U);
    return;
  }
  ASSERT_OK_AND_ASSIGN(auto resumed, recovered.try_upload("imu", uuid, /*resume=*/true));
  const int64_t from = resumed->durable_rows();
  EXPECT_EQ(from, std::ssize(rows));
  if (from < 20) {
    EXPECT_THAT(resumed->append(batch_of(rows_from(from, 20 - from))), IsOk());
  }
  EXPECT_THAT(resumed->finish(), IsOk());
  EXPECT_EQ(recovered.read("imu"), in_time_order(rows_from(0, 20)));
}

TEST(StoreFaults, leave_a_topic_whole_or_resumable_wherever_they_come) {
  EngineOptions options;
  options.chunk_rows = 10;
  // One fault, and a store that does not recover before the engine closes.
  for (const int count : {1, 1'000'000}) {
    for (int fault = 0;; fault += count == 1 ? 1 : 5) {
      const TemporaryDirectory directory;
      const auto plan = std::make_shared<FaultPlan>();
      Recording recording(directory.path(), options, [&](auto store) {
        return std::make_unique<FaultyStore>(std::move(store), plan);
      });
      recording.create_sequence();
      auto upload = recording.upload("imu");
      plan->fail(fault, count);
      const Status status = record(recording, *upload);
      const int64_t durable = upload->durable_rows();
      const bool reached = plan->calls() > fault;
      upload.reset();
      // The engine goes on for others, and what is durable stays readable.
      EXPECT_GE(std::ssize(recording.read("imu")), durable);
      if (reached) {
        plan->fail(0, 0);
        EXPECT_THAT(recording.engine().sequence_create({.sequence = "other"}), IsOk());
      }
      plan->fail(0, count > 1 ? count : 0);
      EXPECT_THAT(recording.engine().close(), IsOk());
      expect_whole_or_resumable(directory.path(), recording.uuid("imu"), status.ok(), durable);
      if (!reached) break;
    }
  }
}

TEST(StoreFaults, of_a_deletion_are_made_good_when_opening) {
  const TemporaryDirectory directory;
  const auto plan = std::make_shared<FaultPlan>();
  Recording recording(directory.path(), {}, [&](auto store) {
    return std::make_unique<FaultyStore>(std::move(store), plan);
  });
  recording.create_sequence();
  auto upload = recording.upload("imu");
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 5))), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  plan->fail(0, 1'000'000);
  EXPECT_THAT(recording.engine().sequence_delete(Recording::sequence()), IsOk());
  EXPECT_THAT(recording.engine().sequence_delete(Recording::sequence()),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(recording.engine().close(), IsOk());
  Recording recovered(directory.path());
  EXPECT_TRUE(recovered.files("").empty());
}

TEST(JournalFaults, break_an_upload_and_nothing_else) {
  const TemporaryDirectory directory;
  Recording recording(directory.path());
  recording.create_sequence();
  auto broken = recording.upload("imu");
  auto other = recording.upload("gps");
  // A file stands where the folder of the journal must go.
  const auto topic = recording.context().catalog->find_topic("drive", "imu").ValueOrDie();
  const std::string folder = journal_folder(directory.path() / "journal", topic.id);
  fs::remove_all(folder);
  std::ofstream(folder) << "in the way";
  DurableRows durable(*broken);
  EXPECT_THAT(broken->append(batch_of(rows_from(0, 1))), FailsAs(ErrorKind::Io));
  EXPECT_THAT(broken->append(batch_of(rows_from(0, 1))), FailsAs(ErrorKind::Io));
  EXPECT_THAT(broken->finish(), FailsAs(ErrorKind::Io));
  EXPECT_THAT(other->append(batch_of(rows_from(0, 1))), IsOk());
  EXPECT_THAT(other->finish(), IsOk());
  EXPECT_EQ(recording.read("gps").size(), 1U);
}

}  // namespace
}  // namespace mosaico::engine
