#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "engine/ingest/journal.hpp"
#include "engine/recording.hpp"
#include "engine/stored_schema.hpp"
#include "faults/faulty_catalog.hpp"
#include "faults/faulty_store.hpp"
#include "faults/simulated_disk.hpp"
#include "support/temporary_directory.hpp"

// Single faults that once did harm.
namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) rows.push_back({.timestamp_ns = i, .number = i});
  return rows;
}

// As the kernel does: it tells of a failed sync once, and takes the bytes for written afterwards.
class SyncFailsOnce final : public store::FileSystem {
 public:
  int sync_data(int file) override {
    if (!armed.exchange(false)) return FileSystem::sync_data(file);
    errno = EIO;
    return -1;
  }
  std::atomic<bool> armed = false;
};

TEST(UploadFaults, of_a_sync_are_never_followed_by_another_sync_of_that_file) {
  const TemporaryDirectory directory;
  const auto files = std::make_shared<SyncFailsOnce>();
  const JournalIdentity identity{.topic = catalog::TopicId{7},
                                 .schema = row_schema(),
                                 .schema_bytes = serialize_schema(*row_schema()).ValueOrDie()};
  ASSERT_OK_AND_ASSIGN(
      const auto segment,
      JournalSegment::create({directory.path().string(), files}, identity, 0, false));
  TailBatch tail;
  tail.batch = batch_of(rows_from(0, 3));
  ASSERT_THAT(segment->append(tail), IsOk());
  files->armed = true;
  EXPECT_THAT(segment->sync(), FailsAs(ErrorKind::Io));
  EXPECT_THAT(segment->sync(), FailsAs(ErrorKind::Io));
}

TEST(UploadFaults, of_a_sync_leave_its_rows_unacknowledged_also_when_no_chunk_can_be_written) {
  const TemporaryDirectory directory;
  EngineOptions options;
  const auto files = std::make_shared<SyncFailsOnce>();
  options.files = files;
  const auto plan = std::make_shared<FaultPlan>();
  Recording recording(directory.path(), options, [&](auto store) {
    return std::make_unique<FaultyStore>(std::move(store), plan);
  });
  recording.create_sequence();
  auto upload = recording.upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 4))), IsOk());
  ASSERT_TRUE(durable.wait_for(4));
  plan->fail(0, 1'000'000);
  files->armed = true;
  ASSERT_THAT(upload->append(batch_of(rows_from(4, 3))), IsOk());
  EXPECT_THAT(durable.wait_for_break(), FailsAs(ErrorKind::Io));
  EXPECT_EQ(upload->durable_rows(), 4);
  EXPECT_THAT(upload->append(batch_of(rows_from(7, 1))), FailsAs(ErrorKind::Io));
  upload.reset();
  EXPECT_EQ(recording.read("imu"), rows_from(0, 4));
  EXPECT_EQ(durable.counts().back(), 4);
}

TEST(UploadFaults, of_the_catalog_at_the_end_do_not_lock_a_topic) {
  const TemporaryDirectory directory;
  const auto plan = std::make_shared<FaultPlan>();
  Recording recording(directory.path(), {}, {}, [&](auto catalog) {
    return std::make_unique<FaultyCatalog>(std::move(catalog), plan);
  });
  recording.create_sequence();
  auto upload = recording.upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 4))), IsOk());
  ASSERT_TRUE(durable.wait_for(4));
  plan->fail(0, 1'000'000, ErrorKind::Io);
  upload.reset();
  plan->fail(0, 0);

  upload = recording.upload("imu", /*resume=*/true);
  EXPECT_EQ(upload->durable_rows(), 4);
  EXPECT_THAT(recording.try_upload("imu", recording.uuid("imu"), true), FailsAs(ErrorKind::Locked))
      << "this one runs";
  plan->fail(0, 1'000'000, ErrorKind::Io);
  upload.reset();
  plan->fail(0, 0);

  // Another recorder takes over.
  ASSERT_OK_AND_ASSIGN(const auto claimed,
                       recording.engine().session_claim(recording.session().locator));
  ASSERT_OK_AND_ASSIGN(upload, recording.try_upload("imu", claimed.topics.at(0).uuid, true));
  EXPECT_THAT(upload->append(batch_of(rows_from(4, 2))), IsOk());
  EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording.read("imu"), rows_from(0, 6));
}

TEST(UploadFaults, of_an_opening_do_not_cost_rows_that_are_recorded_after_the_next_one) {
  bool failed = true;
  for (int call = 0; failed; ++call) {
    SCOPED_TRACE(testing::Message() << "call " << call);
    const TemporaryDirectory directory;
    const fs::path root = directory.path() / "disk";
    const auto plan = std::make_shared<FaultPlan>();
    const auto disk = std::make_shared<SimulatedDisk>(root, plan);
    EngineOptions options;
    options.files = disk;
    plan->fail(call, 1, ErrorKind::Io);
    failed = !open_directory(root / "store", options).ok();
    plan->fail(0, 0);

    ASSERT_OK_AND_ASSIGN(const auto engine, open_directory(root / "store", options));
    ASSERT_THAT(engine->sequence_create({.sequence = "drive", .user_metadata = {}}), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto session, engine->session_create(Recording::sequence()));
    protocol::TopicCreate request;
    request.session_uuid = session.uuid;
    request.locator = Recording::topic("imu");
    request.ontology_tag = "Row";
    ASSERT_OK_AND_ASSIGN(const auto topic, engine->topic_create(request));
    protocol::PutDescriptor descriptor;
    descriptor.topic = request.locator;
    descriptor.topic_uuid = topic.uuid;
    ASSERT_OK_AND_ASSIGN(const auto upload, engine->upload(descriptor, row_schema()));
    DurableRows durable(*upload);
    ASSERT_THAT(upload->append(batch_of(rows_from(0, 5))), IsOk());
    ASSERT_TRUE(durable.wait_for(5));
    upload->on_durable(nullptr);

    DiskImage::Random random(1);
    disk->image().restore(directory.path() / "left", DiskImage::Fate::Lost, random);
    Recording recovered(directory.path() / "left/store");
    EXPECT_EQ(recovered.read("imu"), rows_from(0, 5));
  }
}

// The owner of an upload may hear of its end much later: a server learns whether its client is
// there when the next message comes.
TEST(UploadFaults, of_an_upload_whose_owner_is_idle_do_not_keep_others_waiting_for_memory) {
  const TemporaryDirectory directory;
  EngineOptions options;
  options.ingest_memory_bytes = 100'000;
  const auto plan = std::make_shared<FaultPlan>();
  Recording recording(directory.path(), options, [&](auto store) {
    return std::make_unique<FaultyStore>(std::move(store), plan);
  });
  recording.create_sequence();
  auto idle = recording.upload("idle");
  auto other = recording.upload("other");
  DurableRows durable(*idle);
  ASSERT_THAT(idle->append(batch_of(rows_from(0, 1'500))), IsOk());
  ASSERT_TRUE(durable.wait_for(1'500));
  plan->fail(0, 1'000'000);
  // Needs the memory that the other one has, whose chunk cannot be written.
  EXPECT_THAT(other->append(batch_of(rows_from(0, 1'500))), FailsAs(ErrorKind::LimitExceeded));
  EXPECT_EQ(recording.read("idle"), rows_from(0, 1'500));
  plan->fail(0, 0);
  idle.reset();
  idle = recording.upload("idle", /*resume=*/true);
  EXPECT_EQ(idle->durable_rows(), 1'500);
  EXPECT_THAT(other->append(batch_of(rows_from(0, 1'500))), IsOk());
  EXPECT_THAT(other->finish(), IsOk());
}

}  // namespace
}  // namespace mosaico::engine
