#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/column_import.hpp"
#include "client/executor.hpp"
#include "client/transport.hpp"
#include "mosaico/config.hpp"
#include "mosaico/detail/lane_front.hpp"
#include "mosaico/writer.hpp"

namespace mosaico::client {

// The writer's memory, divided evenly: a lane never waits for what another one holds. Thread-safe.
class LaneShares {
 public:
  explicit LaneShares(size_t budget_bytes) : budget_bytes_(budget_bytes) {}
  void add_lane() { lanes_.fetch_add(1, std::memory_order_relaxed); }
  size_t share_bytes() const {
    return budget_bytes_ / std::max<size_t>(1, lanes_.load(std::memory_order_relaxed));
  }

 private:
  const size_t budget_bytes_;
  std::atomic<size_t> lanes_ = 0;
};

struct LaneOptions {
  std::string name;  // With leading slash.
  size_t batch_bytes_max = 0;
  size_t batch_rows_max = 0;
  size_t record_bytes_max = 0;
  size_t pending_batches_max = 0;
  std::chrono::nanoseconds batch_age_max{};
  std::chrono::nanoseconds reconnect_time{};
  std::chrono::nanoseconds
      sign_period{};  // Something is sent this often, if only no rows. 0: never.
  WhenFull when_full = WhenFull::Block;
};

// Rows that a policy dropped, as one run.
struct Gap {
  int64_t timestamp_ns_min = 0;
  int64_t timestamp_ns_max = 0;
  int64_t rows = 0;
};

// One topic on its way out: a batch being filled, a bounded queue of sealed ones, and a task on the
// executor that encodes and sends them in order. Another task reads acknowledgements while there
// are rows without one; until then their batches are kept. When the stream breaks because the other
// side went away, a new one goes on at the durable row; the first error past that is kept and given
// to everybody.
//
// Two locks: the front's (LaneFront::lock_), for the batch being filled, is taken before mutex_.
class Lane final : public detail::LaneFront, public std::enable_shared_from_this<Lane> {
 public:
  // `executor` must outlive the end of the lane.
  struct Parts {
    OntologyType type;
    const detail::LaneClass* lane_class = nullptr;  // Null: rows are JSON values.
    std::shared_ptr<arrow::Schema> schema;
    std::unique_ptr<UploadStream> stream;
    // Opens the stream again, to go on at its durable row. Null: a broken stream is the end.
    std::function<Result<std::unique_ptr<UploadStream>>()> reopen;
    // Asks the other side whether the topic has ended properly. Set where `reopen` is.
    std::function<Result<bool>()> has_ended;
    int64_t durable_rows = 0;  // That the topic had before.
    std::shared_ptr<LaneShares> shares;
    Executor* executor = nullptr;
  };
  Lane(LaneOptions options, Parts parts);
  ~Lane() override;

  const std::string& name() const { return options_.name; }

  PushResult push_json(const nlohmann::json& row, int64_t timestamp_ns, bool wait);
  Status push_columns(const std::shared_ptr<arrow::RecordBatch>& batch);
  const ColumnImport& column_import() const { return column_import_; }

  // Seals the batch being filled, waiting for a place in the queue.
  Status seal();
  // seal(), then waits until all rows are acknowledged.
  Status flush();
  // flush(), then ends the stream properly. A second call gives the same answer.
  Status finalize();
  // Breaks off: pushes fail with `reason` and the stream is cancelled. Does nothing after the end.
  void break_off(const Status& reason);
  // After break_off(): waits until no task of the lane runs any more.
  void wait_broken_off();
  // Seals the batch being filled when it is older than its limit and there is room; never waits.
  void seal_if_older(std::chrono::steady_clock::time_point now);

  // Of a writer that drops: has a batch at hand whose memory is not fresh, for when the other side
  // gives none back. Where a push fills fresh memory, it waits for the kernel to clear a page of
  // each column now and then (workload stall).
  void keep_spare();

  // Has a batch without rows sent when nothing else was for LaneOptions::sign_period, so that the
  // other side can tell a quiet writer from one that is gone; never waits.
  void give_sign_if_quiet(std::chrono::steady_clock::time_point now);

  Status error() const;
  bool ended() const;
  TopicWriterStats stats() const;
  std::vector<Gap> gaps() const;

 private:
  struct Sealed {
    std::unique_ptr<detail::RecordBuffer> buffer;
    std::shared_ptr<arrow::RecordBatch> columns;  // In place of a buffer.
    int64_t rows = 0;
    int64_t bytes = 0;
  };
  // A batch on its way, kept until it is acknowledged.
  struct Sent {
    std::shared_ptr<arrow::RecordBatch> batch;
    int64_t end_row = 0;  // Of the topic.
    int64_t bytes = 0;
  };
  struct Spare {
    std::unique_ptr<detail::RecordBuffer> buffer;
    int64_t bytes = 0;
  };

  struct Reopened {
    std::shared_ptr<UploadStream> stream;
    int64_t durable_rows = 0;
  };

  class SendTask final : public Executor::Task {
   public:
    explicit SendTask(Lane& lane) : lane_(lane) {}
    void run() override { lane_.send_queued(); }

   private:
    Lane& lane_;
  };
  class AcknowledgeTask final : public Executor::Task {
   public:
    explicit AcknowledgeTask(Lane& lane) : lane_(lane) {}
    void run() override { lane_.read_acknowledgements(); }

   private:
    Lane& lane_;
  };

  // LaneFront; all with lock_ held.
  PushResult make_room(size_t bytes, int64_t timestamp_ns, bool wait) override;
  void on_batch_full() override;
  void on_first_row() override;
  PushResult push_dynamic_row(const detail::StreamBatch& batch, int64_t row, bool wait) override;

  // With lock_ held.
  void start_batch(size_t bytes);
  bool try_seal();
  PushResult when_full(int64_t timestamp_ns, bool wait);
  void drop_oldest();
  void drop_current();
  size_t batch_bytes_now() const;

  // With mutex_ held.
  bool has_room(int64_t bytes) const;
  bool has_room_to_spare(int64_t bytes) const;
  void enqueue(Sealed sealed);
  Status check_open() const;
  void schedule_sending();
  void schedule_acknowledging();
  void add_gap(const Gap& gap, bool contiguous);

  // The last reference to a stream goes with no lock held: a stream may wait for threads that give
  // buffers back.
  void send_queued();
  Result<std::shared_ptr<arrow::RecordBatch>> encode(Sealed sealed);
  void read_acknowledgements();
  Result<Reopened> open_again();
  // These take the lock that holds mutex_, and let it go in between.
  void send_next(std::unique_lock<std::mutex>& guard);
  void send_sign(std::unique_lock<std::mutex>& guard);
  void acknowledge(int64_t rows, std::unique_lock<std::mutex>& guard);
  // `stream` is the number of the one that said so: what a former one says comes too late.
  void on_broken(const Status& why, int64_t stream, std::unique_lock<std::mutex>& guard);
  void reconnect(std::unique_lock<std::mutex>& guard);
  void resume_at(int64_t row, std::unique_lock<std::mutex>& guard);
  // Keeps the first error. `guard` holds mutex_, and lets it go in between.
  void fail(const Status& error, std::unique_lock<std::mutex>& guard);
  void recycle(std::unique_ptr<detail::RecordBuffer> buffer, int64_t bytes);
  std::unique_ptr<detail::RecordBuffer> make_buffer();
  Status wait_for_room(int64_t bytes);
  Status wait_acknowledged();
  // Not finished and no error: the stream broke, and is being opened again.
  Status finish_stream(bool* finished);

  // Constant after construction.
  const LaneOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  const ColumnImport column_import_;
  const std::shared_ptr<LaneShares> shares_;
  Executor* const executor_;
  const std::function<Result<std::unique_ptr<UploadStream>>()> reopen_;
  const std::function<Result<bool>()> has_ended_;
  const int64_t resumed_rows_;
  SendTask send_task_{*this};
  AcknowledgeTask acknowledge_task_{*this};
  static constexpr auto kNoRow = std::numeric_limits<std::chrono::steady_clock::rep>::max();
  std::atomic<std::chrono::steady_clock::rep> first_row_time_ = kNoRow;  // Written under lock_.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  // Null while a new one is being opened, and once the topic has turned out to have ended.
  std::shared_ptr<UploadStream> stream_;
  int64_t stream_number_ = 0;
  std::vector<Sealed> queue_;  // Oldest first; its capacity is reserved.
  std::deque<Sent> sent_;      // Oldest first.
  std::vector<Spare> spare_;
  std::weak_ptr<const detail::RecordBuffer> last_encoded_;
  int64_t spare_bytes_ = 0;
  int64_t queued_bytes_ = 0;   // Of batches that are not acknowledged.
  int64_t waiting_bytes_ = 0;  // Of the batch being filled, when there was no room to seal it.
  Status broken_;              // Why the stream broke; OK again once it goes on.
  bool sending_ = false;       // A task sends, or will.
  bool sign_due_ = false;
  std::chrono::steady_clock::time_point sent_at_ = std::chrono::steady_clock::now();
  bool acknowledging_ = false;
  bool ending_ = false;
  bool finishing_ = false;  // All rows are acknowledged, and the stream was asked to end.
  bool ended_ = false;
  Status error_;
  Status end_status_;
  int64_t dropped_rows_ = 0;
  int64_t sent_rows_;  // Of the topic, so with those it had before.
  int64_t acknowledged_rows_;
  int64_t sent_bytes_ = 0;
  std::vector<Gap> gaps_;
  bool gap_open_ = false;  // No row was sealed since the last drop.
};

}  // namespace mosaico::client
