#pragma once

#include <arrow/type_fwd.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "catalog/records.hpp"

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
  // Rows become readable here once they are durable.
  void add(TailBatch batch);

  // Rows below `row` are in published chunks now.
  void drop_before(int64_t row);

  struct Snapshot {
    std::vector<TailBatch> batches;
    uint64_t version = 0;
    bool ended = false;
  };
  Snapshot snapshot() const;

  // No more rows will come; wakes those who wait.
  void end();

  // Waits until the version is greater than `version`, the topic ended, or `stop()` is true after
  // a wake(). For live tails.
  void wait_for_change(uint64_t version, const std::function<bool()>& stop) const;
  void wake();

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<TailBatch> batches_;
  uint64_t version_ = 0;
  bool ended_ = false;
};

// The topics under upload, and those recovered with rows outside chunks. Thread-safe.
class LiveTopics {
 public:
  std::shared_ptr<LiveTopic> find(catalog::TopicId topic) const;  // Null when there is none.
  std::shared_ptr<LiveTopic> insert(catalog::TopicId topic);  // A new one; replaces an ended one.
  void erase(catalog::TopicId topic);

 private:
  mutable std::mutex mutex_;
  std::map<catalog::TopicId, std::shared_ptr<LiveTopic>> topics_;
};

}  // namespace mosaico::engine
