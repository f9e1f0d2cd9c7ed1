#include <arrow/util/byte_size.h>

#include <limits>
#include <numeric>
#include <random>
#include <thread>

#include "engine/read/scan_impl.hpp"
#include "recording.hpp"
#include "stored_topic.hpp"

namespace mosaico::engine {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

std::vector<Row> within(const std::vector<Row>& rows, const protocol::Window& window) {
  std::vector<Row> kept;
  for (const Row& row : in_time_order(rows)) {
    if (window.contains(row.timestamp_ns)) kept.push_back(row);
  }
  return kept;
}

std::vector<Row> drain(Scan& scan) {
  std::vector<Row> rows;
  for (;;) {
    auto batch = scan.next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) return rows;
    EXPECT_GT((*batch)->num_rows(), 0);
    const auto more = rows_of(**batch);
    rows.insert(rows.end(), more.begin(), more.end());
  }
}

// With `crowded`, other readers take all the memory there is once this one is open.
std::vector<Row> read(const StoredTopic& topic, const protocol::Window& window = {},
                      bool crowded = false) {
  auto opened = ScanImpl::open(topic.context(), topic.ticket(window));
  EXPECT_THAT(opened, IsOk());
  if (!opened.ok()) return {};
  auto& budget = topic.context()->scan_memory;
  std::optional<core::MemoryBudget::Reservation> others;
  if (crowded) others = budget.try_reserve(budget.bytes_max() - budget.used());
  const auto rows = drain(*opened->scan);
  const auto figures = figures_of(*topic.context(), opened->plan);
  EXPECT_THAT(figures, IsOk());
  EXPECT_EQ(figures->rows, std::ssize(rows));
  std::optional<protocol::Interval> interval;
  if (!rows.empty()) {
    interval = protocol::Interval{rows.front().timestamp_ns, rows.back().timestamp_ns};
  }
  EXPECT_EQ(figures->interval, interval);
  return rows;
}

TEST(Scan, ATopicWithoutRowsIsAnEmptyStream) {
  StoredTopic topic;
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), topic.ticket()));
  EXPECT_TRUE(opened.scan->schema()->Equals(*row_schema(), true));
  EXPECT_TRUE(drain(*opened.scan).empty());
  EXPECT_THAT(opened.scan->next(), IsOk());
}

TEST(Scan, ChunksThatOverlapComeInTimeOrderAndTiesInPushOrder) {
  StoredTopic topic;
  const auto first = numbered({10, 30, 30, 50});
  const auto second = numbered({30, 20, 50, 60}, 4);
  topic.publish(first, 2);
  topic.publish(second, 2);
  EXPECT_EQ(
      read(topic),
      (std::vector<Row>{{10, 0}, {20, 5}, {30, 1}, {30, 2}, {30, 4}, {50, 3}, {50, 6}, {60, 7}}));
}

TEST(Scan, RowsOutsideChunksAreReadToo) {
  StoredTopic topic;
  topic.publish(numbered({10, 20, 30}));
  topic.add_live(numbered({25, 5}, 3));
  topic.add_live(numbered({40, 30}, 5));
  EXPECT_EQ(read(topic),
            (std::vector<Row>{{5, 4}, {10, 0}, {20, 1}, {25, 3}, {30, 2}, {30, 6}, {40, 5}}));
}

TEST(Scan, AChunkPublishedAfterTheSnapshotIsNeitherMissedNorDoubled) {
  StoredTopic topic;
  const auto rows = numbered({1, 2, 3, 4});
  topic.add_live({rows.begin(), rows.begin() + 2});
  topic.add_live({rows.begin() + 2, rows.end()});
  const auto snapshot = topic.live().snapshot();
  topic.publish(std::vector<Row>{rows.begin(), rows.begin() + 3});
  ASSERT_OK_AND_ASSIGN(const auto plan, plan_scan(*topic.context(), topic.ticket(), snapshot, 0));
  ASSERT_OK_AND_ASSIGN(const auto figures, figures_of(*topic.context(), plan));
  EXPECT_EQ(figures.rows, 4);
  EXPECT_EQ(plan.chunks.size(), 1U);
  ASSERT_EQ(plan.tail.size(), 1U);
  EXPECT_EQ(rows_of(*plan.tail[0].batch), (std::vector<Row>{{4, 3}}));
}

TEST(Scan, TheEndsOfTimeAreOrdinaryTimes) {
  StoredTopic topic;
  const auto rows = numbered({kLatest, kEarliest, -1, 0});
  topic.publish(rows);
  topic.publish(numbered({kLatest, kLatest}, 4));
  topic.add_live(numbered({kLatest, kEarliest}, 6));
  EXPECT_EQ(read(topic).size(), 8U);
  EXPECT_EQ(read(topic, {.start_ns = kLatest, .end_ns = {}}),
            (std::vector<Row>{{kLatest, 0}, {kLatest, 4}, {kLatest, 5}, {kLatest, 6}}));
  EXPECT_EQ(read(topic, {.start_ns = {}, .end_ns = kLatest}).size(), 4U);
  EXPECT_EQ(read(topic, {.start_ns = {}, .end_ns = kEarliest + 1}).size(), 2U);
  EXPECT_TRUE(read(topic, {.start_ns = {}, .end_ns = kEarliest}).empty());
  EXPECT_EQ(read(topic, {.start_ns = -1, .end_ns = 0}), (std::vector<Row>{{-1, 2}}));
}

TEST(Scan, AWindowMustStartBeforeItEnds) {
  StoredTopic topic;
  EXPECT_THAT(ScanImpl::open(topic.context(), topic.ticket({.start_ns = 5, .end_ns = 5})),
              FailsAs(ErrorKind::Invalid));
}

TEST(Scan, ATicketOfADeletedTopicIsNotFound) {
  StoredTopic topic;
  auto ticket = topic.ticket();
  ++ticket.topic_id;
  EXPECT_THAT(ScanImpl::open(topic.context(), ticket), FailsAs(ErrorKind::NotFound));
  ASSERT_THAT(topic.context()->catalog->delete_topic("drive", "imu", true), IsOk());
  EXPECT_THAT(ScanImpl::open(topic.context(), topic.ticket()), FailsAs(ErrorKind::NotFound));
}

TEST(Scan, ADeletionMeanwhileIsToldAsSuch) {
  StoredTopic topic;
  topic.publish(numbered({1}));
  topic.publish(numbered({2}, 1));
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), topic.ticket()));
  ASSERT_THAT(topic.context()->catalog->delete_topic("drive", "imu", true), IsOk());
  ASSERT_THAT(topic.context()->store->remove_all("data"), IsOk());
  EXPECT_THAT(opened.scan->next(), FailsAs(ErrorKind::Cancelled));
}

TEST(Scan, AMissingFileIsNotTakenForADeletion) {
  StoredTopic topic;
  topic.publish(numbered({1}));
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), topic.ticket()));
  ASSERT_THAT(topic.context()->store->remove_all("data"), IsOk());
  EXPECT_THAT(opened.scan->next(), FailsAs(ErrorKind::Corrupt));
}

// Nothing is sorted or counted up front: the first rows come although the later ones are gone.
TEST(Scan, TheFirstRowsWaitForNoLaterChunk) {
  EngineOptions options;
  options.scan_part_bytes = 1000;
  StoredTopic topic(options);
  std::vector<int64_t> times(100);
  for (int chunk = 0; chunk < 20; ++chunk) {
    std::iota(times.begin(), times.end(), 100 * chunk);
    topic.publish(numbered(times, 100 * chunk));
  }
  auto ticket = topic.ticket();
  ticket.batch_bytes = 1000;
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), ticket));
  for (int chunk = 10; chunk < 20; ++chunk) {
    const std::string path = "data/drive/imu/" + std::to_string(100 * chunk) + ".parquet";
    ASSERT_THAT(topic.context()->store->remove(path), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto first, opened.scan->next());
  EXPECT_EQ(rows_of(*first).front(), (Row{.timestamp_ns = 0, .number = 0}));
}

// However long the window and wherever it begins: a reader waits for the first rows alone.
TEST(Scan, TheFirstBatchOfAWindowIsSmallAndReadsNoRowBehindIt) {
  EngineOptions options;
  options.first_batch_rows = 50;
  StoredTopic topic(options);
  constexpr int64_t kRows = 40'000;
  std::vector<int64_t> times(kRows);
  for (int64_t i = 0; i < kRows; ++i) times[static_cast<size_t>(i)] = 10 * i;
  topic.publish(numbered(times), kRows);
  const auto all = numbered(times);
  for (const int64_t begin : {0, 1003, 10'000}) {
    const int64_t read_before = topic.read_bytes();
    ASSERT_OK_AND_ASSIGN(
        auto opened, ScanImpl::open(topic.context(), topic.ticket({.start_ns = 10 * begin - 5})));
    ASSERT_OK_AND_ASSIGN(const auto first, opened.scan->next());
    EXPECT_LE(first->num_rows(), 50);
    EXPECT_EQ(rows_of(*first).front(), all[static_cast<size_t>(begin)]);
    EXPECT_LT(topic.read_bytes() - read_before, topic.file_bytes() / 2) << begin;
    EXPECT_EQ(std::ssize(drain(*opened.scan)), kRows - begin - first->num_rows());
  }
}

// Whoever asks for it gets more rows for as many bytes.
// Whether the scan says behind each of its batches that it was the last.
std::vector<bool> ends_told(Scan& scan) {
  std::vector<bool> told;
  for (;;) {
    auto batch = scan.next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) return told;
    told.push_back(scan.at_end());
  }
}

TEST(Scan, TellsWithItsLastBatchThatThereIsNoMore) {
  EngineOptions options;
  options.first_batch_rows = 2;
  StoredTopic topic(options);
  topic.publish(numbered({10, 20}), 2);
  ASSERT_OK_AND_ASSIGN(auto one_chunk, ScanImpl::open(topic.context(), topic.ticket()));
  EXPECT_EQ(ends_told(*one_chunk.scan), (std::vector<bool>{true}));

  topic.add_live({{30, 2}, {40, 3}});
  ASSERT_OK_AND_ASSIGN(auto with_tail, ScanImpl::open(topic.context(), topic.ticket()));
  EXPECT_EQ(ends_told(*with_tail.scan), (std::vector<bool>{false, true}));
  ASSERT_OK_AND_ASSIGN(auto window, ScanImpl::open(topic.context(), topic.ticket({.end_ns = 30})));
  EXPECT_EQ(ends_told(*window.scan), (std::vector<bool>{true})) << "the tail lies behind it";

  ASSERT_OK_AND_ASSIGN(auto live,
                       ScanImpl::open(topic.context(), topic.ticket({}, /*follow=*/true)));
  EXPECT_THAT(live.scan->next(), IsOk());
  EXPECT_THAT(live.scan->next(), IsOk());
  EXPECT_FALSE(live.scan->at_end()) << "more may come";
}

TEST(Scan, SharedNullsAreCountedOnce) {
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("a", arrow::float64()),
       arrow::field("b", arrow::float64()), arrow::field("c", arrow::float64())});
  constexpr int64_t kRows = 20'000;
  std::vector<int64_t> times(kRows);
  std::iota(times.begin(), times.end(), 0);
  arrow::Int64Builder builder;
  ASSERT_THAT(builder.AppendValues(times), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto nulls, arrow::MakeArrayOfNull(arrow::float64(), kRows));
  const auto rows =
      arrow::RecordBatch::Make(schema, kRows, {builder.Finish().ValueOrDie(), nulls, nulls, nulls});
  StoredTopic topic({}, schema);
  topic.publish(*rows, kRows);
  const auto batches_of = [&](bool share_nulls) {
    auto ticket = topic.ticket();
    ticket.batch_bytes = 32'000;
    ticket.share_nulls = share_nulls;
    auto opened = ScanImpl::open(topic.context(), ticket).ValueOrDie();
    int64_t seen = 0;
    int64_t batches = 0;
    while (const auto batch = opened.scan->next().ValueOrDie()) {
      EXPECT_TRUE(batch->Equals(*rows->Slice(seen, batch->num_rows())));
      seen += batch->num_rows();
      ++batches;
    }
    EXPECT_EQ(seen, kRows);
    return batches;
  };
  EXPECT_GE(batches_of(false), 20);
  EXPECT_LE(batches_of(true), 16);
}

// A column of many pictures grows by copying what it has.
TEST(Scan, LargeRowsAreDecodedAFewAtATime) {
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("data", arrow::binary())});
  constexpr int64_t kRows = 16;
  arrow::Int64Builder times;
  arrow::BinaryBuilder pictures;
  for (int64_t i = 0; i < kRows; ++i) {
    ASSERT_THAT(times.Append(i), IsOk());
    ASSERT_THAT(pictures.Append(std::string(300'000, static_cast<char>('a' + i))), IsOk());
  }
  const auto rows = arrow::RecordBatch::Make(
      schema, kRows, {times.Finish().ValueOrDie(), pictures.Finish().ValueOrDie()});
  StoredTopic topic({}, schema);
  topic.publish(*rows, 8);
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), topic.ticket()));
  int64_t seen = 0;
  while (const auto batch = opened.scan->next().ValueOrDie()) {
    EXPECT_LE(batch->num_rows(), 3);
    EXPECT_TRUE(batch->Equals(*rows->Slice(seen, batch->num_rows())));
    seen += batch->num_rows();
  }
  EXPECT_EQ(seen, kRows);
  EXPECT_EQ(topic.context()->scan_memory.used(), 0);
}

TEST(Scan, ACancelledScanSaysSo) {
  StoredTopic topic;
  topic.publish(numbered({1}));
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), topic.ticket()));
  opened.scan->cancel();
  EXPECT_THAT(opened.scan->next(), FailsAs(ErrorKind::Cancelled));
}

// What a follower gives, on a thread of its own, until the stream ends.
class Follower {
 public:
  explicit Follower(const StoredTopic& topic, const protocol::Window& window = {}) {
    auto opened = ScanImpl::open(topic.context(), topic.ticket(window, true));
    EXPECT_THAT(opened, IsOk());
    scan_ = std::move(opened->scan);
    thread_ = std::thread([this] { run(); });
  }
  explicit Follower(std::unique_ptr<Scan> scan) : scan_(std::move(scan)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Follower() { join(); }

  std::vector<Row> wait_for(int64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::ssize(rows_) >= count || ended_; });
    return rows_;
  }
  std::vector<Row> join() {
    if (thread_.joinable()) thread_.join();
    return rows_;
  }
  void cancel() { scan_->cancel(); }
  const Status& status() const { return status_; }

 private:
  void run() {
    for (;;) {
      auto batch = scan_->next();
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
      status_ = batch.status();
      ended_ = !batch.ok() || *batch == nullptr;
      if (ended_) return;
      const auto more = rows_of(**batch);
      rows_.insert(rows_.end(), more.begin(), more.end());
    }
  }

  std::unique_ptr<Scan> scan_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Row> rows_;
  Status status_;
  bool ended_ = false;
  std::thread thread_;
};

TEST(ScanFollow, GoesOnUntilTheTopicIsFinalized) {
  StoredTopic topic;
  topic.publish(numbered({1, 2}));
  Follower follower(topic);
  EXPECT_EQ(follower.wait_for(2).size(), 2U);
  topic.add_live(numbered({3}, 2));
  EXPECT_EQ(follower.wait_for(3).size(), 3U);
  topic.add_live(numbered({4, 0}, 3));
  EXPECT_EQ(follower.wait_for(5).size(), 5U);
  topic.publish(numbered({3, 4, 0}, 2));
  topic.publish(numbered({9}, 5));
  topic.finalize();
  EXPECT_EQ(follower.join(), (std::vector<Row>{{1, 0}, {2, 1}, {3, 2}, {0, 4}, {4, 3}, {9, 5}}));
  EXPECT_THAT(follower.status(), IsOk());
}

TEST(ScanFollow, OnAFinalizedTopicIsAnOrdinaryStream) {
  StoredTopic topic;
  topic.publish(numbered({1, 2}));
  topic.finalize();
  Follower follower(topic);
  EXPECT_EQ(follower.join().size(), 2U);
}

TEST(ScanFollow, RowsGivenFromTheTailAreNotGivenAgainFromTheirChunk) {
  StoredTopic topic;
  topic.add_live(numbered({5, 7, 5}));
  ASSERT_OK_AND_ASSIGN(auto opened, ScanImpl::open(topic.context(), topic.ticket({}, true)));
  ASSERT_OK_AND_ASSIGN(auto batch, opened.scan->next());
  EXPECT_EQ(rows_of(*batch), (std::vector<Row>{{5, 0}, {5, 2}, {7, 1}}));
  // The reader was slow: of this chunk it has the first three rows.
  topic.publish(numbered({5, 7, 5, 5, 7, 6}));
  topic.publish(numbered({1}, 6));
  topic.finalize();
  EXPECT_EQ(drain(*opened.scan), (std::vector<Row>{{1, 6}, {5, 3}, {6, 5}, {7, 4}}));
}

TEST(ScanFollow, KeepsToItsWindow) {
  StoredTopic topic;
  topic.add_live(numbered({5, 17, 5}));
  Follower follower(topic, {.start_ns = 5, .end_ns = 10});
  EXPECT_EQ(follower.wait_for(2).size(), 2U);
  topic.publish(numbered({5, 17, 5, 5, 17, 9}));
  topic.finalize();
  EXPECT_EQ(follower.join(), (std::vector<Row>{{5, 0}, {5, 2}, {5, 3}, {9, 5}}));
}

TEST(ScanFollow, CancelWakesIt) {
  StoredTopic topic;
  topic.publish(numbered({1}));
  Follower follower(topic);
  follower.wait_for(1);
  follower.cancel();
  follower.join();
  EXPECT_THAT(follower.status(), FailsAs(ErrorKind::Cancelled));
}

TEST(ScanFollow, ADeletionEndsIt) {
  StoredTopic topic;
  Follower follower(topic);
  ASSERT_THAT(topic.context()->catalog->delete_topic("drive", "imu", true), IsOk());
  topic.context()->live.end(topic.id(), core::error(ErrorKind::NotFound, "deleted"));
  follower.join();
  EXPECT_THAT(follower.status(), FailsAs(ErrorKind::Cancelled));
}

TEST(ScanFollow, ClosingEndsIt) {
  StoredTopic topic;
  Follower follower(topic);
  topic.context()->closing.request_stop();
  topic.context()->live.end_all(core::error(ErrorKind::Unavailable, "closing"));
  follower.join();
  EXPECT_THAT(follower.status(), FailsAs(ErrorKind::Unavailable));
}

TEST(Scan, AgreesWithASortForRandomRowsAndWindows) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](int64_t n) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
    };
    EngineOptions options;
    options.limits.target_encode_bytes = 200 << below(12);
    options.scan_part_bytes = 1 + below(8000);
    StoredTopic topic(options);
    std::vector<Row> all;
    const int64_t chunks = below(6);
    const int64_t step = below(200);
    for (int64_t i = 0; i < chunks + 5; ++i) {
      std::vector<int64_t> times(static_cast<size_t>(1 + below(i < chunks ? 500 : 60)));
      for (auto& time : times) time = i * step + below(300) - 400;
      const auto rows = numbered(times, std::ssize(all));
      all.insert(all.end(), rows.begin(), rows.end());
      if (i < chunks) {
        topic.publish(rows, 1 + below(120));
      } else {
        topic.add_live(rows);
      }
    }
    ASSERT_EQ(read(topic), in_time_order(all)) << "seed " << seed;
    for (int window = 0; window < 8; ++window) {
      protocol::Window asked;
      if (below(4) > 0) asked.start_ns = below(1800) - 500;
      if (below(4) > 0) asked.end_ns = asked.start_ns.value_or(-500) + 1 + below(800);
      ASSERT_EQ(read(topic, asked, below(2) == 0), within(all, asked)) << "seed " << seed;
    }
  }
}

TEST(Scan, ManyOverlappingChunksFitIntoTheBudget) {
  EngineOptions options;
  options.scan_memory_bytes = 1 << 20;
  options.scan_part_bytes = 1000;
  StoredTopic topic(options);
  std::vector<Row> all;
  std::mt19937 random(7);
  for (int chunk = 0; chunk < 300; ++chunk) {
    std::vector<int64_t> times(20);
    for (auto& time : times) time = static_cast<int64_t>(random() % 1000);
    const auto rows = numbered(times, std::ssize(all));
    all.insert(all.end(), rows.begin(), rows.end());
    topic.publish(rows);
  }
  EXPECT_EQ(read(topic), in_time_order(all));
  EXPECT_LE(topic.context()->scan_memory.peak(), options.scan_memory_bytes);
  EXPECT_EQ(topic.context()->scan_memory.used(), 0);
}

// Reads a topic with many scans in turn, each a batch at a time.
std::vector<std::vector<Row>> read_at_once(const StoredTopic& topic, size_t count,
                                           const protocol::Ticket& ticket) {
  std::vector<std::unique_ptr<Scan>> scans;
  std::vector<std::vector<Row>> seen(count);
  const auto read_next = [&](size_t scan) {
    ASSERT_OK_AND_ASSIGN(const auto batch, scans[scan]->next());
    if (batch == nullptr) return scans[scan].reset();
    const auto more = rows_of(*batch);
    seen[scan].insert(seen[scan].end(), more.begin(), more.end());
  };
  for (size_t scan = 0; scan < count; ++scan) {
    auto opened = ScanImpl::open(topic.context(), ticket);
    EXPECT_THAT(opened, IsOk());
    if (!opened.ok()) return seen;
    scans.push_back(std::move(opened->scan));
    read_next(scan);
  }
  const auto runs = [](const auto& scan) { return scan != nullptr; };
  while (std::any_of(scans.begin(), scans.end(), runs)) {
    for (size_t scan = 0; scan < count; ++scan) {
      if (scans[scan] != nullptr) read_next(scan);
    }
  }
  return seen;
}

std::vector<Row> ascending_rows(size_t count) {
  std::vector<int64_t> times(count);
  std::iota(times.begin(), times.end(), 0);
  return numbered(times);
}

// Those that opened first hold whole row groups, which the budget has not for all.
TEST(Scan, ManyAtOnceFindRoomBesideThoseThatOpenedFirst) {
  EngineOptions options;
  options.scan_memory_bytes = 1 << 20;
  options.scan_part_bytes = 1000;
  StoredTopic topic(options);
  const auto rows = ascending_rows(6000);
  topic.publish(rows, 2000);
  auto ticket = topic.ticket();
  ticket.batch_bytes = 1000;
  for (const auto& seen : read_at_once(topic, 64, ticket)) EXPECT_EQ(seen, rows);
  EXPECT_LE(topic.context()->scan_memory.peak(), options.scan_memory_bytes);
  EXPECT_EQ(topic.context()->scan_memory.used(), 0);
}

// A row group that does not fit is decoded part by part, and still once.
TEST(Scan, ManyAtOnceReadEachByteOnce) {
  EngineOptions options;
  options.scan_memory_bytes = 24 << 20;
  options.scan_part_bytes = 4000;
  StoredTopic topic(options);
  const auto rows = ascending_rows(20'000);
  topic.publish(rows, 10'000);
  auto ticket = topic.ticket();
  ticket.batch_bytes = 8000;
  constexpr size_t kScans = 64;
  for (const auto& seen : read_at_once(topic, kScans, ticket)) EXPECT_EQ(seen, rows);
  EXPECT_LE(topic.read_bytes(), static_cast<int64_t>(kScans) * topic.file_bytes() * 11 / 10);
  EXPECT_LE(topic.context()->scan_memory.peak(), options.scan_memory_bytes);
  EXPECT_EQ(topic.context()->scan_memory.used(), 0);
}

TEST(Scan, WithoutItsLeastMemoryIsRefusedWhenItOpens) {
  EngineOptions options;
  options.scan_memory_bytes = 8'000;
  StoredTopic topic(options);
  topic.publish(numbered({1, 2, 3}));
  const auto held = topic.context()->scan_memory.try_reserve(7'900);
  ASSERT_TRUE(held.has_value());
  EXPECT_THAT(ScanImpl::open(topic.context(), topic.ticket()), FailsAs(ErrorKind::LimitExceeded));
}

TEST(Scan, WhileRowsArriveHasNoGapAndNoDouble) {
  StoredTopic topic;
  constexpr int64_t kRows = 20'000;
  std::thread writer([&topic] {
    std::vector<Row> open;
    for (int64_t row = 0; row < kRows;) {
      std::vector<int64_t> times(50);
      for (auto& time : times) time = row + ((row * 7919) % 101);
      const auto batch = numbered(times, row);
      topic.add_live(batch);
      open.insert(open.end(), batch.begin(), batch.end());
      row += 50;
      if (open.size() == 1000) {
        topic.publish(open);
        open.clear();
      }
    }
  });
  size_t seen = 0;
  while (seen < static_cast<size_t>(kRows)) {
    auto opened = ScanImpl::open(topic.context(), topic.ticket());
    ASSERT_THAT(opened, IsOk());
    auto rows = drain(*opened->scan);
    ASSERT_GE(rows.size(), seen);
    seen = rows.size();
    ASSERT_EQ(rows, in_time_order(rows));
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return a.number < b.number; });
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i].number, static_cast<int64_t>(i));
  }
  writer.join();
}

// The same through the whole engine: journal, group commits, chunks.
class ScanOfARecording : public testing::Test {
 protected:
  void open(const EngineOptions& options) {
    recording_ = std::make_unique<Recording>(directory_.path(), options);
    recording_->create_sequence();
  }

  Result<std::unique_ptr<Scan>> scan(const std::string& topic, bool follow = false) {
    protocol::ReadDescriptor descriptor;
    descriptor.locator = Recording::topic(topic);
    descriptor.follow = follow;
    ARROW_ASSIGN_OR_RAISE(const auto found, recording_->engine().discover(descriptor));
    ARROW_ASSIGN_OR_RAISE(const auto ticket, protocol::Ticket::parse(found.endpoints.at(0).ticket));
    ARROW_ASSIGN_OR_RAISE(auto opened, recording_->engine().scan(ticket));
    return std::move(opened.scan);
  }

  const TemporaryDirectory directory_;
  std::unique_ptr<Recording> recording_;
};

TEST_F(ScanOfARecording, ReadersAndAFollowerSeeEveryRowOnceWhileItGrows) {
  EngineOptions options;
  options.chunk_rows = 1500;
  options.row_group_rows = 400;
  options.group_commit = std::chrono::milliseconds(1);
  open(options);
  constexpr int64_t kRows = 30'000;
  auto upload = recording_->upload("imu");
  ASSERT_OK_AND_ASSIGN(auto followed, scan("imu", true));
  Follower follower(std::move(followed));
  std::thread writer([&upload] {
    std::mt19937 random(3);
    for (int64_t row = 0; row < kRows;) {
      std::vector<int64_t> times(1 + random() % 200);
      times.resize(std::min(times.size(), static_cast<size_t>(kRows - row)));
      for (auto& time : times) time = row + static_cast<int64_t>(random() % 300);
      ASSERT_THAT(upload->append(batch_of(numbered(times, row))), IsOk());
      row += std::ssize(times);
    }
    ASSERT_THAT(upload->finish(), IsOk());
  });
  const auto by_number = [](const Row& a, const Row& b) { return a.number < b.number; };
  const auto is_whole = [](const std::vector<Row>& rows) {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].number != static_cast<int64_t>(i)) return false;
    }
    return true;
  };
  size_t seen = 0;
  while (seen < static_cast<size_t>(kRows)) {
    ASSERT_OK_AND_ASSIGN(auto opened, scan("imu"));
    auto rows = drain(*opened);
    ASSERT_GE(rows.size(), seen);
    seen = rows.size();
    ASSERT_EQ(rows, in_time_order(rows));
    std::sort(rows.begin(), rows.end(), by_number);
    ASSERT_TRUE(is_whole(rows));
  }
  writer.join();
  auto followed_rows = follower.join();
  EXPECT_THAT(follower.status(), IsOk());
  std::sort(followed_rows.begin(), followed_rows.end(), by_number);
  EXPECT_EQ(followed_rows.size(), static_cast<size_t>(kRows));
  EXPECT_TRUE(is_whole(followed_rows));
}

TEST_F(ScanOfARecording, AFollowerStaysWithAnUploadThatBreaksAndResumes) {
  open({});
  auto upload = recording_->upload("imu");
  ASSERT_OK_AND_ASSIGN(auto followed, scan("imu", true));
  Follower follower(std::move(followed));
  ASSERT_THAT(upload->append(batch_of(numbered({1, 2}))), IsOk());
  EXPECT_EQ(follower.wait_for(2).size(), 2U);
  upload->interrupt();
  upload.reset();
  upload = recording_->upload("imu", true);
  ASSERT_THAT(upload->append(batch_of(numbered({3}, 2))), IsOk());
  EXPECT_EQ(follower.wait_for(3).size(), 3U);
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(follower.join(), numbered({1, 2, 3}));
  EXPECT_THAT(follower.status(), IsOk());
}

TEST_F(ScanOfARecording, ADeletionEndsItsFollower) {
  open({});
  auto upload = recording_->upload("imu");
  ASSERT_OK_AND_ASSIGN(auto followed, scan("imu", true));
  Follower follower(std::move(followed));
  ASSERT_THAT(recording_->engine().sequence_delete(Recording::sequence()), IsOk());
  follower.join();
  EXPECT_THAT(follower.status(), FailsAs(ErrorKind::Cancelled));
}

TEST_F(ScanOfARecording, LargeRecordsTravelAloneAndSmallOnesTogether) {
  EngineOptions options;
  options.limits.max_encode_bytes = 1 << 20;
  options.limits.target_encode_bytes = 1 << 20;
  open(options);
  const auto schema = arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                                     arrow::field("data", arrow::binary(), false)});
  ASSERT_OK_AND_ASSIGN(
      auto upload,
      recording_->try_upload("camera", recording_->create_topic("camera"), false, schema));
  const std::vector<int64_t> sizes = {3 << 20, 100, 200, 5 << 20, 300'000, 300'000, 300'000, 7};
  int64_t time = 0;
  for (const int64_t size : sizes) {
    arrow::Int64Builder times;
    arrow::BinaryBuilder blobs;
    ASSERT_THAT(times.Append(time++), IsOk());
    ASSERT_THAT(blobs.Append(std::string(static_cast<size_t>(size), 'x')), IsOk());
    ASSERT_THAT(upload->append(arrow::RecordBatch::Make(
                    schema, 1, {times.Finish().ValueOrDie(), blobs.Finish().ValueOrDie()})),
                IsOk());
  }
  ASSERT_THAT(upload->finish(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto batches, recording_->read_batches("camera"));
  std::vector<int64_t> found;
  for (const auto& batch : batches) {
    EXPECT_TRUE(batch->schema()->Equals(*schema, true));
    ASSERT_OK_AND_ASSIGN(const int64_t bytes, arrow::util::ReferencedBufferSize(*batch));
    EXPECT_TRUE(batch->num_rows() == 1 || bytes <= options.limits.max_encode_bytes);
    const auto& blobs = static_cast<const arrow::BinaryArray&>(*batch->column(1));
    for (int64_t i = 0; i < blobs.length(); ++i) found.push_back(blobs.value_length(i));
  }
  EXPECT_EQ(found, sizes);
  EXPECT_LT(batches.size(), sizes.size());
}

}  // namespace
}  // namespace mosaico::engine
