#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "core/executor.hpp"
#include "core/memory_budget.hpp"
#include "engine/compaction/compaction_queue.hpp"
#include "engine/engine.hpp"
#include "engine/held_rows.hpp"
#include "engine/live_topics.hpp"
#include "engine/read/read_resources.hpp"
#include "engine/read/reading_places.hpp"
#include "store/file_system.hpp"

namespace mosaico::engine {

class Ingest;
class ManifestWriter;
class Upkeep;

// What the parts of one engine share. Uploads and scans hold it by shared_ptr, so that it outlives
// them and may outlive the Engine. Its members are thread-safe.
struct EngineContext {
  EngineContext(std::unique_ptr<catalog::Catalog> catalog_in,
                std::unique_ptr<store::Store> store_in, std::string journal_directory_in,
                const EngineOptions& options_in)
      : catalog(std::move(catalog_in)),
        store(std::move(store_in)),
        journal_directory(std::move(journal_directory_in)),
        options(options_in),
        files(options.files != nullptr ? options.files : store::kernel_files()) {}

  const std::unique_ptr<catalog::Catalog> catalog;
  const std::unique_ptr<store::Store> store;
  const std::string journal_directory;
  const EngineOptions options;
  const std::shared_ptr<store::FileSystem> files;

  core::MemoryBudget ingest_memory{options.ingest_memory_bytes};
  core::MemoryBudget chunk_memory{options.chunk_memory_bytes};
  core::MemoryBudget scan_memory{options.scan_memory_bytes};
  core::MemoryBudget query_memory{options.query_memory_bytes};
  // Held against the scan budget before a scan takes rows that are in memory.
  const std::shared_ptr<ReaderHeldBytes> reader_held_bytes = std::make_shared<ReaderHeldBytes>(0);
  core::MemoryBudget compaction_memory{options.compaction_memory_bytes};
  LiveTopics live;
  ReadingPlaces places;
  CompactionQueue compaction;
  ReadResources reading{options};
  core::Executor searchers{options.query_threads};  // They help those who ask.

  // Requested by close(). Whoever waits or works for long watches it and ends with Unavailable.
  std::stop_source closing;
};

class EngineImpl final : public Engine {
 public:
  // Recovers, then serves. `keep` goes when the engine is closed: the lock of a directory.
  static Result<std::shared_ptr<EngineImpl>> open(std::shared_ptr<EngineContext> context,
                                                  std::shared_ptr<void> keep);
  // open() is the way.
  EngineImpl(std::shared_ptr<EngineContext> context, std::shared_ptr<void> keep);
  ~EngineImpl() override;

  // lifecycle.cpp
  protocol::ServerInfo info() const override;
  Status sequence_create(const protocol::SequenceCreate& request) override;
  Status sequence_delete(const core::Locator& sequence) override;
  Status sequence_abort(const protocol::SequenceAbort& request) override;
  Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest& request) override;
  Result<protocol::SessionCreated> session_create(const core::Locator& sequence) override;
  Status session_finalize(const protocol::SessionFinalize& request) override;
  Status session_delete(const core::Locator& session) override;
  Result<protocol::SessionClaimed> session_claim(const core::Locator& session) override;
  Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate& request) override;
  Status topic_delete(const core::Locator& topic) override;
  Status notification_create(const protocol::NotificationCreate& request) override;
  Result<protocol::NotificationList> notification_list(const core::Locator& locator) override;
  Status notification_purge(const core::Locator& locator) override;

  // upload_impl.cpp
  Result<std::unique_ptr<Upload>> upload(const protocol::PutDescriptor& descriptor,
                                         std::shared_ptr<arrow::Schema> schema) override;

  // discovery.cpp, query_execution.cpp, temporal_filter.cpp
  Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) override;
  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) override;
  Result<OpenScan> scan(const protocol::Ticket& ticket) override;
  Result<protocol::QueryAnswer> query(const query::Query& query,
                                      const std::stop_token& left) override;
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter& filter,
                                                     const std::stop_token& left) override;
  Result<std::vector<protocol::Interval>> intersect(const protocol::TopicIntersection& request,
                                                    const std::stop_token& left) override;

  Status close() override;

  Upkeep& upkeep() { return *upkeep_; }

 private:
  // The session, taken from a writer that is gone; what it left running is interrupted.
  Result<catalog::SequenceTree> claim(const core::Locator& session);
  // Unavailable after close(); Locked when `change` and the engine is read-only.
  Status check_open(bool change) const;
  // Ends the uploads and readers of what the catalog deleted, then removes its files. `sequence`:
  // the one that goes on without it, whose manifest has to say so; empty when that is gone.
  void remove_deleted(const catalog::Deleted& deleted, const std::string& sequence);
  // Removes what a crash in a deletion left, and has manifests written that a crash left stale.
  Status settle();
  Status count_live_rows(std::vector<protocol::SequenceListAnswer::Entry>* sequences);

  const std::shared_ptr<EngineContext> context_;
  const int64_t opened_at_ns_;
  const std::shared_ptr<ManifestWriter> manifests_;
  const std::shared_ptr<Ingest> ingest_;
  const std::shared_ptr<Upkeep> upkeep_;
  std::mutex close_mutex_;
  std::shared_ptr<void> keep_;  // Guarded by close_mutex_.
};

}  // namespace mosaico::engine
