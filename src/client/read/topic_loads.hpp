#pragma once

#include <arrow/type_fwd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "mosaico/message.hpp"

namespace mosaico::client {

// A topic to be streamed.
struct StreamTopic {
  std::string name;  // With leading slash.
  std::string ticket;
  std::string ontology_tag;
  SerializationFormat format = SerializationFormat::Default;
  // The time of the last row stored when the stream was opened; empty without one.
  std::optional<int64_t> last_stored_ns;
};

// Decoded rows on their way to the reader.
struct LoadedBatch {
  std::shared_ptr<const detail::StreamBatch> rows;
  std::shared_ptr<arrow::RecordBatch> columns;  // The same.

  explicit operator bool() const { return rows != nullptr; }
  int64_t bytes() const { return rows->bytes; }
};

struct LoadOptions {
  size_t loads_max = 16;     // That run at the same time.
  int64_t budget_bytes = 0;  // Of all batches, those the reader holds included.
  int64_t batch_bytes = 0;   // What the server was asked for.
  bool ascending = true;     // Refuse rows out of order.
  // Wait for the first upload of a topic that saw none, instead of failing.
  bool wait_for_upload = false;
};

// Loads the batches of a stream's topics on the executor, for each topic at most one ahead of the
// reader. A load that the reader waits for always runs; one ahead of it only inside the budget.
//
// Thread-safe. Tasks share it with the stream, so that a stream may go while a load runs; they
// reach the session, whose executor waits for them, by reference only.
class TopicLoads : public std::enable_shared_from_this<TopicLoads> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class State {
    Pending,  // Nothing yet.
    Ready,    // take() does not wait.
    Ended,    // Nothing will come.
  };

  TopicLoads(Session& session, const std::vector<StreamTopic>& topics, const LoadOptions& options);

  // Sees to it that the topic's next batch is loaded. With `ahead` only if the budget has room.
  void request(size_t topic, bool ahead);

  // Takes the topic's next batch, waiting for it; an empty one at the end and after close().
  // Requests it if nobody has.
  Result<LoadedBatch> take(size_t topic);
  // What take() would meet. An error counts as Ready.
  State look(size_t topic) const;
  // Waits until something has been loaded since `seen` arrivals, or the deadline has passed.
  void wait_for_arrival(uint64_t seen, const std::optional<TimePoint>& deadline) const;
  uint64_t arrivals() const;

  // The reader holds these bytes no longer.
  void give_back(int64_t bytes);
  // Breaks all loads off and frees what is loaded. Does not wait for running tasks.
  void close();

  int64_t used_bytes() const;  // Held, loaded, and expected of running loads.
  int64_t peak_bytes() const;

 private:
  struct Topic {
    const StreamTopic* about = nullptr;
    // Belongs to the task that loads; there is at most one.
    std::optional<OntologyType> type;
    int64_t last_timestamp_ns = INT64_MIN;
    // Guarded by mutex_.
    bool busy = false;  // Queued or running.
    bool ended = false;
    LoadedBatch ready;
    Status status;
    int64_t expected_bytes = 0;  // Counted for a running load; then what the last batch took.
    std::shared_ptr<DownloadStream> stream;
  };

  // A task: loads one topic after the other until none is queued.
  void work();
  Result<LoadedBatch> load(Topic& topic);
  Result<std::shared_ptr<DownloadStream>> open(Topic& topic);
  Result<std::unique_ptr<DownloadStream>> download(const Topic& topic);
  Result<LoadedBatch> decode(Topic& topic, DownloadStream& stream,
                             const std::shared_ptr<arrow::RecordBatch>& batch) const;
  void finish(Topic& topic, Result<LoadedBatch> result);
  bool enqueue(size_t topic, bool ahead);
  void count(int64_t bytes);

  Executor& executor_;
  Transport& transport_;
  const std::vector<StreamTopic> about_;
  const LoadOptions options_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<Topic> topics_;
  std::deque<size_t> queue_;
  size_t tasks_ = 0;
  uint64_t arrivals_ = 0;
  int64_t used_bytes_ = 0;
  int64_t peak_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace mosaico::client
