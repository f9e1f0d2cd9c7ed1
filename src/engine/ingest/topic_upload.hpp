#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "core/memory_budget.hpp"
#include "engine/held_rows.hpp"
#include "engine/ingest/chunk_writer.hpp"
#include "engine/ingest/committer.hpp"
#include "engine/ingest/ingest.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/live_topics.hpp"

namespace mosaico::engine {

// The upload of one topic. A row goes append() → journal → commit() (durable, readable) → chunk.
// Rows that no chunk holds yet wait in memory: in the tail, which grows, and in cuts, which chunk
// threads write, several at once, and publish one after another. append() and finish() belong to
// one thread at a time, the rest to any.
class TopicUpload : public Committable, public std::enable_shared_from_this<TopicUpload> {
 public:
  using Callback = std::function<void(const Status&, int64_t durable_rows)>;

  struct Start {
    ChunkOrigin origin;        // Its topic as the catalog has it now.
    std::string schema_bytes;  // Of origin.schema.
    bool compress_journal = true;
    bool sync_journal = true;        // False: rows survive a crash of the process only.
    bool journal_described = false;  // describe_journal() was called.
    bool gives_signs = false;        // Its writer sends something now and then, if only no rows.
  };

  TopicUpload(std::shared_ptr<Ingest> ingest, Start start);
  ~TopicUpload() override;

  // As in Upload.
  Status append(const arrow::RecordBatch& batch);
  int64_t durable_rows() const;
  void on_durable(Callback callback);
  Status finish();
  void interrupt();

  void commit() override;

  // Fails every call from now on with `why`.
  void break_off(const Status& why);
  // interrupt() by somebody else than the owner, who is still told.
  void end_interrupted();
  const ChunkOrigin& origin() const { return start_.origin; }
  // Its writer owes a sign of life for longer than EngineOptions::silent_upload.
  bool is_silent() const;
  // The topic is not in the catalog any more: nothing of it is kept.
  void drop(const Status& why);

  struct Memory {
    int64_t tail = 0;  // Bytes that cut() would bring on their way out.
    int64_t cut = 0;   // Bytes on their way out.
  };
  Memory memory() const;
  // Makes a chunk of the tail now.
  void cut();
  // Memory is short: brings what is cut on its way out as fast as it can.
  void hurry();
  // cut() if the first row of the tail came before `time`.
  void cut_older_than(std::chrono::steady_clock::time_point time);

 private:
  struct PendingBatch {
    TailBatch rows;
    core::MemoryBudget::Reservation memory;
    HeldRows held;
  };
  struct Cut {
    std::vector<PendingBatch> batches;
    std::vector<std::shared_ptr<JournalSegment>> segments;
    int64_t end_row = 0;
    bool taken = false;                             // A chunk thread writes it, or has written it.
    std::unique_ptr<UnnamedChunk> chunk = nullptr;  // Written and not published.
  };
  enum class Phase { Running, Ending, Ended };

  Status append_heard(const arrow::RecordBatch& batch);
  // What append() reserves for the journal to write a batch.
  int64_t frame_bytes(int64_t batch_bytes) const;
  Status take(PendingBatch batch);
  Status check_running_locked() const;
  Status write_journal(const TailBatch& rows, std::shared_ptr<JournalSegment>* segment);
  void mark_locked();
  // Whether the tail has a large batch that no journal holds, and a chunk thread may be free.
  bool may_cut_direct_locked() const;
  void cut_if_due_locked();
  void cut_locked();
  // Has chunk threads write the cuts: one, which keeps up with most topics and leaves the cores to
  // rows that come in; in a hurry, at the end, and while rows wait for their chunk to be durable,
  // all of them.
  void start_writing(bool hurry);
  // The number of those that are to be submitted.
  int claim_writers_locked(bool hurry);
  void submit_writers(int count);
  // Then other topics have their turn.
  void write_next_cut();
  Cut* next_cut_locked();
  Result<UnnamedChunk> write_cut(const Cut& cut);
  // Publishes what is written at the front, unless somebody does. True when that broke the upload.
  bool publish_cuts(std::unique_lock<std::mutex>* lock);
  // False when it was broken, or over, before.
  bool fail_writing_locked(const Status& why);
  void published_locked(int64_t row);
  void advance_locked(int64_t row);
  void merge_small_locked();
  // False when it was broken, or over, before.
  bool break_locked(const Status& why);
  // Tells the callback what it was not told yet.
  void report();
  Ingest::Stranded strand_locked();
  Status end(catalog::TopicState state, bool keep_journal);
  std::string name() const;

  const std::shared_ptr<Ingest> ingest_;
  const Start start_;
  const catalog::TopicId topic_;
  const std::shared_ptr<LiveTopic> live_;
  bool journal_described_;  // Of the thread that calls append().
  std::stop_source stop_;   // Ends waiting for memory.
  // When the last message had been taken, on the steady clock; the greatest time while one is.
  std::atomic<int64_t> heard_at_ns_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  Phase phase_ = Phase::Running;
  Status broken_;           // Why nothing more is taken.
  bool dropped_ = false;    // The topic was deleted.
  bool appending_ = false;  // append() is writing the journal: the tail must not be cut.
  bool cut_wanted_ = false;
  int writers_ = 0;          // Chunk threads that write the cuts, or will.
  bool publishing_ = false;  // One of them publishes.
  Status write_status_;      // Why cuts are left.
  bool marked_ = false;      // For the committer.

  int64_t next_row_ = 0;  // Rows taken.
  int64_t durable_rows_ = 0;
  int64_t published_rows_ = 0;  // Rows in chunks.
  std::vector<PendingBatch> tail_;
  std::chrono::steady_clock::time_point tail_since_;  // When its first row came.
  int64_t tail_bytes_ = 0;
  size_t tail_live_ = 0;                     // Batches of the tail that are durable, so in live_.
  std::shared_ptr<JournalSegment> segment_;  // The one that append() writes; null: a new one.
  std::vector<std::shared_ptr<JournalSegment>> segments_;  // Those of the tail.
  std::deque<Cut> cuts_;
  std::deque<TailBatch> waiting_;    // Taken and not in live_ yet.
  std::deque<int64_t> direct_rows_;  // First rows of batches that no journal has.

  Callback callback_;
  bool reporting_ = false;
  int64_t reported_rows_ = 0;
  bool broken_reported_ = false;
  bool end_reported_ = true;
};

}  // namespace mosaico::engine
