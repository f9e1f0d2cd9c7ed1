#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"

namespace mosaico::engine {

// A batch that is not in a published chunk yet, with the number of its first row in push order.
struct TailBatch {
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t first_row = 0;
  int64_t bytes = 0;
  int64_t timestamp_ns_min = 0;
  int64_t timestamp_ns_max = 0;
};

// The end of a topic under upload: rows that no chunk holds yet. The upload adds and removes,
// readers take snapshots. A reader takes its snapshot *before* it asks the catalog for chunks and
// drops the rows that those already hold, so a chunk published in between is neither missed nor
// doubled. Thread-safe.
class LiveTopic {
 public:
  // Rows become readable here once they are durable. `batch` stands in place of the last `replaced`
  // batches and begins with their rows: small ones are put together as they gather.
  void add(TailBatch batch, size_t replaced = 0);

  // Rows below `row` are in published chunks now.
  void drop_before(int64_t row);

  struct Snapshot {
    std::vector<TailBatch> batches;  // In push order.
    uint64_t version = 0;
    bool ended = false;
    core::Status why;  // Of the end: OK (Finalized), NotFound (deleted), Unavailable (closing).
  };
  Snapshot snapshot() const;
  bool has_rows() const;

  // A reader that follows keeps in the result how many rows it has had, from the first on, and
  // holds it as long as it follows.
  using Followed = std::shared_ptr<std::atomic<int64_t>>;
  Followed follow();
  // The rows that all who follow have had; the greatest int64 when nobody does. Chunks behind them
  // stay as they are: a follower knows by their first rows which it has had.
  int64_t followed_rows() const;

  // No more rows will come; wakes those who wait. An interrupted upload does not end its topic,
  // since it may be resumed. The first end counts.
  void end(core::Status why);

  // Waits until the version is greater than `version`, the topic ended, or `stop()` is true after
  // a wake(). For live tails.
  void wait_for_change(uint64_t version, const std::function<bool()>& stop) const;
  void wake();

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<TailBatch> batches_;
  uint64_t version_ = 0;
  bool ended_ = false;
  core::Status why_;
  mutable std::vector<std::weak_ptr<std::atomic<int64_t>>> followers_;
};

// The live ends of topics, alive as long as an upload or a reader holds them. Thread-safe.
class LiveTopics {
 public:
  // Null when nobody holds one: then all rows of the topic are in chunks.
  std::shared_ptr<LiveTopic> find(catalog::TopicId topic) const;

  // The one that others hold, or a new one. A follower of an interrupted topic waits on it for the
  // upload that resumes.
  std::shared_ptr<LiveTopic> find_or_make(catalog::TopicId topic);

  // The topics that have rows which no chunk holds yet.
  std::set<catalog::TopicId> with_rows() const;

  // Ends that of one topic, or all of them, if there.
  void end(catalog::TopicId topic, const core::Status& why);
  void end_all(const core::Status& why);

 private:
  mutable std::mutex mutex_;
  std::map<catalog::TopicId, std::weak_ptr<LiveTopic>> topics_;  // Guarded by mutex_.
};

}  // namespace mosaico::engine
