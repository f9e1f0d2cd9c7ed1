#include "client/lane.hpp"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <limits>
#include <new>
#include <thread>

#include "ontology/arrow_schema.hpp"
#include "support/status_matchers.hpp"

namespace {

// Counts the heap allocations of threads that ask for it.
thread_local bool counts_allocations = false;
thread_local int64_t allocations = 0;

void* allocate_or_null(std::size_t bytes) noexcept {
  if (counts_allocations) ++allocations;
  return std::malloc(bytes);
}

void* allocate(std::size_t bytes) {
  if (void* memory = allocate_or_null(bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate_or_null(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate_or_null(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace mosaico::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Sample {
  int64_t number = 0;
  std::optional<double> value = {};
};
MOSAICO_ONTOLOGY(Sample, "LaneTestSample", number, value)

// What arrived, and a gate that a test may shut in front of it.
class Receiver {
 public:
  void shut() { set(true); }
  void open() { set(false); }

  void fail(const Status& error) {
    std::lock_guard guard(mutex_);
    error_ = error;
    changed_.notify_all();
  }
  // The other side goes away: what it took past `durable_rows` is lost.
  void lose(size_t durable_rows) {
    std::lock_guard guard(mutex_);
    error_ = core::error(ErrorKind::Unavailable, "the connection is lost");
    numbers_.resize(durable_rows);
    changed_.notify_all();
  }
  // And comes back, once the lane has noticed.
  void come_back() {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return cancelled_streams_ > 0; });
    error_ = Status::OK();
    changed_.notify_all();
  }
  // The next stream that is asked to end breaks; the topic has ended then, or has not.
  enum class TopicEnd { Missed, Done };
  void break_the_end(TopicEnd end) {
    std::lock_guard guard(mutex_);
    broken_end_ = end;
  }
  // What each stream does as its last act. One that is broken off then waits for its successor.
  void set_last_act(std::function<void()> act) {
    std::lock_guard guard(mutex_);
    last_act_ = std::move(act);
  }
  // A stream that breaks says so to who waits for its rows only when so many have arrived.
  void answer_late(size_t rows) {
    std::lock_guard guard(mutex_);
    late_rows_ = rows;
  }
  void note_reopening() {
    std::lock_guard guard(mutex_);
    ++reopenings_;
    changed_.notify_all();
  }
  void wait_for_rows(size_t rows) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return numbers_.size() >= rows; });
  }
  void wait_for_batches(size_t batches) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return batch_rows_.size() >= batches; });
  }
  // Rows are acknowledged up to here only.
  void set_durable_max(int64_t rows) {
    std::lock_guard guard(mutex_);
    durable_max_ = rows;
    changed_.notify_all();
  }
  void wait_for_writer() {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return writers_ > 0; });
  }
  std::vector<int64_t> numbers() const {
    std::lock_guard guard(mutex_);
    return numbers_;
  }
  std::vector<int64_t> batch_rows() const {
    std::lock_guard guard(mutex_);
    return batch_rows_;
  }
  bool finished() const {
    std::lock_guard guard(mutex_);
    return finished_;
  }
  // The former stream is not known to be dead: it is asked `times` times whether the topic has
  // ended before that is known, and no stream opens until then.
  void stay_locked(int times) {
    std::lock_guard guard(mutex_);
    locked_ = times;
  }
  bool locked() const {
    std::lock_guard guard(mutex_);
    return finished_ || locked_ > 0;
  }
  bool tell_end() {
    std::lock_guard guard(mutex_);
    if (locked_ > 0) --locked_;
    return finished_;
  }

 private:
  friend class GatedUpload;
  void set(bool shut) {
    std::lock_guard guard(mutex_);
    shut_ = shut;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  int cancelled_streams_ = 0;
  bool finished_ = false;
  int locked_ = 0;
  std::optional<TopicEnd> broken_end_;
  std::function<void()> last_act_;
  int reopenings_ = 0;
  int writers_ = 0;
  int64_t durable_max_ = std::numeric_limits<int64_t>::max();
  size_t late_rows_ = 0;
  Status error_;
  std::vector<int64_t> numbers_;
  std::vector<int64_t> batch_rows_;
};

class GatedUpload final : public UploadStream {
 public:
  explicit GatedUpload(std::shared_ptr<Receiver> receiver) : receiver_(std::move(receiver)) {}
  ~GatedUpload() override {
    std::unique_lock guard(receiver_->mutex_);
    const auto last_act = receiver_->last_act_;
    guard.unlock();
    if (last_act) last_act();
  }

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    Receiver& to = *receiver_;
    std::unique_lock guard(to.mutex_);
    ++to.writers_;
    to.changed_.notify_all();
    to.changed_.wait(guard, [&] { return !to.shut_ || cancelled_ || !to.error_.ok(); });
    --to.writers_;
    if (!to.error_.ok()) return to.error_;
    if (cancelled_) return core::error(ErrorKind::Cancelled, "cancelled");
    const auto& numbers = static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("number"));
    for (int64_t i = 0; i < numbers.length(); ++i) to.numbers_.push_back(numbers.Value(i));
    to.batch_rows_.push_back(batch->num_rows());
    to.changed_.notify_all();
    return Status::OK();
  }
  Result<int64_t> wait_durable(int64_t rows) override {
    Receiver& to = *receiver_;
    std::unique_lock guard(to.mutex_);
    const auto durable = [&] {
      return std::min(static_cast<int64_t>(to.numbers_.size()), to.durable_max_);
    };
    const auto lost = [&] { return core::is_kind(to.error_, ErrorKind::Unavailable); };
    to.changed_.wait(guard, [&] { return durable() >= rows || cancelled_ || lost(); });
    if (rows > 0 && (cancelled_ || lost())) {
      to.changed_.wait(guard, [&] { return to.numbers_.size() >= to.late_rows_; });
    }
    if (lost()) return to.error_;
    if (cancelled_) return core::error(ErrorKind::Cancelled, "cancelled");
    return durable();
  }
  Status finish() override {
    std::lock_guard guard(receiver_->mutex_);
    const auto broken = std::exchange(receiver_->broken_end_, std::nullopt);
    receiver_->finished_ = broken != Receiver::TopicEnd::Missed;
    return broken ? core::error(ErrorKind::Unavailable, "the connection is lost")
                  : receiver_->error_;
  }
  void cancel() override {
    std::unique_lock guard(receiver_->mutex_);
    if (!std::exchange(cancelled_, true)) ++receiver_->cancelled_streams_;
    receiver_->changed_.notify_all();
    receiver_->changed_.wait(
        guard, [this] { return !receiver_->last_act_ || receiver_->reopenings_ > 0; });
  }

 private:
  std::shared_ptr<Receiver> receiver_;
  bool cancelled_ = false;  // Guarded by receiver_->mutex_.
};

class LaneTest : public testing::Test {
 protected:
  struct Opened {
    std::shared_ptr<Lane> lane;
    std::shared_ptr<Receiver> receiver;
  };

  Opened open(WhenFull when_full = WhenFull::Block, size_t batch_rows = 10, size_t pending = 2,
              std::chrono::nanoseconds reconnect_time = {}) {
    auto receiver = std::make_shared<Receiver>();
    LaneOptions options{.name = "/samples",
                        .batch_bytes_max = 1 << 20,
                        .batch_rows_max = batch_rows,
                        .record_bytes_max = 1 << 20,
                        .pending_batches_max = pending,
                        .batch_age_max = std::chrono::hours(1),
                        .reconnect_time = reconnect_time,
                        .sign_period = std::chrono::hours(1),
                        .when_full = when_full};
    const OntologyType type = ontology_type<Sample>();
    auto lane = std::make_shared<Lane>(
        std::move(options), Lane::Parts{.type = type,
                                        .lane_class = &detail::kLaneClassOf<Sample>,
                                        .schema = *ontology::to_arrow_schema(type.schema()),
                                        .stream = std::make_unique<GatedUpload>(receiver),
                                        .reopen = [receiver] { return reopen(receiver); },
                                        .has_ended = [receiver] { return receiver->tell_end(); },
                                        .shares = shares_,
                                        .executor = executor_of_lanes_});
    lanes_.push_back(lane);
    return {lane, receiver};
  }

  static Result<std::unique_ptr<UploadStream>> reopen(const std::shared_ptr<Receiver>& receiver) {
    receiver->note_reopening();
    if (receiver->locked()) return core::error(ErrorKind::Locked, "the topic is taken");
    auto stream = std::make_unique<GatedUpload>(receiver);
    ARROW_RETURN_NOT_OK(stream->wait_durable(0));
    return stream;
  }

  void TearDown() override {
    for (const auto& lane : lanes_) {
      lane->break_off(core::error(ErrorKind::Cancelled, "the test is over"));
      lane->wait_broken_off();
    }
    lanes_.clear();
  }

  static PushResult push(Lane& lane, int64_t number, bool wait = true) {
    return lane.push(number, Sample{.number = number, .value = {}}, Header{}, wait);
  }
  static void push_range(Lane& lane, int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) push(lane, i);
  }
  // Pushes until the lane takes no more: one batch stands at the shut gate, the queue is full, and
  // so is the batch being filled. Tells how many rows it took.
  static int64_t fill(Lane& lane, Receiver& receiver, int64_t batch_rows = 10) {
    push_range(lane, 0, batch_rows);
    receiver.wait_for_writer();
    int64_t taken = batch_rows;
    while (push(lane, taken, /*wait=*/false) == PushResult::Pushed) ++taken;
    return taken;
  }
  static std::vector<int64_t> range(int64_t first, int64_t last) {
    std::vector<int64_t> numbers;
    for (int64_t i = first; i < last; ++i) numbers.push_back(i);
    return numbers;
  }

  std::shared_ptr<LaneShares> shares_ = std::make_shared<LaneShares>(64 << 20);
  Executor executor_{8};
  Executor* executor_of_lanes_ = &executor_;
  std::vector<std::shared_ptr<Lane>> lanes_;
};

TEST_F(LaneTest, RowsArriveInOrderInBatchesOfTheLimit) {
  auto [lane, receiver] = open();
  push_range(*lane, 0, 25);
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, 25));
  EXPECT_THAT(receiver->batch_rows(), ElementsAre(10, 10, 5));
  EXPECT_TRUE(receiver->finished());
  EXPECT_EQ(lane->stats().acknowledged_rows, 25);
}

TEST_F(LaneTest, AStalledLaneDoesNotHoldUpAnother) {
  auto [stalled, gate] = open();
  auto [other, receiver] = open();
  gate->shut();
  const int64_t taken = fill(*stalled, *gate);
  push_range(*other, 0, 10'000);
  EXPECT_THAT(other->flush(), IsOk());
  EXPECT_EQ(other->stats().acknowledged_rows, 10'000);
  EXPECT_EQ(stalled->stats().acknowledged_rows, 0);
  gate->open();
  EXPECT_THAT(stalled->flush(), IsOk());
  EXPECT_EQ(gate->numbers(), range(0, taken));
}

// The task that opens the stream again has the thread that the acknowledgements wait for.
TEST_F(LaneTest, AnExecutorOfOneThreadIsEnoughForAStreamThatBreaks) {
  Executor single(1);
  executor_of_lanes_ = &single;
  auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
  receiver->shut();
  push_range(*lane, 0, 20);
  receiver->wait_for_writer();
  receiver->lose(0);
  receiver->come_back();
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, 20));

  // The same once rows have left whose acknowledgement is awaited.
  auto [other, away] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
  away->set_durable_max(5);
  push_range(*other, 0, 10);
  away->wait_for_rows(10);
  away->lose(5);
  away->come_back();
  away->set_durable_max(std::numeric_limits<int64_t>::max());
  ASSERT_THAT(other->finalize(), IsOk());
  EXPECT_EQ(away->numbers(), range(0, 10));
  TearDown();
}

TEST_F(LaneTest, TryPushNeverWaitsAndTakesNothingWhenFull) {
  auto [lane, receiver] = open();
  receiver->shut();
  const int64_t taken = fill(*lane, *receiver);
  EXPECT_EQ(push(*lane, taken, /*wait=*/false), PushResult::Full);
  EXPECT_EQ(lane->stats().pushed_rows, taken);
  EXPECT_EQ(lane->stats().dropped_rows, 0);
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, taken));
}

TEST_F(LaneTest, ABlockedPushGoesOnWhenThereIsRoom) {
  auto [lane, receiver] = open();
  receiver->shut();
  const int64_t taken = fill(*lane, *receiver);
  std::thread pusher([&lane = lane, taken] { push(*lane, taken); });
  receiver->wait_for_writer();
  receiver->open();
  pusher.join();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, taken + 1));
}

TEST_F(LaneTest, DropNewestCountsWhatItDidNotTakeAndKeepsTheGap) {
  auto [lane, receiver] = open(WhenFull::DropNewest);
  receiver->shut();
  const int64_t taken = fill(*lane, *receiver);  // And one that was dropped.
  for (int i = 1; i < 7; ++i) {
    EXPECT_EQ(push(*lane, taken + i), PushResult::DroppedNewest);
  }
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, taken));
  EXPECT_EQ(lane->stats().pushed_rows, taken + 7);
  EXPECT_EQ(lane->stats().dropped_rows, 7);
  EXPECT_EQ(lane->stats().acknowledged_rows, taken);
  ASSERT_EQ(lane->gaps().size(), 1U);
  EXPECT_EQ(lane->gaps()[0].timestamp_ns_min, taken);
  EXPECT_EQ(lane->gaps()[0].timestamp_ns_max, taken + 6);
  EXPECT_EQ(lane->gaps()[0].rows, 7);
}

TEST_F(LaneTest, DropOldestKeepsTheNewestRowsAndCountsTheRest) {
  auto [lane, receiver] = open(WhenFull::DropOldest);
  receiver->shut();
  push_range(*lane, 0, 10);
  receiver->wait_for_writer();  // The first batch is on its way and cannot be dropped.
  push_range(*lane, 10, 100);
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  const auto numbers = receiver->numbers();
  const TopicWriterStats stats = lane->stats();
  EXPECT_EQ(stats.pushed_rows, 100);
  EXPECT_GT(stats.dropped_rows, 0);
  EXPECT_EQ(stats.dropped_rows + static_cast<int64_t>(numbers.size()), 100);
  EXPECT_EQ(stats.acknowledged_rows, static_cast<int64_t>(numbers.size()));
  EXPECT_EQ(std::vector<int64_t>(numbers.begin(), numbers.begin() + 10), range(0, 10));
  EXPECT_EQ(numbers.back(), 99);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  int64_t rows_in_gaps = 0;
  for (const Gap& gap : lane->gaps()) rows_in_gaps += gap.rows;
  EXPECT_EQ(rows_in_gaps, stats.dropped_rows);
}

TEST_F(LaneTest, AgeSealsABatchThatNoPushFills) {
  auto [lane, receiver] = open();
  push_range(*lane, 0, 3);
  const auto now = std::chrono::steady_clock::now();
  lane->seal_if_older(now);
  EXPECT_TRUE(receiver->numbers().empty());
  lane->seal_if_older(now + std::chrono::hours(2));
  ASSERT_THAT(lane->flush(), IsOk());
  EXPECT_THAT(receiver->batch_rows(), ElementsAre(3));
}

TEST_F(LaneTest, RowsPushedWhileOthersSealArriveOnceAndInOrder) {
  constexpr int64_t kRows = 200'000;
  auto [lane, receiver] = open(WhenFull::Block, 5'000);
  std::thread pusher([&lane = lane] { push_range(*lane, 0, kRows); });
  const auto later = std::chrono::steady_clock::now() + std::chrono::hours(2);
  while (lane->stats().pushed_rows < kRows) {
    lane->seal_if_older(later);
    EXPECT_THAT(lane->flush(), IsOk());
  }
  pusher.join();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, kRows));
  EXPECT_EQ(lane->stats().pushed_rows, kRows);
}

TEST_F(LaneTest, ARowPushedWhileTheTopicEndsIsSentOrRefused) {
  for (int round = 0; round < 50; ++round) {
    auto [lane, receiver] = open(WhenFull::Block, 1'000);
    std::atomic<int64_t> taken = 0;
    std::thread pusher([&, &lane = lane] {
      try {
        while (true) {
          push(*lane, taken);
          ++taken;
        }
      } catch (const LockedError& error) {
        EXPECT_THAT(error.what(), HasSubstr("has ended"));
      }
    });
    while (taken < 10 * round) std::this_thread::yield();
    ASSERT_THAT(lane->finalize(), IsOk());
    pusher.join();
    ASSERT_EQ(receiver->numbers(), range(0, taken));
    ASSERT_EQ(lane->stats().pushed_rows, taken);
  }
}

TEST_F(LaneTest, AnErrorIsKeptAndGivenToEverybody) {
  auto [lane, receiver] = open();
  receiver->fail(core::error(ErrorKind::Io, "the disk is gone"));
  push_range(*lane, 0, 3);
  const Status flushed = lane->flush();
  EXPECT_THAT(flushed, FailsAs(ErrorKind::Io));
  EXPECT_THAT(flushed.message(), HasSubstr("/samples"));
  EXPECT_THROW(push(*lane, 3), IoError);
  EXPECT_THROW(push(*lane, 4, /*wait=*/false), IoError);
  EXPECT_THAT(lane->flush(), FailsAs(ErrorKind::Io));
  EXPECT_THAT(lane->finalize(), FailsAs(ErrorKind::Io));
}

TEST_F(LaneTest, AnErrorWakesAPushThatWaits) {
  auto [lane, receiver] = open();
  receiver->shut();
  fill(*lane, *receiver);
  std::atomic<bool> thrown = false;
  std::thread pusher([&lane = lane, &thrown] {
    try {
      push(*lane, 1'000);
    } catch (const IoError&) {
      thrown = true;
    }
  });
  receiver->wait_for_writer();
  receiver->fail(core::error(ErrorKind::Io, "the disk is gone"));
  pusher.join();
  EXPECT_TRUE(thrown);
}

// --- The other side goes away ---

TEST_F(LaneTest, ALostConnectionLosesNoRowAndDoublesNone) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 4, std::chrono::hours(1));
  receiver->set_durable_max(15);
  push_range(*lane, 0, 40);
  receiver->wait_for_rows(40);
  receiver->lose(15);  // In the middle of a batch.
  push_range(*lane, 40, 60);
  receiver->set_durable_max(1'000);
  receiver->come_back();
  ASSERT_THAT(lane->flush(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, 60));
  EXPECT_EQ(lane->stats().acknowledged_rows, 60);
  ASSERT_THAT(lane->finalize(), IsOk());
}

TEST_F(LaneTest, WhatAFormerStreamSaysLateBreaksNothing) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 4, std::chrono::hours(1));
  receiver->set_durable_max(5);
  push_range(*lane, 0, 40);
  receiver->wait_for_rows(40);
  receiver->answer_late(60);
  receiver->lose(5);
  push_range(*lane, 40, 60);  // The task that writes notices it.
  receiver->set_durable_max(1'000);
  receiver->come_back();
  ASSERT_THAT(lane->flush(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, 60));
  ASSERT_THAT(lane->finalize(), IsOk());
}

TEST_F(LaneTest, AConnectionLostAtTheEndOfATopicLosesNothing) {
  for (const auto end : {Receiver::TopicEnd::Missed, Receiver::TopicEnd::Done}) {
    auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
    push_range(*lane, 0, 25);
    receiver->break_the_end(end);
    ASSERT_THAT(lane->finalize(), IsOk());
    EXPECT_TRUE(receiver->finished());
    EXPECT_EQ(receiver->numbers(), range(0, 25));
    EXPECT_EQ(lane->stats().acknowledged_rows, 25);
  }
}

// The other side has not noticed yet that the stream is dead, and takes no other one. That is no
// end.
TEST_F(LaneTest, ATopicThatStaysLockedHasNotEnded) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
  push_range(*lane, 0, 25);
  receiver->break_the_end(Receiver::TopicEnd::Missed);
  receiver->stay_locked(3);
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_TRUE(receiver->finished());
  EXPECT_EQ(receiver->numbers(), range(0, 25));
}

// The stream of an embedded engine waits for the engine's threads, which give buffers back.
TEST_F(LaneTest, AStreamThatGoesMayWaitForThreadsThatNeedTheLane) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
  receiver->set_last_act([&lane = *lane] { std::thread([&] { lane.stats(); }).join(); });
  push_range(*lane, 0, 25);
  receiver->break_the_end(Receiver::TopicEnd::Missed);
  ASSERT_THAT(lane->finalize(), IsOk());
  receiver->set_last_act(nullptr);
  EXPECT_EQ(receiver->numbers(), range(0, 25));
}

TEST_F(LaneTest, UnacknowledgedRowsStayInsideTheMemoryOfTheLane) {
  shares_ = std::make_shared<LaneShares>(1 << 20);
  auto [lane, receiver] = open(WhenFull::Block, 1'000, 1'000, std::chrono::hours(1));
  receiver->set_durable_max(0);
  int64_t taken = 0;
  while (push(*lane, taken, /*wait=*/false) == PushResult::Pushed) ++taken;
  const auto row_bytes = static_cast<int64_t>(detail::TypedRecordBuffer<Sample>::kFixedBytes);
  EXPECT_LE(taken * row_bytes, 3 * (1 << 20) / 2 + row_bytes);
  receiver->lose(0);
  receiver->set_durable_max(1'000'000);
  receiver->come_back();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, taken));
}

TEST_F(LaneTest, AfterTheReconnectTimeTheErrorIsThrown) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::milliseconds(1));
  receiver->lose(0);
  push_range(*lane, 0, 3);
  const Status flushed = lane->flush();
  EXPECT_THAT(flushed, FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(flushed.message(), HasSubstr("the connection is lost"));
  EXPECT_THROW(push(*lane, 3), UnavailableError);
}

TEST_F(LaneTest, RowsThatWereAcknowledgedAndAreGoneAreAnError) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
  push_range(*lane, 0, 20);
  ASSERT_THAT(lane->flush(), IsOk());
  receiver->lose(5);
  push_range(*lane, 20, 30);
  receiver->come_back();
  EXPECT_THAT(lane->flush(), FailsAs(ErrorKind::Corrupt));
}

TEST_F(LaneTest, ALaneThatReconnectsCanBeBrokenOff) {
  auto [lane, receiver] = open(WhenFull::Block, 10, 2, std::chrono::hours(1));
  receiver->lose(0);
  push_range(*lane, 0, 30);
  lane->break_off(core::error(ErrorKind::Cancelled, "enough"));
  lane->wait_broken_off();
  EXPECT_THAT(lane->flush(), FailsAs(ErrorKind::Cancelled));
}

TEST_F(LaneTest, PushAllocatesNothingInTheSteadyState) {
  auto [lane, receiver] = open(WhenFull::Block, 1'000, 4);
  // Every buffer that will ever be needed has been grown once.
  for (int round = 0; round < 20; ++round) {
    push_range(*lane, 0, 1'000);
    ASSERT_THAT(lane->flush(), IsOk());
  }
  allocations = 0;
  for (int round = 0; round < 20; ++round) {
    counts_allocations = true;
    push_range(*lane, 0, 1'000);
    counts_allocations = false;
    ASSERT_THAT(lane->flush(), IsOk());
  }
  EXPECT_EQ(allocations, 0);
}

TEST_F(LaneTest, ABatchHasRoomForAsManyRowsAsTheOneBefore) {
  constexpr int64_t kRows = 10'000;
  auto [lane, receiver] = open(WhenFull::Block, kRows, 100);
  receiver->shut();  // So that no batch comes back to be filled again.
  push_range(*lane, 0, kRows);
  allocations = 0;
  counts_allocations = true;
  push_range(*lane, kRows, 2 * kRows);
  counts_allocations = false;
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  // A column that grows from 64 rows to these by doubling is allocated eight times more.
  EXPECT_LT(allocations, 1 + 2 * 8);
}

TEST_F(LaneTest, AWriterThatDropsHasABatchAtHandWhileTheOtherSideStandsStill) {
  constexpr int64_t kRows = 10'000;
  auto [lane, receiver] = open(WhenFull::DropNewest, kRows, 4);
  receiver->shut();
  push_range(*lane, 0, kRows);
  receiver->wait_for_writer();
  for (int batch = 1; batch < 4; ++batch) {
    lane->keep_spare();
    allocations = 0;
    counts_allocations = true;
    lane->keep_spare();  // One is enough.
    push_range(*lane, batch * kRows, (batch + 1) * kRows);
    counts_allocations = false;
    EXPECT_EQ(allocations, 0) << "batch " << batch;
  }
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, 4 * kRows));
}

TEST_F(LaneTest, AgeSealsABatchThatFoundNoRoomOnceThereIs) {
  auto [lane, receiver] = open(WhenFull::DropNewest, 10, 2);
  receiver->shut();
  const auto taken = static_cast<size_t>(fill(*lane, *receiver));
  const auto later = std::chrono::steady_clock::now() + std::chrono::hours(2);
  lane->seal_if_older(later);
  receiver->open();
  // There is room once rows are acknowledged, of which nobody tells.
  while (receiver->numbers().size() < taken) lane->seal_if_older(later);
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, static_cast<int64_t>(taken)));
}

TEST_F(LaneTest, ABatchAtHandIsInsideTheMemoryOfTheLane) {
  constexpr int64_t kRows = 10'000;
  constexpr size_t kBatchBytes = kRows * detail::TypedRecordBuffer<Sample>::kFixedBytes;
  shares_ = std::make_shared<LaneShares>(2 * kBatchBytes);
  auto [lane, receiver] = open(WhenFull::DropNewest, kRows, 4);
  receiver->shut();
  push_range(*lane, 0, kRows);
  receiver->wait_for_writer();
  push_range(*lane, kRows, 2 * kRows);
  allocations = 0;
  counts_allocations = true;
  lane->keep_spare();
  counts_allocations = false;
  EXPECT_EQ(allocations, 0);
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, 2 * kRows));
}

TEST_F(LaneTest, MemoryOfALaneIsItsShare) {
  shares_ = std::make_shared<LaneShares>(1 << 20);
  auto [lane, receiver] = open(WhenFull::Block, 1'000'000, 100);
  open();  // Halves the share.
  receiver->shut();
  int64_t taken = 0;
  while (push(*lane, taken, /*wait=*/false) == PushResult::Pushed) ++taken;
  const auto row_bytes = static_cast<int64_t>(detail::TypedRecordBuffer<Sample>::kFixedBytes);
  EXPECT_LE(taken * row_bytes, 3 * (1 << 20) / 4 + row_bytes);
  EXPECT_GT(taken * row_bytes, (1 << 20) / 4);
  receiver->open();
  ASSERT_THAT(lane->finalize(), IsOk());
  EXPECT_EQ(receiver->numbers(), range(0, taken));
}

TEST_F(LaneTest, AQuietLaneSendsABatchWithoutRowsNowAndThen) {
  auto [lane, receiver] = open();
  push_range(*lane, 0, 10);
  ASSERT_THAT(lane->flush(), IsOk());
  const auto now = std::chrono::steady_clock::now();
  lane->give_sign_if_quiet(now + std::chrono::minutes(59));
  lane->give_sign_if_quiet(now + std::chrono::minutes(61));
  receiver->wait_for_batches(2);
  push_range(*lane, 10, 20);
  ASSERT_THAT(lane->finalize(), IsOk());
  lane->give_sign_if_quiet(now + std::chrono::hours(9));
  EXPECT_THAT(receiver->batch_rows(), ElementsAre(10, 0, 10));
  EXPECT_EQ(lane->stats().acknowledged_rows, 20);
}

}  // namespace
}  // namespace mosaico::client
