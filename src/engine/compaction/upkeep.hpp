#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/compaction/merge_chunks.hpp"
#include "engine/compaction/retry_times.hpp"
#include "engine/engine_impl.hpp"
#include "engine/ingest/ingest.hpp"

namespace mosaico::engine {

// What an engine does by itself to keep a store readable at speed, on one thread: it seals the
// tails of topics by age, and puts small chunks together. docs/decisions/0003-compaction.md.
// The thread gives way to all others of the process. What fails is logged, leaves the chunks as
// they are, and is tried again with a growing delay. Thread-safe.
//
// Memory: `compaction_memory_bytes`; a chunk is made of at most a third of it, since its rows are
// there twice when they have to be sorted.
class Upkeep : public std::enable_shared_from_this<Upkeep> {
 public:
  struct Tasks {
    bool compacts = false;
    std::chrono::milliseconds chunk_age{0};  // 0: nothing is sealed for its age.
  };

  // Nothing happens before start().
  Upkeep(std::shared_ptr<EngineContext> context, std::shared_ptr<Ingest> ingest, Tasks tasks);
  ~Upkeep();  // close()

  void start();
  // Ends what is under way, and the thread.
  void close();

  // Returns when nothing is being done to one of these topics, which are no longer in the catalog.
  void let_go(const std::vector<catalog::TopicId>& topics);

  // Returns when there is nothing left to do now: what failed waits for its time.
  void wait_until_idle();

 private:
  struct Leftover {
    uint64_t mark = 0;  // Of the readers that may still need the files.
    std::vector<std::string> paths;
  };

  static constexpr size_t kLeftoversMax = 1'000;

  void run();
  // Waits until there may be something to do.
  void rest();
  // The next topic to look at; nothing when there is none, or when too many files wait for readers.
  std::optional<catalog::TopicId> next_topic();
  // The next of all topics with small chunks.
  std::optional<catalog::TopicId> next_of_all();
  void compact(catalog::TopicId topic);
  // Puts one run of a topic together; false when there is none.
  Result<bool> merge_next_run(catalog::TopicId topic);
  Status merge_run(const std::string& sequence, const catalog::Topic& topic,
                   const std::vector<catalog::Chunk>& chunks);
  // Finds out what became of the last attempt, if that is open.
  Status settle_attempt();
  void keep_for_readers(std::vector<std::string> paths);
  void remove_leftovers();
  void wake();
  void reader_left();

  const std::shared_ptr<EngineContext> context_;
  const std::shared_ptr<Ingest> ingest_;
  const Tasks tasks_;
  std::stop_source stop_;

  // The thread's own.
  std::deque<catalog::TopicId> page_;
  bool looks_at_all_ = false;
  catalog::TopicId last_of_all_{};
  RetryTimes retries_;
  std::optional<MergeAttempt> unsettled_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool woken_ = false;
  bool idle_ = true;
  std::optional<catalog::TopicId> current_;
  std::vector<Leftover> leftovers_;
  std::mutex close_mutex_;
  std::thread thread_;  // Guarded by close_mutex_.
};

}  // namespace mosaico::engine
