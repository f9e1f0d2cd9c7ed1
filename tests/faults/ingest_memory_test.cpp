#include <arrow/memory_pool.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "engine/held_rows.hpp"
#include "engine/ingest/row_order.hpp"
#include "engine/ingest/time_column.hpp"
#include "engine/recording.hpp"
#include "support/temporary_directory.hpp"

// What the write path takes beside the rows it was given, and what readers may hold of them.
namespace mosaico::engine {
namespace {

constexpr int64_t kKiB = 1 << 10;
constexpr int64_t kMiB = 1 << 20;

// The most that Arrow took at once since it was made, beyond what it had then.
class ArrowPeak {
 public:
  // Whether this process took more before, so that nothing can be told: ctest gives each test a
  // process of its own.
  bool is_hidden() const { return pool_.max_memory() == peak_before_; }
  int64_t bytes() const { return pool_.max_memory() - before_; }

 private:
  arrow::MemoryPool& pool_ = *arrow::default_memory_pool();
  const int64_t before_ = pool_.bytes_allocated();
  const int64_t peak_before_ = pool_.max_memory();
};

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) rows.push_back({.timestamp_ns = i, .number = i});
  return rows;
}

std::shared_ptr<arrow::Array> text_of(int64_t rows, int64_t bytes_each, uint64_t seed) {
  std::mt19937_64 random(seed);
  arrow::StringBuilder builder;
  std::string text(static_cast<size_t>(bytes_each), ' ');
  for (int64_t i = 0; i < rows; ++i) {
    for (char& c : text) c = static_cast<char>('!' + random() % 90);
    EXPECT_THAT(builder.Append(text), IsOk());
  }
  return builder.Finish().ValueOrDie();
}

// Rows of `bytes_each`, of text that does not compress, with times from `times`.
std::shared_ptr<arrow::RecordBatch> wide_batch(const std::vector<int64_t>& times,
                                               int64_t bytes_each) {
  const auto small = batch_of(numbered(times));
  return small->SetColumn(2, row_schema()->field(2), text_of(std::ssize(times), bytes_each, 7))
      .ValueOrDie();
}

TailBatch tail_of(std::shared_ptr<arrow::RecordBatch> batch, int64_t first_row, int64_t bytes) {
  const TimeRange times = time_range(*batch);
  return {.batch = std::move(batch),
          .first_row = first_row,
          .bytes = bytes,
          .timestamp_ns_min = times.min,
          .timestamp_ns_max = times.max};
}

// --- Chunks ---

TEST(RowOrderMemory, does_not_follow_the_size_of_a_chunk_whose_rows_are_shuffled) {
  constexpr int64_t kBatches = 64;
  constexpr int64_t kRowsEach = 128;
  constexpr int64_t kRowBytes = 2 * kKiB;
  std::vector<int64_t> times(kBatches * kRowsEach);
  for (size_t i = 0; i < times.size(); ++i) times[i] = static_cast<int64_t>(i);
  std::mt19937_64 random(1);
  std::shuffle(times.begin(), times.end(), random);
  std::vector<TailBatch> batches;
  for (int64_t i = 0; i < kBatches; ++i) {
    const auto begin = times.begin() + i * kRowsEach;
    batches.push_back(tail_of(wide_batch({begin, begin + kRowsEach}, kRowBytes), i * kRowsEach,
                              kRowsEach * kRowBytes));
  }
  const int64_t group_bytes = kMiB;
  const ArrowPeak peak;
  RowOrder order(batches, {.rows = 32'768, .bytes = group_bytes});
  int64_t next_time = 0;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const auto group, order.next());
    if (group == nullptr) break;
    ASSERT_OK_AND_ASSIGN(const auto rows, group->CombineChunksToBatch());
    for (int64_t i = 0; i < rows->num_rows(); ++i) {
      ASSERT_EQ(timestamps(*rows)[i], next_time++);
    }
  }
  EXPECT_EQ(next_time, kBatches * kRowsEach);
  if (peak.is_hidden()) GTEST_SKIP() << "other tests took more";
  // This test makes one more copy; all rows together are 16 MiB.
  EXPECT_LE(peak.bytes(), 5 * group_bytes);
}

TEST(ChunkMemory, is_given_back_and_bounds_how_many_chunks_are_written_at_once) {
  const TemporaryDirectory directory;
  EngineOptions options;
  options.chunk_rows = 100;
  options.chunk_threads = 4;
  options.chunk_memory_bytes = 8 * kKiB;  // Less than one chunk asks for.
  Recording recording(directory.path(), options);
  recording.create_sequence();
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 8; ++i) uploads.push_back(recording.upload("topic" + std::to_string(i)));
  for (int64_t row = 0; row < 500; row += 100) {
    for (auto& upload : uploads) {
      ASSERT_THAT(upload->append(batch_of(rows_from(row, 100))), IsOk());
    }
  }
  for (auto& upload : uploads) EXPECT_THAT(upload->finish(), IsOk());
  const core::MemoryBudget& memory = recording.context().chunk_memory;
  EXPECT_EQ(memory.used(), 0);
  EXPECT_GT(memory.peak(), 0);
  // One at a time, since each is larger than all of it: rows of about 40 bytes and 24 more.
  EXPECT_LE(memory.peak(), 100 * (3 * 60 + 24));
}

// --- The journal ---

TEST(JournalMemory, of_many_topics_at_once_is_inside_the_budget) {
  const TemporaryDirectory directory;
  EngineOptions options;
  options.ingest_memory_bytes = 4 * kMiB;
  options.chunk_threads = 1;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  const auto batch = wide_batch({1}, kMiB);
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 24; ++i) uploads.push_back(recording.upload("topic" + std::to_string(i)));
  const ArrowPeak peak;
  std::vector<std::thread> threads;
  for (auto& upload : uploads) {
    threads.emplace_back([&] { EXPECT_THAT(upload->append(batch), IsOk()); });
  }
  for (auto& thread : threads) thread.join();
  for (auto& upload : uploads) EXPECT_THAT(upload->finish(), IsOk());
  if (peak.is_hidden()) GTEST_SKIP() << "other tests took more";
  // The journal's copies are in the budget; beside it there is what a chunk thread encodes with.
  EXPECT_LE(peak.bytes(), options.ingest_memory_bytes + 4 * kMiB);
  EXPECT_LE(recording.context().ingest_memory.peak(), options.ingest_memory_bytes);
}

// --- Readers that stop ---

TEST(HeldRows, are_counted_once_their_owner_is_gone_and_until_the_last_reader_is) {
  const auto count = std::make_shared<ReaderHeldBytes>(0);
  auto batch = batch_of(rows_from(0, 3));
  {
    HeldRows held(&batch, 100, count);
    EXPECT_EQ(*count, 0);
    HeldRows moved(std::move(held));
    EXPECT_EQ(*count, 0);
  }
  EXPECT_EQ(*count, 100);
  auto reader = batch;
  batch.reset();
  EXPECT_EQ(*count, 100);
  EXPECT_EQ(rows_of(*reader), rows_from(0, 3));
  reader.reset();
  EXPECT_EQ(*count, 0);
}

TEST(HeldRows, that_nobody_reads_are_not_counted) {
  const auto count = std::make_shared<ReaderHeldBytes>(0);
  auto batch = batch_of(rows_from(0, 3));
  HeldRows held(&batch, 100, count);
  batch.reset();
  held = HeldRows();
  EXPECT_EQ(*count, 0);
}

TEST(SlowReaders, cannot_hold_more_rows_in_memory_than_the_scan_budget) {
  constexpr int64_t kRowsEach = 512;  // Half a MiB.
  const TemporaryDirectory directory;
  EngineOptions options;
  options.scan_memory_bytes = 2 * kMiB;
  options.scan_part_bytes = 4 * kKiB;  // A scan of chunks alone takes little of it.
  Recording recording(directory.path(), options);
  recording.create_sequence();
  auto upload = recording.upload("imu");
  const core::MemoryBudget& ingest = recording.context().ingest_memory;
  const auto& held = *recording.context().reader_held_bytes;
  const auto open_scan = [&]() -> Result<std::unique_ptr<Scan>> {
    protocol::ReadDescriptor descriptor;
    descriptor.locator = Recording::topic("imu");
    ARROW_ASSIGN_OR_RAISE(const auto discovery, recording.engine().discover(descriptor));
    ARROW_ASSIGN_OR_RAISE(const auto ticket,
                          protocol::Ticket::parse(discovery.endpoints.at(0).ticket));
    ARROW_ASSIGN_OR_RAISE(auto open, recording.engine().scan(ticket));
    return std::move(open.scan);
  };

  // Each reader takes the rows that are in memory now, and stops.
  std::vector<std::unique_ptr<Scan>> readers;
  Status refusal;
  for (int64_t i = 0; refusal.ok() && i < 100; ++i) {
    DurableRows durable(*upload);
    std::vector<int64_t> times(kRowsEach);
    std::iota(times.begin(), times.end(), i * kRowsEach);
    ASSERT_THAT(upload->append(wide_batch(times, kKiB)), IsOk());
    ASSERT_TRUE(durable.wait_for((i + 1) * kRowsEach));
    upload->on_durable(nullptr);
    auto reader = open_scan();
    refusal = reader.status();
    if (reader.ok()) readers.push_back(std::move(reader).ValueUnsafe());
    // A chunk holds them from here on, and ingest's memory is free.
    upload.reset();
    EXPECT_EQ(ingest.used(), 0);
    upload = recording.upload("imu", /*resume=*/true);
  }
  EXPECT_THAT(refusal, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(refusal.message(), testing::HasSubstr("scan_memory_bytes"));
  EXPECT_LE(held, options.scan_memory_bytes + kMiB);
  EXPECT_GE(std::ssize(readers), 3);

  // Who goes on reads all of its rows; ingest went on all the time.
  int64_t rows = 0;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const auto batch, readers.back()->next());
    if (batch == nullptr) break;
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, kRowsEach * std::ssize(readers));
  readers.clear();
  EXPECT_EQ(held, 0);
  EXPECT_THAT(open_scan(), IsOk());
}

// --- Many topics, many columns, large rows ---

TEST(IngestMemory, holds_two_hundred_topics_at_once) {
  const TemporaryDirectory directory;
  EngineOptions options;
  options.ingest_memory_bytes = 2 * kMiB;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 200; ++i) uploads.push_back(recording.upload("topic" + std::to_string(i)));
  const auto batch = wide_batch({1, 2}, 4 * kKiB);
  std::vector<std::thread> threads;
  for (auto& upload : uploads) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2; ++i) EXPECT_THAT(upload->append(batch), IsOk());
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& upload : uploads) EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_LE(recording.context().ingest_memory.peak(), options.ingest_memory_bytes);
  EXPECT_EQ(recording.context().ingest_memory.used(), 0);
  EXPECT_EQ(recording.describe("topic199").rows, 4);
}

TEST(IngestMemory, counts_the_arrays_of_rows_with_five_thousand_columns) {
  constexpr int kColumns = 5'000;
  const TemporaryDirectory directory;
  EngineOptions options;
  options.ingest_memory_bytes = 16 * kMiB;
  Recording recording(directory.path(), options);
  recording.create_sequence();
  arrow::FieldVector fields = {arrow::field("timestamp_ns", arrow::int64(), false)};
  for (int i = 1; i < kColumns; ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrow::float32()));
  }
  const auto schema = arrow::schema(fields);
  const std::string uuid = recording.create_topic("wide");
  ASSERT_OK_AND_ASSIGN(auto upload, recording.try_upload("wide", uuid, false, schema));
  constexpr int64_t kRows = 12;
  for (int64_t row = 0; row < kRows; ++row) {
    arrow::ArrayVector columns;
    arrow::Int64Builder time;
    ASSERT_THAT(time.Append(row), IsOk());
    columns.push_back(time.Finish().ValueOrDie());
    const auto value = arrow::MakeArrayFromScalar(arrow::FloatScalar(1.5F), 1).ValueOrDie();
    for (int i = 1; i < kColumns; ++i) columns.push_back(value);
    ASSERT_THAT(upload->append(arrow::RecordBatch::Make(schema, 1, columns)), IsOk());
  }
  // Rows of 20 KB with arrays of 1.6 MB around them: without those in it the budget would hold all.
  EXPECT_GT(recording.context().ingest_memory.peak(), kColumns * 320);
  EXPECT_LE(recording.context().ingest_memory.peak(), options.ingest_memory_bytes);
  EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(recording.describe("wide").rows, kRows);
  EXPECT_EQ(recording.context().ingest_memory.used(), 0);
}

}  // namespace
}  // namespace mosaico::engine
