#include "discard_transport.hpp"

#include <arrow/api.h>

#include <atomic>
#include <memory>
#include <vector>

#include "client/recording.hpp"
#include "client/session.hpp"
#include "client/transport.hpp"
#include "core/error.hpp"

namespace mosaico::bench {

using core::Result;
using core::Status;

namespace {

class DiscardingStream final : public client::UploadStream {
 public:
  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    written_rows_ += batch->num_rows();
    return Status::OK();
  }
  // Nobody waits for rows that were not written.
  Result<std::int64_t> wait_durable(std::int64_t) override { return written_rows_; }
  Status finish() override { return Status::OK(); }
  void cancel() override {}

 private:
  std::atomic<std::int64_t> written_rows_ = 0;
};

Status not_here() { return core::error(ErrorKind::Unsupported, "a transport that only discards"); }

class DiscardingTransport final : public client::Transport {
 public:
  Result<protocol::ServerInfo> info() override {
    return protocol::ServerInfo{.server = std::string(protocol::kServerName)};
  }
  Status sequence_create(const protocol::SequenceCreate&) override { return Status::OK(); }
  Status sequence_delete(const core::Locator&) override { return Status::OK(); }
  Status sequence_abort(const protocol::SequenceAbort&) override { return Status::OK(); }
  Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest&) override {
    return not_here();
  }
  Result<protocol::SessionCreated> session_create(const core::Locator& sequence) override {
    return protocol::SessionCreated{.uuid = "u", .locator = sequence};
  }
  Status session_finalize(const protocol::SessionFinalize&) override { return Status::OK(); }
  Status session_delete(const core::Locator&) override { return Status::OK(); }
  Result<protocol::SessionClaimed> session_claim(const core::Locator&) override {
    return not_here();
  }
  Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate&) override {
    return protocol::TopicCreated{.uuid = "u"};
  }
  Status topic_delete(const core::Locator&) override { return Status::OK(); }
  Status notification_create(const protocol::NotificationCreate&) override { return Status::OK(); }
  Result<protocol::NotificationList> notification_list(const core::Locator&) override {
    return protocol::NotificationList{};
  }
  Status notification_purge(const core::Locator&) override { return Status::OK(); }
  Result<protocol::QueryAnswer> query(const nlohmann::json&) override { return not_here(); }
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter&) override {
    return not_here();
  }
  Result<std::vector<protocol::Interval>> intersect(const protocol::TopicIntersection&) override {
    return not_here();
  }
  Result<std::unique_ptr<client::UploadStream>> upload(
      const protocol::PutDescriptor&, const std::shared_ptr<arrow::Schema>&) override {
    return std::make_unique<DiscardingStream>();
  }
  Result<protocol::Discovery> discover(const protocol::ReadDescriptor&) override {
    return not_here();
  }
  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator&) override {
    return not_here();
  }
  Result<std::unique_ptr<client::DownloadStream>> download(const std::string&) override {
    return not_here();
  }
};

}  // namespace

SequenceWriter discarding_sequence(const std::string& name, const WriterConfig& config) {
  const auto session =
      std::make_shared<client::Session>(std::make_shared<DiscardingTransport>(), ClientConfig{});
  return SequenceWriter(core::value_or_throw(
      client::Recording::start(session, name, nlohmann::json::object(), config)));
}

}  // namespace mosaico::bench
