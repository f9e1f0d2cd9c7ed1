#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "engine/ingest/journal.hpp"
#include "engine/recording.hpp"
#include "support/temporary_directory.hpp"
#include "support/unprivileged.hpp"

// Directories that may not be written, or that vanish: clear errors, and no harm to the rest.
namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) rows.push_back({.timestamp_ns = i, .number = i});
  return rows;
}

void set_permissions(const fs::path& root, fs::perms folders, fs::perms files) {
  fs::permissions(root, folders);
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    fs::permissions(entry.path(), entry.is_directory() ? folders : files);
  }
}

class HostileDirectory : public testing::Test {
 protected:
  void SetUp() override { fs::permissions(directory_.path(), fs::perms(0755)); }

  // A store with a finalized recording of ten rows.
  fs::path make_store() const {
    const fs::path root = directory_.path() / "store";
    Recording recording(root);
    recording.create_sequence();
    auto upload = recording.upload("imu");
    EXPECT_THAT(upload->append(batch_of(rows_from(0, 10))), IsOk());
    EXPECT_THAT(upload->finish(), IsOk());
    EXPECT_THAT(recording.engine().session_finalize({recording.session().uuid}), IsOk());
    EXPECT_THAT(recording.engine().close(), IsOk());
    return root;
  }

  const TemporaryDirectory directory_;
};

TEST_F(HostileDirectory, that_cannot_be_made_is_a_clear_error) {
  const Unprivileged user;
  const fs::path root = directory_.path() / "store";
  const auto opened = open_directory(root, {});
  EXPECT_THAT(opened, FailsAs(ErrorKind::Io));
  EXPECT_THAT(opened.status().message(), HasSubstr("Permission denied"));
  EXPECT_THAT(opened.status().message(), HasSubstr(root.string()));
}

TEST_F(HostileDirectory, that_may_not_be_written_is_a_clear_error_and_can_be_read) {
  const fs::path root = make_store();
  set_permissions(root, fs::perms(0555), fs::perms(0444));
  const Unprivileged user;
  const auto opened = open_directory(root, {});
  EXPECT_THAT(opened, FailsAs(ErrorKind::Io));
  EXPECT_THAT(opened.status().message(), HasSubstr("Permission denied"));

  EngineOptions options;
  options.read_only = true;
  Recording reader(root, options);
  EXPECT_EQ(reader.read("imu"), rows_from(0, 10));
}

TEST_F(HostileDirectory, whose_journals_may_not_be_written_stops_new_uploads_alone) {
  Recording recording(directory_.path() / "store");
  recording.create_sequence();
  auto running = recording.upload("running");
  auto starting = recording.upload("starting");
  DurableRows durable(*running);
  ASSERT_THAT(running->append(batch_of(rows_from(0, 5))), IsOk());
  ASSERT_TRUE(durable.wait_for(5));
  fs::permissions(directory_.path() / "store/journal", fs::perms(0555));
  {
    const Unprivileged user;
    const Status status = starting->append(batch_of(rows_from(0, 1)));
    EXPECT_THAT(status, FailsAs(ErrorKind::Io));
    EXPECT_THAT(status.message(), HasSubstr("Permission denied"));
    EXPECT_THAT(status.message(), HasSubstr("journal"));
    EXPECT_THAT(running->append(batch_of(rows_from(5, 5))), IsOk());
    EXPECT_TRUE(durable.wait_for(10));
  }
  fs::permissions(directory_.path() / "store/journal", fs::perms(0755));
  EXPECT_THAT(running->finish(), IsOk());
  starting.reset();
  auto resumed = recording.upload("starting", /*resume=*/true);
  EXPECT_THAT(resumed->append(batch_of(rows_from(0, 3))), IsOk());
  EXPECT_THAT(resumed->finish(), IsOk());
  EXPECT_EQ(recording.read("running"), rows_from(0, 10));
  EXPECT_EQ(recording.read("starting"), rows_from(0, 3));
}

TEST_F(HostileDirectory, that_vanishes_ends_ingest_with_a_clear_error_and_is_not_made_again) {
  const fs::path root = directory_.path() / "store";
  Recording recording(root);
  recording.create_sequence();
  auto upload = recording.upload("imu");
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 5))), IsOk());
  fs::rename(root, directory_.path() / "moved");
  // Found out a tenth of a second after the last look at the disk.
  Status status;
  for (int64_t row = 5; status.ok(); ++row) status = upload->append(batch_of(rows_from(row, 1)));
  EXPECT_THAT(status, FailsAs(ErrorKind::Io));
  EXPECT_THAT(status.message(), HasSubstr("is gone"));
  upload.reset();
  EXPECT_THAT(recording.engine().close(), IsOk());
  EXPECT_FALSE(fs::exists(root));
}

}  // namespace
}  // namespace mosaico::engine
