#pragma once

#include <arrow/type_fwd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "core/executor.hpp"
#include "core/memory_budget.hpp"
#include "engine/engine_impl.hpp"
#include "engine/held_rows.hpp"
#include "engine/ingest/chunk_writer.hpp"
#include "engine/ingest/committer.hpp"
#include "protocol/discovery.hpp"
#include "store/space_floor.hpp"

namespace mosaico::engine {

class TopicUpload;

// All uploads of an engine, and what they share: the group commit, the threads that write chunks
// and the memory that rows wait in. Thread-safe.
class Ingest : public std::enable_shared_from_this<Ingest> {
 public:
  // `changed` is told the sequence whenever one of its topics changed its state.
  Ingest(std::shared_ptr<EngineContext> context, std::function<void(const std::string&)> changed);
  ~Ingest();

  // Engine::upload().
  Result<std::shared_ptr<TopicUpload>> begin(const protocol::PutDescriptor& descriptor,
                                             const std::shared_ptr<arrow::Schema>& schema);

  // Interrupts the uploads of `topics` whose writers are gone without a word: true when there was
  // one, and none is left that runs.
  bool end_silent(const std::vector<catalog::TopicId>& topics);
  // Writes the end of an upload of ours that is over, where it could not be written then: until
  // that, the catalog takes the topic for one that is being uploaded. `own_begins` calls of begin()
  // for this topic are the caller's. Whether there was such an upload. Errors: Io.
  Result<bool> end_lost_upload(const std::string& sequence, const std::string& topic,
                               size_t own_begins = 0);

  // Breaks the uploads of topics that are no longer in the catalog and drops what waits of them.
  void drop_topics(const std::vector<catalog::TopicId>& topics);

  // Cuts the tails whose first row came before `time`.
  void seal_older_than(std::chrono::steady_clock::time_point time);

  // Interrupts all uploads and ends the threads. begin() then gives Unavailable.
  void close();

  // --- For uploads ---

  EngineContext& context() { return *context_; }
  Committer& committer() { return committer_; }
  core::Executor& chunk_threads() { return chunk_threads_; }
  store::SpaceFloor& space() { return space_; }

  // Memory for rows. Chunks are cut early when it is short. LimitExceeded when what stranded rows
  // leave could never do, Cancelled on `stop`.
  Result<core::MemoryBudget::Reservation> reserve(int64_t bytes, const std::stop_token& stop);

  // Cuts the largest tails until enough memory is on its way back for `bytes` and all who wait.
  void relieve(int64_t bytes);

  // Whose rows the chunks of a topic hold.
  Result<ChunkOrigin> origin_of(const std::string& sequence, const catalog::Topic& topic,
                                std::shared_ptr<arrow::Schema> schema);

  // Interrupts an upload that the disk or the store broke, from another thread: its owner may be
  // idle for long, and others need the memory.
  void end_broken(std::shared_ptr<TopicUpload> upload);

  // An upload has ended.
  void forget(const TopicUpload& upload);

  // Durable rows of an upload that ended without getting them into a chunk: they stay readable, and
  // in the journal, until the upload is resumed or the engine opened again.
  struct Stranded {
    std::shared_ptr<LiveTopic> live;
    core::MemoryBudget::Reservation memory;
    std::vector<HeldRows> held;
  };
  void strand(catalog::TopicId topic, Stranded rows);

 private:
  using TopicName = std::pair<std::string, std::string>;  // With its sequence's before it.

  Result<std::shared_ptr<TopicUpload>> begin_named(const protocol::PutDescriptor& descriptor,
                                                   const std::shared_ptr<arrow::Schema>& schema);
  Result<catalog::Topic> begin_in_catalog(const protocol::PutDescriptor& descriptor,
                                          const std::string& schema);
  Result<std::shared_ptr<TopicUpload>> start(const catalog::Topic& topic,
                                             const protocol::PutDescriptor& descriptor,
                                             const std::shared_ptr<arrow::Schema>& schema);
  // Brings into chunks what an earlier upload left in the journal, and sets origin->topic.rows.
  Status publish_leftovers(ChunkOrigin* origin);
  Status check_not_stranded_locked(int64_t bytes) const;
  std::vector<std::shared_ptr<TopicUpload>> running() const;
  // Those of `topics`; with mutex_ held.
  std::vector<std::shared_ptr<TopicUpload>> running_locked(
      const std::vector<catalog::TopicId>& topics) const;

  const std::shared_ptr<EngineContext> context_;
  const std::function<void(const std::string&)> changed_;
  Committer committer_;
  core::Executor chunk_threads_;
  core::Executor ending_thread_{1};
  store::SpaceFloor space_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<catalog::TopicId, std::weak_ptr<TopicUpload>> uploads_;
  std::map<catalog::TopicId, Stranded> stranded_;
  std::multiset<TopicName> beginning_;   // Calls of begin() that run.
  std::set<std::stop_source*> waiting_;  // Who waits for memory looks again when they are stopped.
  // What never changes of the sessions used last, the latest first.
  std::list<std::pair<catalog::Sequence, catalog::Session>> sessions_;
  bool closed_ = false;

  // One at a time brings leftovers into chunks: their rows are outside of the budget meanwhile.
  std::mutex leftovers_mutex_;
};

}  // namespace mosaico::engine
