#include "client/embedded_transport.hpp"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <condition_variable>
#include <mutex>
#include <shared_mutex>
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
  ~EmbeddedTransport() override { ARROW_WARN_NOT_OK(close(), "closing the embedded engine"); }

  Result<protocol::ServerInfo> info() override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->info();
  }
  Status sequence_create(const protocol::SequenceCreate& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->sequence_create(request);
  }
  Status sequence_delete(const core::Locator& sequence) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->sequence_delete(sequence);
  }
  Status sequence_abort(const protocol::SequenceAbort& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->sequence_abort(request);
  }
  Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->sequence_list(request);
  }
  Result<protocol::SessionCreated> session_create(const core::Locator& sequence) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->session_create(sequence);
  }
  Status session_finalize(const protocol::SessionFinalize& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->session_finalize(request);
  }
  Result<protocol::SessionClaimed> session_claim(const core::Locator& session) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->session_claim(session);
  }
  Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->topic_create(request);
  }
  Status topic_delete(const core::Locator& topic) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->topic_delete(topic);
  }
  Status notification_create(const protocol::NotificationCreate& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->notification_create(request);
  }
  Result<protocol::NotificationList> notification_list(const core::Locator& locator) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->notification_list(locator);
  }
  Status notification_purge(const core::Locator& locator) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->notification_purge(locator);
  }
  Result<protocol::QueryAnswer> query(const nlohmann::json& body) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    ARROW_ASSIGN_OR_RAISE(const auto parsed, query::parse_query(body));
    return engine->query(parsed);
  }
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter& filter) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->clusterize(filter);
  }
  Result<std::vector<protocol::Interval>> intersect(
      const protocol::TopicIntersection& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->intersect(request);
  }

  Result<std::unique_ptr<UploadStream>> upload(
      const protocol::PutDescriptor& descriptor,
      const std::shared_ptr<arrow::Schema>& schema) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    ARROW_ASSIGN_OR_RAISE(auto upload, engine->upload(descriptor, schema));
    return std::make_unique<EmbeddedUpload>(std::move(upload));
  }
  Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->discover(descriptor);
  }
  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    return engine->topic_schema(topic);
  }
  Result<std::unique_ptr<DownloadStream>> download(const std::string& ticket) override {
    ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine());
    ARROW_ASSIGN_OR_RAISE(const auto parsed, protocol::Ticket::parse(ticket));
    ARROW_ASSIGN_OR_RAISE(auto opened, engine->scan(parsed));
    return std::make_unique<EmbeddedDownload>(std::move(opened.scan));
  }

  Status close() override {
    std::shared_ptr<engine::Engine> engine;
    {
      std::lock_guard guard(mutex_);
      engine.swap(engine_);
    }
    return engine == nullptr ? Status::OK() : engine->close();
  }

 private:
  Result<std::shared_ptr<engine::Engine>> open_engine() const {
    std::shared_lock guard(mutex_);
    if (engine_ == nullptr) return core::error(ErrorKind::Unavailable, "the client was closed");
    return engine_;
  }

  mutable std::shared_mutex mutex_;
  std::shared_ptr<engine::Engine> engine_;  // Guarded by mutex_; null once closed.
};

}  // namespace

Result<std::shared_ptr<Transport>> open_embedded_transport(const std::string& directory,
                                                           const ClientConfig& config) {
  engine::EngineOptions options;
  options.read_only = config.read_only;
  ARROW_ASSIGN_OR_RAISE(auto engine, engine::open_directory(directory, options));
  return std::make_shared<EmbeddedTransport>(std::move(engine));
}

}  // namespace mosaico::client
