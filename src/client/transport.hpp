#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"
#include "protocol/actions.hpp"
#include "protocol/discovery.hpp"
#include "protocol/temporal_filter.hpp"
#include "query/filter.hpp"

namespace mosaico::client {

using core::Result;
using core::Status;

// What the actions call the things that users name; a topic with or without its leading slash.
inline core::Locator sequence_locator(const std::string& sequence) {
  return {.sequence = sequence, .topic = {}, .session = {}};
}
inline core::Locator topic_locator(const std::string& sequence, const std::string& topic) {
  return {.sequence = sequence, .topic = core::topic_name_on_wire(topic), .session = {}};
}

// The stream of one lane. write() belongs to one thread at a time, wait_durable() to one other.
class UploadStream {
 public:
  virtual ~UploadStream() = default;

  // Returns when the other side took the batch into its flow control; may wait for it.
  virtual Status write(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  // Waits until at least `rows` rows of the topic are durable, and tells how many are; of a resumed
  // stream, those it had before with them. Without acknowledgements: what was written.
  virtual Result<int64_t> wait_durable(int64_t rows) = 0;
  // The proper end, after which all is durable. No wait_durable() may run.
  virtual Status finish() = 0;
  // Breaks the stream off; wakes both callers. Any thread.
  virtual void cancel() = 0;
};

// The rows of one topic on their way to a reader. One thread reads; cancel() belongs to any.
class DownloadStream {
 public:
  virtual ~DownloadStream() = default;

  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  // The next batch, never empty; null at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;
  virtual void cancel() = 0;
};

// How the client reaches an engine: over Flight, or in the same process. Both speak the same
// messages and have the same errors. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual Result<protocol::ServerInfo> info() = 0;
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
  virtual Status notification_create(const protocol::NotificationCreate& request) = 0;
  virtual Result<protocol::NotificationList> notification_list(const core::Locator& locator) = 0;
  virtual Status notification_purge(const core::Locator& locator) = 0;
  virtual Result<protocol::QueryAnswer> query(const nlohmann::json& body) = 0;
  virtual Result<std::vector<protocol::Interval>> clusterize(
      const protocol::TopicFilter& filter) = 0;
  virtual Result<std::vector<protocol::Interval>> intersect(
      const protocol::TopicIntersection& request) = 0;

  virtual Result<std::unique_ptr<UploadStream>> upload(
      const protocol::PutDescriptor& descriptor, const std::shared_ptr<arrow::Schema>& schema) = 0;
  virtual Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) = 0;
  virtual Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) = 0;
  virtual Result<std::unique_ptr<DownloadStream>> download(const std::string& ticket) = 0;
};

}  // namespace mosaico::client
