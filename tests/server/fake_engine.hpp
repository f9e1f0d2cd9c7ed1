#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/align_util.h>

#include "engine/engine.hpp"

namespace mosaico::server {

using core::Result;
using core::Status;

// Something that a test waits for. Thread-safe.
template <typename T>
class Event {
 public:
  void set(T value) {
    {
      const std::lock_guard lock(mutex_);
      values_.push_back(std::move(value));
    }
    changed_.notify_all();
  }

  // The value of the n-th set(), counted from 0.
  T wait(size_t n = 0) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return values_.size() > n; });
    return values_[n];
  }

  size_t count() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

// What an upload saw. A test keeps it after the upload has gone.
struct UploadLog {
  Event<int64_t> rows;        // Of each batch.
  Event<std::string> ending;  // "finished" or "interrupted".
  Event<bool> gone;           // The Upload was destroyed.
  std::function<void(const Status&, int64_t)> on_durable;
  std::atomic<int64_t> durable_rows{0};
  Status append_status;
  Status finish_status;
};

class FakeUpload : public engine::Upload {
 public:
  explicit FakeUpload(std::shared_ptr<UploadLog> log) : log_(std::move(log)) {}
  ~FakeUpload() override { log_->gone.set(true); }

  Status append(std::shared_ptr<arrow::RecordBatch> batch) override {
    ARROW_RETURN_NOT_OK(log_->append_status);
    std::vector<bool> unaligned;
    if (!arrow::util::CheckAlignment(*batch, arrow::util::kValueAlignment, &unaligned)) {
      return core::error(ErrorKind::Internal, "the batch is not aligned");
    }
    log_->rows.set(batch->num_rows());
    return Status::OK();
  }
  int64_t durable_rows() const override { return log_->durable_rows; }
  void on_durable(std::function<void(const Status&, int64_t)> callback) override {
    log_->on_durable = std::move(callback);
  }
  Status finish() override {
    ARROW_RETURN_NOT_OK(log_->finish_status);
    int64_t total = 0;
    for (size_t i = 0; i < log_->rows.count(); ++i) total += log_->rows.wait(i);
    log_->durable_rows = total;
    log_->ending.set("finished");
    return Status::OK();
  }
  void interrupt() override { log_->ending.set("interrupted"); }

 private:
  const std::shared_ptr<UploadLog> log_;
};

// Gives the batches it was given; then ends, or with `endless` waits until it is cancelled.
class FakeScan : public engine::Scan {
 public:
  FakeScan(std::shared_ptr<arrow::Schema> schema,
           std::vector<std::shared_ptr<arrow::RecordBatch>> batches, bool endless)
      : schema_(std::move(schema)), batches_(std::move(batches)), endless_(endless) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    std::unique_lock lock(mutex_);
    if (position_ < batches_.size()) return batches_[position_++];
    if (!endless_) return nullptr;
    changed_.wait(lock, [this] { return cancelled_; });
    return core::error(ErrorKind::Cancelled, "the scan was cancelled");
  }

  bool at_end() override { return !endless_ && given() == batches_.size(); }

  // How many batches were given.
  size_t given() {
    const std::lock_guard lock(mutex_);
    return position_;
  }

  void cancel() override {
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
    cancellations.set(true);
  }

  Event<bool> cancellations;

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  const bool endless_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t position_ = 0;
  bool cancelled_ = false;
};

// Holds a FakeScan that the test also holds.
class SharedScan : public engine::Scan {
 public:
  explicit SharedScan(std::shared_ptr<FakeScan> scan) : scan_(std::move(scan)) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return scan_->schema(); }
  Result<std::shared_ptr<arrow::RecordBatch>> next() override { return scan_->next(); }
  bool at_end() override { return scan_->at_end(); }
  void cancel() override { scan_->cancel(); }

 private:
  const std::shared_ptr<FakeScan> scan_;
};

// An engine whose every answer the test has set; what was not set throws, as a defect would.
class FakeEngine : public engine::Engine {
 public:
  std::shared_ptr<UploadLog> upload_log = std::make_shared<UploadLog>();
  Status upload_status;
  Event<protocol::PutDescriptor> uploads;
  std::shared_ptr<FakeScan> fake_scan;
  std::vector<protocol::Interval> clusters;
  bool searches_for_ever = false;  // Until nobody waits for the answer.
  Event<bool> searches_begun;
  Event<bool> searches_left;

  protocol::ServerInfo info() const override { return {"0.7.0", {}, "mosaico-cpp", 1}; }
  Status sequence_create(const protocol::SequenceCreate&) override { not_set(); }
  Status sequence_delete(const core::Locator&) override { not_set(); }
  Status sequence_abort(const protocol::SequenceAbort&) override { not_set(); }
  Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest& request) override {
    // Three pages, each with the cursor as its only name.
    protocol::SequenceListAnswer page;
    const std::string name = "run" + std::to_string(request.cursor.size());
    page.sequences.push_back({.name = name, .state = "pending"});
    if (request.cursor.size() < 2) page.cursor = request.cursor + "x";
    return page;
  }
  Result<protocol::SessionCreated> session_create(const core::Locator&) override { not_set(); }
  Status session_finalize(const protocol::SessionFinalize&) override { not_set(); }
  Status session_delete(const core::Locator&) override { not_set(); }
  Result<protocol::SessionClaimed> session_claim(const core::Locator&) override { not_set(); }
  Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate&) override { not_set(); }
  // NOLINTNEXTLINE(bugprone-std-exception-baseclass)
  Status topic_delete(const core::Locator&) override { throw 7; }
  Status notification_create(const protocol::NotificationCreate&) override { not_set(); }
  Result<protocol::NotificationList> notification_list(const core::Locator&) override { not_set(); }
  Status notification_purge(const core::Locator&) override { not_set(); }

  Result<std::unique_ptr<engine::Upload>> upload(const protocol::PutDescriptor& descriptor,
                                                 std::shared_ptr<arrow::Schema>) override {
    ARROW_RETURN_NOT_OK(upload_status);
    uploads.set(descriptor);
    return std::make_unique<FakeUpload>(upload_log);
  }

  Result<protocol::Discovery> discover(const protocol::ReadDescriptor&) override { not_set(); }
  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator&) override { not_set(); }
  Result<OpenScan> scan(const protocol::Ticket&) override {
    if (fake_scan == nullptr) not_set();
    return OpenScan{std::make_unique<SharedScan>(fake_scan), nlohmann::json::object(),
                    protocol::TopicProperties{"IMU", "default", std::nullopt, std::nullopt}};
  }
  Result<protocol::QueryAnswer> query(const query::Query&, const std::stop_token& left) override {
    ARROW_RETURN_NOT_OK(search(left));
    return protocol::QueryAnswer();
  }
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter&,
                                                     const std::stop_token& left) override {
    ARROW_RETURN_NOT_OK(search(left));
    return clusters;
  }
  Result<std::vector<protocol::Interval>> intersect(const protocol::TopicIntersection&,
                                                    const std::stop_token& left) override {
    ARROW_RETURN_NOT_OK(search(left));
    return clusters;
  }
  Status close() override { return Status::OK(); }

 private:
  Status search(const std::stop_token& left) {
    if (!searches_for_ever) return Status::OK();
    searches_begun.set(true);
    Event<bool> stopped;
    const std::stop_callback wake(left, [&stopped] { stopped.set(true); });
    stopped.wait();
    searches_left.set(true);
    return core::error(ErrorKind::Cancelled, "the caller has left");
  }
  [[noreturn]] static void not_set() { throw std::runtime_error("the test has set no answer"); }
};

}  // namespace mosaico::server
