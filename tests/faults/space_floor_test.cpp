#include "store/space_floor.hpp"

#include <sys/mount.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "engine/recording.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kMs = 1'000'000;

// A disk that says of itself what a test wants.
class SomeDisk final : public store::FileSystem {
 public:
  int64_t free_bytes(const char*) override {
    ++looks;
    if (gone) {
      errno = ENOENT;
      return -1;
    }
    return free;
  }
  std::atomic<int64_t> free = 1'000 * kMiB;
  std::atomic<bool> gone = false;
  std::atomic<int> looks = 0;
};

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) rows.push_back({.timestamp_ns = i, .number = i});
  return rows;
}

class SpaceFloorTest : public testing::Test {
 protected:
  store::SpaceFloor floor_of(int64_t bytes_min) {
    return store::SpaceFloor(disk_, {.path = "/disk", .bytes_min = bytes_min, .clock = clock()});
  }
  core::Clock clock() {
    return [now = now_ns_] { return now->load(); };
  }
  void pass_time() { *now_ns_ += 100 * kMs; }

  const std::shared_ptr<SomeDisk> disk_ = std::make_shared<SomeDisk>();
  const std::shared_ptr<std::atomic<int64_t>> now_ns_ =
      std::make_shared<std::atomic<int64_t>>(1'000 * kMs);
};

TEST_F(SpaceFloorTest, names_the_limit_and_what_is_free) {
  auto floor = floor_of(256 * kMiB);
  EXPECT_THAT(floor.check(1), IsOk());
  disk_->free = 256 * kMiB - 1;
  pass_time();
  const Status status = floor.check(1);
  EXPECT_THAT(status, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(status.message(), HasSubstr("min_free_bytes"));
  EXPECT_THAT(status.message(), HasSubstr("268435455"));
  EXPECT_THAT(status.message(), HasSubstr("/disk"));
  disk_->free = 256 * kMiB;
  pass_time();
  EXPECT_THAT(floor.check(1), IsOk());
}

TEST_F(SpaceFloorTest, looks_at_the_disk_now_and_then_only) {
  auto floor = floor_of(256 * kMiB);
  for (int i = 0; i < 1'000; ++i) EXPECT_THAT(floor.check(1'000), IsOk());
  EXPECT_EQ(disk_->looks, 1);
  pass_time();
  EXPECT_THAT(floor.check(1), IsOk());
  EXPECT_EQ(disk_->looks, 2);
  *now_ns_ -= 500 * kMs;
  EXPECT_THAT(floor.check(1), IsOk());
  EXPECT_EQ(disk_->looks, 3) << "the clock was set back";
}

TEST_F(SpaceFloorTest, looks_again_before_half_of_the_floor_is_written) {
  auto floor = floor_of(256 * kMiB);
  EXPECT_THAT(floor.check(1), IsOk());
  disk_->free = 0;
  int64_t taken = 0;
  while (floor.check(kMiB).ok()) taken += kMiB;
  EXPECT_LE(taken, 128 * kMiB);
}

TEST_F(SpaceFloorTest, says_that_a_directory_is_gone) {
  auto floor = floor_of(0);
  disk_->gone = true;
  const Status status = floor.check(1);
  EXPECT_THAT(status, FailsAs(ErrorKind::Io));
  EXPECT_THAT(status.message(), HasSubstr("/disk"));
}

TEST_F(SpaceFloorTest, stops_ingest_and_nothing_else_until_there_is_room) {
  const TemporaryDirectory directory;
  EngineOptions options;
  options.files = disk_;
  options.clock = clock();
  options.min_free_bytes = 100 * kMiB;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  auto upload = recording.upload("imu");
  auto other = recording.upload("gps");
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 10))), IsOk());
  ASSERT_THAT(other->append(batch_of(rows_from(0, 10))), IsOk());

  disk_->free = 99 * kMiB;
  pass_time();
  EXPECT_THAT(upload->append(batch_of(rows_from(10, 1))), FailsAs(ErrorKind::LimitExceeded));
  const std::string uuid = recording.create_topic("late");
  EXPECT_THAT(recording.try_upload("late", uuid), FailsAs(ErrorKind::LimitExceeded));
  // What was taken is brought to its end, read, and deleted.
  EXPECT_THAT(other->finish(), IsOk());
  EXPECT_EQ(recording.read("gps"), rows_from(0, 10));
  EXPECT_THAT(recording.engine().topic_delete(Recording::topic("gps")), IsOk());

  disk_->free = 100 * kMiB;
  pass_time();
  EXPECT_THAT(upload->append(batch_of(rows_from(10, 1))), IsOk());
  EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording.read("imu"), rows_from(0, 11));
  EXPECT_THAT(recording.try_upload("late", uuid), IsOk());
}

// --- A real small disk ---

class SmallDiskTest : public testing::Test {
 protected:
  static constexpr int64_t kDiskBytes = 24 * kMiB;

  void SetUp() override {
    const std::string size = "size=" + std::to_string(kDiskBytes);
    mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, size.c_str()) == 0;
    if (!mounted_) {
      GTEST_SKIP() << "no file system can be mounted here: " << std::strerror(errno);
    }
  }
  void TearDown() override {
    recording_.reset();
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }

  void open(int64_t min_free_bytes) {
    EngineOptions options;
    options.min_free_bytes = min_free_bytes;
    options.chunk_bytes = kMiB;
    recording_.emplace(directory_.path() / "store", options);
    recording_->create_sequence();
  }

  // Batches of text that does not compress, until one is refused. Gives the rows taken.
  int64_t record_until_refused(Upload& upload, Status* refusal) {
    for (int64_t row = 0;; ++row) {
      *refusal = upload.append(noise(row));
      if (!refusal->ok()) return row;
    }
  }

  static std::shared_ptr<arrow::RecordBatch> noise(int64_t row) {
    constexpr int64_t kBytes = 256 << 10;
    auto data = arrow::AllocateBuffer(kBytes).ValueOrDie();
    auto state = static_cast<uint64_t>(row) * 2 + 1;
    for (int64_t i = 0; i < kBytes; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      data->mutable_data()[i] = static_cast<uint8_t>('!' + (state >> 33) % 90);
    }
    arrow::StringBuilder text;
    EXPECT_THAT(text.Append(std::string_view(*data)), IsOk());
    return batch_of({{row, row}})
        ->SetColumn(2, row_schema()->field(2), text.Finish().ValueOrDie())
        .ValueOrDie();
  }

  int64_t rows_read() {
    int64_t rows = 0;
    for (const auto& batch : recording_->read_batches("imu").ValueOrDie()) {
      EXPECT_THAT(batch->ValidateFull(), IsOk());
      rows += batch->num_rows();
    }
    return rows;
  }

  const TemporaryDirectory directory_;
  bool mounted_ = false;
  std::optional<Recording> recording_;
};

TEST_F(SmallDiskTest, is_not_filled_beyond_the_floor) {
  open(8 * kMiB);
  auto upload = recording_->upload("imu");
  Status refusal;
  const int64_t rows = record_until_refused(*upload, &refusal);
  EXPECT_THAT(refusal, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(refusal.message(), HasSubstr("min_free_bytes"));
  EXPECT_GT(rows, 10);
  EXPECT_THAT(upload->finish(), IsOk()) << "there is room for what was taken";
  EXPECT_EQ(rows_read(), rows);
  EXPECT_GT(fs::space(directory_.path()).available, 0U);

  upload.reset();
  ASSERT_THAT(recording_->engine().topic_delete(Recording::topic("imu")), IsOk());
  const std::string uuid = recording_->create_topic("gps");
  auto next = recording_->try_upload("gps", uuid);
  // The disk is looked at again a tenth of a second after the last time.
  while (core::is_kind(next.status(), ErrorKind::LimitExceeded)) {
    next = recording_->try_upload("gps", uuid);
  }
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT((*next)->append(noise(0)), IsOk());
  EXPECT_THAT((*next)->finish(), IsOk());
}

TEST_F(SmallDiskTest, that_is_full_loses_nothing_acknowledged_and_goes_on_with_room) {
  open(0);
  std::ofstream filler(directory_.path() / "filler", std::ios::binary);
  filler << std::string(static_cast<size_t>(8 * kMiB), 'x') << std::flush;
  auto upload = recording_->upload("imu");
  Status refusal;
  record_until_refused(*upload, &refusal);
  EXPECT_THAT(refusal, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(refusal.message(), HasSubstr("No space left on device"));
  const int64_t acknowledged = upload->durable_rows();
  EXPECT_GT(acknowledged, 10);
  upload.reset();
  EXPECT_GE(rows_read(), acknowledged);

  filler.close();
  fs::remove(directory_.path() / "filler");
  auto resumed = recording_->upload("imu", /*resume=*/true);
  const int64_t rows = resumed->durable_rows();
  EXPECT_GE(rows, acknowledged);
  EXPECT_THAT(resumed->append(noise(rows)), IsOk());
  EXPECT_THAT(resumed->finish(), IsOk());
  EXPECT_EQ(rows_read(), rows + 1);
  EXPECT_THAT(recording_->engine().session_finalize({recording_->session().uuid}), IsOk());
}

}  // namespace
}  // namespace mosaico::engine
