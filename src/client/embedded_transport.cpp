#include "client/embedded_transport.hpp"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "engine/engine.hpp"

namespace mosaico::client {

namespace {

class EmbeddedUpload final : public UploadStream {
 public:
  explicit EmbeddedUpload(std::unique_ptr<engine::Upload> upload) : upload_(std::move(upload)) {
    durable_rows_ = upload_->durable_rows();
    upload_->on_durable([this](const Status& status, int64_t durable_rows) {
      {
        std::lock_guard guard(mutex_);
        if (!status.ok()) broken_ = status;
        durable_rows_ = std::max(durable_rows_, durable_rows);
      }
      changed_.notify_all();
    });
  }
  // The engine calls back until the upload is gone.
  ~EmbeddedUpload() override { upload_.reset(); }

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    {
      std::lock_guard guard(mutex_);
      ARROW_RETURN_NOT_OK(broken_);
    }
    return upload_->append(batch);
  }

  Result<int64_t> wait_durable(int64_t rows) override {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return durable_rows_ >= rows || !broken_.ok(); });
    if (durable_rows_ >= rows) return durable_rows_;
    return broken_;
  }

  Status finish() override { return upload_->finish(); }

  void cancel() override {
    {
      std::lock_guard guard(mutex_);
      if (!broken_.ok()) return;
      broken_ = core::error(ErrorKind::Cancelled, "the upload was cancelled");
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  int64_t durable_rows_ = 0;
  Status broken_;
  std::unique_ptr<engine::Upload> upload_;
};

class EmbeddedDownload final : public DownloadStream {
 public:
  explicit EmbeddedDownload(std::unique_ptr<engine::Scan> scan) : scan_(std::move(scan)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return scan_->schema(); }
  Result<std::shared_ptr<arrow::RecordBatch>> next() override { return scan_->next(); }
  void cancel() override { scan_->cancel(); }

 private:
  std::unique_ptr<engine::Scan> scan_;
};

class EmbeddedTransport final : public Transport {
 public:
  explicit EmbeddedTransport(std::shared_ptr<engine::Engine> engine) : engine_(std::move(engine)) {}
  ~EmbeddedTransport() override {
    ARROW_WARN_NOT_OK(engine_->close(), "closing the embedded engine");
  }

  Result<protocol::ServerInfo> info() override { return engine_->info(); }
  Status sequence_create(const protocol::SequenceCreate& request) override {
    return engine_->sequence_create(request);
  }
  Status sequence_delete(const core::Locator& sequence) override {
    return engine_->sequence_delete(sequence);
  }
  Status sequence_abort(const protocol::SequenceAbort& request) override {
    return engine_->sequence_abort(request);
  }
  Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest& request) override {
    return engine_->sequence_list(request);
  }
  Result<protocol::SessionCreated> session_create(const core::Locator& sequence) override {
    return engine_->session_create(sequence);
  }
  Status session_finalize(const protocol::SessionFinalize& request) override {
    return engine_->session_finalize(request);
  }
  Status session_delete(const core::Locator& session) override {
    return engine_->session_delete(session);
  }
  Result<protocol::SessionClaimed> session_claim(const core::Locator& session) override {
    return engine_->session_claim(session);
  }
  Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate& request) override {
    return engine_->topic_create(request);
  }
  Status topic_delete(const core::Locator& topic) override { return engine_->topic_delete(topic); }
  Status notification_create(const protocol::NotificationCreate& request) override {
    return engine_->notification_create(request);
  }
  Result<protocol::NotificationList> notification_list(const core::Locator& locator) override {
    return engine_->notification_list(locator);
  }
  Status notification_purge(const core::Locator& locator) override {
    return engine_->notification_purge(locator);
  }
  Result<protocol::QueryAnswer> query(const nlohmann::json& body) override {
    ARROW_ASSIGN_OR_RAISE(const auto parsed, query::parse_query(body));
    return engine_->query(parsed);
  }
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter& filter) override {
    return engine_->clusterize(filter);
  }
  Result<std::vector<protocol::Interval>> intersect(
      const protocol::TopicIntersection& request) override {
    return engine_->intersect(request);
  }

  Result<std::unique_ptr<UploadStream>> upload(
      const protocol::PutDescriptor& descriptor,
      const std::shared_ptr<arrow::Schema>& schema) override {
    ARROW_ASSIGN_OR_RAISE(auto upload, engine_->upload(descriptor, schema));
    return std::make_unique<EmbeddedUpload>(std::move(upload));
  }
  Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) override {
    return engine_->discover(descriptor);
  }
  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) override {
    return engine_->topic_schema(topic);
  }
  Result<std::unique_ptr<DownloadStream>> download(const std::string& ticket) override {
    ARROW_ASSIGN_OR_RAISE(const auto parsed, protocol::Ticket::parse(ticket));
    ARROW_ASSIGN_OR_RAISE(auto opened, engine_->scan(parsed));
    return std::make_unique<EmbeddedDownload>(std::move(opened.scan));
  }

 private:
  const std::shared_ptr<engine::Engine> engine_;
};

}  // namespace

Result<std::shared_ptr<Transport>> open_embedded_transport(const std::string& directory,
                                                           const ClientConfig& config) {
  engine::EngineOptions options;
  options.read_only = config.read_only;
  options.min_free_bytes = config.min_free_bytes;
  ARROW_ASSIGN_OR_RAISE(auto engine, engine::open_directory(directory, options));
  return std::make_shared<EmbeddedTransport>(std::move(engine));
}

}  // namespace mosaico::client
