#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "core/error.hpp"
#include "engine/options.hpp"
#include "engine/scan.hpp"
#include "engine/upload.hpp"
#include "protocol/actions.hpp"
#include "protocol/discovery.hpp"
#include "protocol/temporal_filter.hpp"
#include "query/filter.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

// The platform itself, without a network: the life of sequences, ingest, planning, scans, queries,
// recovery. The Flight service and the in-process client both speak to it, and only to it, so
// the rules are the same for both. Thread-safe. Errors by kind as docs/protocol.md section 3 has
// them; the engine trusts no argument, wherever it comes from.
class Engine {
 public:
  // Brings the store up to date first: interrupted uploads, left-over journals and tombstones.
  // `journal_directory` is a local folder. Errors: Io, Corrupt, Locked (used by another process).
  static Result<std::shared_ptr<Engine>> open(std::unique_ptr<catalog::Catalog> catalog,
                                              std::unique_ptr<store::Store> store,
                                              const std::string& journal_directory,
                                              const EngineOptions& options);
  virtual ~Engine() = default;

  // --- Sequences, sessions, topics (docs/protocol.md, 5.4, 11.1, 11.2, 11.5) ---
  virtual protocol::ServerInfo info() const = 0;
  virtual Status sequence_create(const protocol::SequenceCreate& request) = 0;
  virtual Status sequence_delete(const core::Locator& sequence) = 0;
  virtual Status sequence_abort(const protocol::SequenceAbort& request) = 0;
  virtual Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest& request) = 0;
  virtual Result<protocol::SessionCreated> session_create(const core::Locator& sequence) = 0;
  virtual Status session_finalize(const protocol::SessionFinalize& request) = 0;
  virtual Status session_delete(const core::Locator& session) = 0;
  virtual Result<protocol::SessionClaimed> session_claim(const core::Locator& session) = 0;
  virtual Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate& request) = 0;
  virtual Status topic_delete(const core::Locator& topic) = 0;

  // --- Notifications: `locator` of a sequence or a topic ---
  virtual Status notification_create(const protocol::NotificationCreate& request) = 0;
  virtual Result<protocol::NotificationList> notification_list(const core::Locator& locator) = 0;
  virtual Status notification_purge(const core::Locator& locator) = 0;

  // --- Writing ---

  // Opens the upload of a topic (docs/protocol.md, section 6). The schema is kept exactly.
  // Invalid (no int64 timestamp_ns, a type that cannot be stored: the text says which and why),
  // NotFound, Locked.
  virtual Result<std::unique_ptr<Upload>> upload(const protocol::PutDescriptor& descriptor,
                                                 std::shared_ptr<arrow::Schema> schema) = 0;

  // --- Reading ---
  virtual Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) = 0;
  // The stored schema of a topic; without fields when it never saw an upload.
  virtual Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) = 0;
  // Also tells the properties that the schema metadata of a DoGet stream carries.
  struct OpenScan {
    std::unique_ptr<Scan> scan;
    nlohmann::json user_metadata;
    protocol::TopicProperties properties;
  };
  virtual Result<OpenScan> scan(const protocol::Ticket& ticket) = 0;

  // --- Queries (docs/protocol.md, 9 and 5.6). They end with Cancelled soon after `left` was
  // requested: nobody waits for the answer. ---

  // Invalid (a list specifier where no topic asked has a list), Corrupt.
  virtual Result<protocol::QueryAnswer> query(const query::Query& query,
                                              const std::stop_token& left = {}) = 0;
  // The times at which a topic matches, in ascending order, both ends inclusive. NotFound; Invalid
  // (no condition, or one on another tag); LimitExceeded (query_clusters_max).
  virtual Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter& filter,
                                                             const std::stop_token& left = {}) = 0;
  // The times at which all of them match together. Errors as clusterize().
  virtual Result<std::vector<protocol::Interval>> intersect(
      const protocol::TopicIntersection& request, const std::stop_token& left = {}) = 0;

  // Ends uploads (interrupted) and scans, makes taken rows durable. Called once, before the
  // destructor.
  virtual Status close() = 0;
};

// An engine over a directory: catalog.sqlite, journal/, data/ and a lock file that says whose it
// is. Makes the directory unless read-only.
Result<std::shared_ptr<Engine>> open_directory(const std::string& root,
                                               const EngineOptions& options);

}  // namespace mosaico::engine
