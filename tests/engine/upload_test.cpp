#include "engine/upload.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "core/ids.hpp"
#include "engine/ingest/journal.hpp"
#include "recording.hpp"
#include "store/file_system.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

using testing::ElementsAreArray;
using testing::SizeIs;

constexpr int64_t kAny = 1000;

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) rows.push_back({.timestamp_ns = i, .number = i});
  return rows;
}

std::shared_ptr<arrow::RecordBatch> batch_with(int64_t number, const std::string& long_text) {
  const auto small = batch_of({{number, number}});
  arrow::StringBuilder text;
  EXPECT_THAT(text.Append(long_text), IsOk());
  return small->SetColumn(2, row_schema()->field(2), text.Finish().ValueOrDie()).ValueOrDie();
}

// A batch of the row schema whose text has `bytes` bytes.
std::shared_ptr<arrow::RecordBatch> large_batch(int64_t number, int64_t bytes) {
  return batch_with(number, std::string(static_cast<size_t>(bytes), 'x'));
}

std::string incompressible_text(size_t bytes) {
  std::mt19937_64 random(7);
  std::string text(bytes, ' ');
  for (char& letter : text) letter = static_cast<char>(' ' + random() % 64);
  return text;
}

class UploadTest : public testing::Test {
 protected:
  void start(const EngineOptions& options = {}) {
    recording_.emplace(directory_.path(), options);
    recording_->create_sequence();
  }
  Recording& recording() {
    if (!recording_) start();
    return *recording_;
  }

  const TemporaryDirectory directory_;
  std::optional<Recording> recording_;
};

TEST_F(UploadTest, gives_rows_back_in_time_order_with_ties_in_push_order) {
  const auto rows = numbered({50, 10, 10, 40, -7, 10, 60});
  auto upload = recording().upload("imu");
  ASSERT_THAT(upload->append(batch_of({rows.begin(), rows.begin() + 3})), IsOk());
  ASSERT_THAT(upload->append(batch_of({rows.begin() + 3, rows.end()})), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(in_time_order(rows)));
}

TEST_F(UploadTest, makes_rows_readable_before_the_end) {
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 3))), IsOk());
  ASSERT_TRUE(durable.wait_for(3));
  EXPECT_EQ(upload->durable_rows(), 3);
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows_from(0, 3)));
  ASSERT_THAT(upload->append(batch_of(rows_from(3, 2))), IsOk());
  ASSERT_TRUE(durable.wait_for(5));
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows_from(0, 5)));
}

TEST_F(UploadTest, keeps_ties_in_push_order_across_chunks) {
  EngineOptions options;
  options.chunk_rows = 3;
  start(options);
  std::vector<Row> rows;
  for (int64_t i = 0; i < 20; ++i) rows.push_back({.timestamp_ns = i / 7, .number = i});
  auto upload = recording().upload("imu");
  for (const Row& row : rows) ASSERT_THAT(upload->append(batch_of({row})), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").chunks, 7);
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows));
}

TEST_F(UploadTest, stores_nothing_of_a_batch_without_rows) {
  auto upload = recording().upload("imu");
  ASSERT_THAT(upload->append(batch_of({})), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").chunks, 0);
  EXPECT_TRUE(recording().read("imu").empty());
  EXPECT_THAT(recording().engine().session_finalize({recording().session().uuid}), IsOk());
}

TEST_F(UploadTest, refuses_bad_batches_and_goes_on) {
  auto upload = recording().upload("imu");
  const auto good = batch_of(rows_from(0, 2));
  EXPECT_THAT(upload->append(nullptr), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(upload->append(good->RemoveColumn(1).ValueOrDie()), FailsAs(ErrorKind::Invalid));

  const auto nulls = arrow::MakeArrayOfNull(arrow::int64(), 2).ValueOrDie();
  const auto without_times =
      arrow::RecordBatch::Make(row_schema(), 2, {nulls, good->column(1), good->column(2)});
  EXPECT_THAT(upload->append(without_times), FailsAs(ErrorKind::Invalid));

  const auto wild_offsets = good->column_data(2)->Copy();
  const int32_t offsets[] = {0, 1 << 30, 2};
  wild_offsets->buffers[1] = arrow::Buffer::FromString(
      std::string(reinterpret_cast<const char*>(offsets), sizeof(offsets)));
  const auto malformed = arrow::RecordBatch::Make(
      row_schema(), 2, {good->column_data(0), good->column_data(1), wild_offsets});
  EXPECT_THAT(upload->append(malformed), FailsAs(ErrorKind::Invalid));

  EXPECT_THAT(upload->append(good), IsOk());
  EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows_from(0, 2)));
}

TEST_F(UploadTest, takes_nothing_after_the_end) {
  auto upload = recording().upload("imu");
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_THAT(upload->append(batch_of(rows_from(0, 1))), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(upload->finish(), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(recording().try_upload("imu", recording().uuid("imu")), FailsAs(ErrorKind::Locked));
}

TEST_F(UploadTest, needs_the_uuid_of_its_topic_and_a_schema_with_time) {
  const std::string uuid = recording().create_topic("imu");
  EXPECT_THAT(recording().try_upload("imu", core::make_uuid()), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(recording().try_upload("gps", uuid), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(recording().try_upload("imu", uuid, false, nullptr), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(recording().try_upload("imu", uuid, false, arrow::schema({})),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(recording().try_upload("imu", uuid), IsOk());
}

TEST_F(UploadTest, is_interrupted_when_dropped_and_stays_readable) {
  {
    auto upload = recording().upload("imu");
    ASSERT_THAT(upload->append(batch_of(rows_from(0, 4))), IsOk());
  }
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows_from(0, 4)));
  EXPECT_THAT(recording().engine().session_finalize({recording().session().uuid}),
              FailsAs(ErrorKind::Locked));
  EXPECT_THAT(recording().try_upload("imu", recording().uuid("imu")), FailsAs(ErrorKind::Locked));
}

TEST_F(UploadTest, resumes_at_the_durable_count) {
  {
    auto upload = recording().upload("imu");
    ASSERT_THAT(upload->append(batch_of(rows_from(0, 4))), IsOk());
  }
  EXPECT_THAT(recording().try_upload("imu", recording().uuid("imu"), true,
                                     row_schema()->RemoveField(2).ValueOrDie()),
              FailsAs(ErrorKind::Invalid));
  auto upload = recording().upload("imu", /*resume=*/true);
  EXPECT_EQ(upload->durable_rows(), 4);
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(4, 3))), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(durable.counts().back(), 7);
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows_from(0, 7)));
  EXPECT_THAT(recording().try_upload("imu", recording().uuid("imu"), true),
              FailsAs(ErrorKind::Locked));
}

TEST_F(UploadTest, leaves_the_journal_to_the_upload_that_resumes_at_once) {
  auto upload = recording().upload("imu");
  const auto topic = recording().context().catalog->find_topic("drive", "imu").ValueOrDie();
  for (int64_t i = 0; i < 20; ++i) {
    std::thread interrupts([&upload] { upload.reset(); });
    Result<std::unique_ptr<Upload>> next = core::error(ErrorKind::Locked, "not yet");
    while (core::is_kind(next.status(), ErrorKind::Locked)) {
      next = recording().try_upload("imu", recording().uuid("imu"), /*resume=*/true);
    }
    ASSERT_THAT(next, IsOk());
    DurableRows durable(**next);
    EXPECT_THAT((*next)->append(batch_of(rows_from(i, 1))), IsOk());
    EXPECT_TRUE(durable.wait_for(i + 1));
    interrupts.join();
    EXPECT_EQ(list_journal((recording().root() / "journal").string(), topic.id).ValueOrDie().size(),
              1U);
    upload = std::move(next).ValueUnsafe();
  }
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().read("imu"), rows_from(0, 20));
}

TEST_F(UploadTest, tells_a_count_that_never_falls_and_ends_with_all_rows) {
  EngineOptions options;
  options.chunk_rows = 50;
  options.group_commit = std::chrono::milliseconds(1);
  start(options);
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  for (int64_t i = 0; i < 500; ++i) ASSERT_THAT(upload->append(batch_of({{i, i}})), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  const auto counts = durable.counts();
  EXPECT_TRUE(std::is_sorted(counts.begin(), counts.end()));
  EXPECT_EQ(counts.back(), 500);
  EXPECT_EQ(recording().read("imu"), rows_from(0, 500));
}

TEST_F(UploadTest, tells_the_end_of_an_empty_topic) {
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_THAT(durable.counts(), testing::ElementsAre(0));
}

TEST_F(UploadTest, puts_small_batches_together_while_they_wait) {
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  for (int64_t i = 0; i < 2000; ++i) ASSERT_THAT(upload->append(batch_of({{i, i}})), IsOk());
  ASSERT_TRUE(durable.wait_for(2000));
  EXPECT_EQ(recording().read("imu"), rows_from(0, 2000));
  const auto topic = recording().context().catalog->find_topic("drive", "imu").ValueOrDie();
  EXPECT_LT(recording().context().live.find(topic.id)->snapshot().batches.size(), 40U);
}

TEST_F(UploadTest, does_not_journal_what_goes_straight_to_a_chunk) {
  EngineOptions options;
  options.direct_bytes = 100'000;
  start(options);
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of({{0, 0}})), IsOk());
  ASSERT_THAT(upload->append(large_batch(1, 200'000)), IsOk());
  ASSERT_THAT(upload->append(batch_of({{2, 2}})), IsOk());
  ASSERT_TRUE(durable.wait_for(3));
  int64_t journal_bytes = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(recording().root() / "journal")) {
    if (entry.is_regular_file()) journal_bytes += static_cast<int64_t>(entry.file_size());
  }
  EXPECT_LT(journal_bytes, 100'000);
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").rows, 3);
}

// Holds those who sync a file while it is shut.
class SyncGate final : public store::FileSystem {
 public:
  int sync(int file) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --waiting_;
    lock.unlock();
    return FileSystem::sync(file);
  }
  void shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void wait_for_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }
  void open_again() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = true;
};

TEST_F(UploadTest, puts_large_batches_that_come_while_a_chunk_is_written_into_one_chunk) {
  const auto gate = std::make_shared<SyncGate>();
  EngineOptions options = without_compaction();
  options.direct_bytes = 100'000;
  options.chunk_threads = 1;
  options.files = gate;
  start(options);
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  gate->shut();
  ASSERT_THAT(upload->append(large_batch(0, 200'000)), IsOk());
  gate->wait_for_one();
  for (int64_t i = 1; i < 4; ++i) {
    ASSERT_THAT(upload->append(large_batch(i, 200'000)), IsOk());
  }
  EXPECT_EQ(upload->durable_rows(), 0);
  gate->open_again();
  ASSERT_TRUE(durable.wait_for(4));
  EXPECT_EQ(recording().describe("imu").chunks, 2);
  ASSERT_THAT(upload->append(batch_of({{4, 4}})), IsOk());
  ASSERT_TRUE(durable.wait_for(5));
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").rows, 5);
}

// Holds whoever writes a file, the thread apart that made this, until two are there.
class WritersMeet final : public store::FileSystem {
 public:
  ssize_t write(int file, const void* data, size_t bytes) override {
    if (std::this_thread::get_id() != maker_) {
      std::unique_lock lock(mutex_);
      threads_.insert(std::this_thread::get_id());
      changed_.notify_all();
      changed_.wait(lock, [&] { return threads_.size() > 1; });
    }
    return FileSystem::write(file, data, bytes);
  }

 private:
  const std::thread::id maker_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::thread::id> threads_;
};

TEST_F(UploadTest, writes_several_chunks_at_once_when_it_ends) {
  EngineOptions options = without_compaction();
  options.chunk_bytes = 2 << 20;
  options.files = std::make_shared<WritersMeet>();
  start(options);
  auto upload = recording().upload("imu");
  // More than the store gathers before it writes to the file.
  const std::string text = incompressible_text(4 << 20);
  for (int64_t i = 0; i < 5; ++i) ASSERT_THAT(upload->append(batch_with(i, text)), IsOk());
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").chunks, 5);
  EXPECT_EQ(recording().describe("imu").rows, 5);
  int64_t rows = 0;
  for (const auto& batch : recording().read_batches("imu").ValueOrDie()) rows += batch->num_rows();
  EXPECT_EQ(rows, 5);
}

TEST_F(UploadTest, takes_a_record_up_to_its_limit_and_refuses_a_larger_one) {
  EngineOptions options;
  options.limits.max_record_bytes = 1 << 20;
  options.ingest_memory_bytes = 100'000;
  start(options);
  auto upload = recording().upload("imu");
  EXPECT_THAT(upload->append(large_batch(0, 1 << 20)), FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(upload->append(large_batch(0, 1'000'000)), IsOk());
  EXPECT_THAT(upload->append(large_batch(1, 1'000'000)), IsOk());
  EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").rows, 2);
}

TEST_F(UploadTest, takes_the_rows_of_fifty_topics_at_once_within_its_memory) {
  EngineOptions options;
  options.ingest_memory_bytes = 1 << 20;
  start(options);
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 50; ++i) {
    uploads.push_back(recording().upload("topic" + std::to_string(i)));
  }
  std::vector<std::thread> threads;
  for (auto& upload : uploads) {
    threads.emplace_back([&upload] {
      for (int64_t i = 0; i < 10; ++i) {
        EXPECT_THAT(upload->append(batch_of(rows_from(100 * i, 100))), IsOk());
        EXPECT_THAT(upload->append(large_batch(kAny, 20'000)), IsOk());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& upload : uploads) EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_LE(recording().context().ingest_memory.peak(), options.ingest_memory_bytes);
  EXPECT_EQ(recording().context().ingest_memory.used(), 0);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(recording().describe("topic" + std::to_string(i)).rows, 1010);
  }
}

TEST_F(UploadTest, ends_when_its_topic_is_deleted) {
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 10))), IsOk());
  ASSERT_TRUE(durable.wait_for(10));
  ASSERT_THAT(recording().engine().topic_delete(Recording::topic("imu")), IsOk());
  EXPECT_THAT(durable.wait_for_break(), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(upload->append(batch_of(rows_from(10, 1))), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(upload->finish(), FailsAs(ErrorKind::NotFound));
  upload.reset();
  EXPECT_TRUE(recording().files(".parquet").empty());
  EXPECT_TRUE(std::filesystem::is_empty(recording().root() / "journal"));
  EXPECT_EQ(recording().context().ingest_memory.used(), 0);
}

TEST_F(UploadTest, leaves_nothing_when_its_sequence_is_deleted_while_chunks_are_written) {
  EngineOptions options;
  options.chunk_rows = 20;
  start(options);
  auto upload = recording().upload("imu");
  std::thread deleter;
  Status status;
  for (int64_t i = 0; status.ok(); ++i) {
    if (i == 10) {
      deleter = std::thread([&] {
        EXPECT_THAT(recording().engine().sequence_delete(Recording::sequence()), IsOk());
      });
    }
    status = upload->append(batch_of(rows_from(10 * i, 10)));
  }
  deleter.join();
  EXPECT_THAT(status, FailsAs(ErrorKind::NotFound));
  upload.reset();
  EXPECT_TRUE(recording().files("").empty());
  EXPECT_TRUE(std::filesystem::is_empty(recording().root() / "journal"));
}

TEST_F(UploadTest, is_interrupted_when_the_engine_closes) {
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 3))), IsOk());
  ASSERT_THAT(recording().engine().close(), IsOk());
  EXPECT_THAT(durable.wait_for_break(), FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(upload->append(batch_of(rows_from(3, 1))), FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(recording().try_upload("imu", recording().uuid("imu"), true),
              FailsAs(ErrorKind::Unavailable));
  upload.reset();
  recording().open({});
  EXPECT_THAT(recording().read("imu"), ElementsAreArray(rows_from(0, 3)));
  EXPECT_THAT(recording().upload("imu", /*resume=*/true)->finish(), IsOk());
}

TEST_F(UploadTest, is_counted_in_listings_before_its_rows_are_in_a_chunk) {
  auto upload = recording().upload("imu");
  const auto listed = [&] {
    const auto answer = recording().engine().sequence_list({}).ValueOrDie();
    EXPECT_EQ(answer.sequences.size(), 1U);
    return answer.sequences.at(0);
  };
  EXPECT_EQ(listed().rows, 0);
  EXPECT_FALSE(listed().timestamp_ns_min.has_value());
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 5))), IsOk());
  ASSERT_TRUE(durable.wait_for(5));
  const auto live = listed();
  const auto described = recording().describe("imu");
  EXPECT_EQ(live.topics, 1);
  EXPECT_EQ(live.rows, 5);
  EXPECT_EQ(live.bytes, described.bytes);
  EXPECT_EQ(live.timestamp_ns_min, described.interval->start_ns);
  EXPECT_EQ(live.timestamp_ns_max, described.interval->end_ns);
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(listed().rows, 5);
  EXPECT_EQ(listed().bytes, live.bytes);
  EXPECT_EQ(listed().timestamp_ns_max, live.timestamp_ns_max);
}

TEST_F(UploadTest, counts_bytes_alike_before_and_after_the_chunk) {
  auto upload = recording().upload("imu");
  DurableRows durable(*upload);
  // Slices, so that only the part in use may count.
  const auto whole = batch_of(rows_from(0, 1000));
  ASSERT_THAT(upload->append(whole->Slice(10, 20)), IsOk());
  ASSERT_THAT(upload->append(whole->Slice(500, 1)), IsOk());
  ASSERT_TRUE(durable.wait_for(21));
  const int64_t before = recording().describe("imu").bytes;
  EXPECT_GT(before, 21 * 16);
  EXPECT_LT(before, 21 * 40);
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording().describe("imu").bytes, before);
}

TEST_F(UploadTest, may_acknowledge_before_the_disk_has_it) {
  protocol::PutDescriptor descriptor;
  descriptor.topic_uuid = recording().create_topic("imu");
  descriptor.topic = Recording::topic("imu");
  descriptor.process_durability = true;
  ASSERT_OK_AND_ASSIGN(auto upload, recording().engine().upload(descriptor, row_schema()));
  DurableRows durable(*upload);
  ASSERT_THAT(upload->append(batch_of(rows_from(0, 3))), IsOk());
  EXPECT_TRUE(durable.wait_for(3));
  EXPECT_THAT(upload->finish(), IsOk());
}

}  // namespace
}  // namespace mosaico::engine
