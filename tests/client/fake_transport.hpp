#pragma once

#include <arrow/record_batch.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/transport.hpp"
#include "mosaico/describe.hpp"

namespace mosaico::client {

// A place where the calls of a FakeTransport can be held up. Thread-safe.
class Gate {
 public:
  void shut();
  void open();
  // Returns when as many callers wait at the shut gate.
  void wait_for_waiters(int count);
  int waiters() const;

  // Waits while the gate is shut, or until `broken_off` holds and wake() was called.
  void pass(const std::function<bool()>& broken_off);
  void wake();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_shut_ = false;
  int waiters_ = 0;
};

// A topic as it lies in a FakeTransport.
struct FakeTopic {
  std::string tag = "TestNumber";
  std::string format = "default";
  nlohmann::json user_metadata = nlohmann::json::object();
  std::shared_ptr<arrow::Schema> schema = nullptr;  // Null: it never saw an upload.
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches = {};
  std::optional<int64_t> completed_at_ns = 2'000'000'000;
  // Fails the call after as many that succeeded.
  struct Fault {
    int after = 0;
    Status error;
  };
  std::optional<Fault> download_fault = {};  // Of next().
  std::optional<Fault> upload_fault = {};    // Of write().
};

// A Transport without anything behind it: what it gives back is put in by hand, and what arrives is
// kept. Any step can be held up or made to fail. Thread-safe.
class FakeTransport final : public Transport {
 public:
  // --- For the test ---

  // Adds it to its sequence, which is made when it is absent.
  void add_topic(const std::string& locator, FakeTopic topic);
  void add_sequence(const std::string& sequence);
  // Adds rows to a topic; followers see them.
  void append(const std::string& locator, std::shared_ptr<arrow::RecordBatch> batch);
  // Ends an open topic, and with it its followers.
  void complete(const std::string& locator);
  void remove_topic(const std::string& locator);
  void add_notification(const core::Locator& locator, const std::string& created_datetime);

  // From now on it counts the rows of windows, asked or not, as servers without additions do.
  void count_always();
  // From now on every action fails so.
  void fail_actions(const Status& error);

  Gate opening;  // download()
  Gate reading;  // DownloadStream::next()
  Gate writing;  // UploadStream::write()
  Gate durable;  // UploadStream::wait_durable()

  std::vector<std::string> calls() const;  // Names of actions with their locators, in order.
  std::vector<protocol::ReadDescriptor> discoveries() const;
  int downloads() const;
  int openings_at_once() const;                 // The most that ran at the same time.
  int64_t held_bytes_max() const;               // Of batches given out and not freed.
  FakeTopic topic(const std::string& locator);  // As it is now.

  // --- Transport ---

  Result<protocol::ServerInfo> info() override;
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
  Result<protocol::QueryAnswer> query(const nlohmann::json& body) override;
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter& filter) override;
  Result<std::vector<protocol::Interval>> intersect(
      const protocol::TopicIntersection& request) override;
  Result<std::unique_ptr<UploadStream>> upload(
      const protocol::PutDescriptor& descriptor,
      const std::shared_ptr<arrow::Schema>& schema) override;
  Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) override;
  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) override;
  Result<std::unique_ptr<DownloadStream>> download(const std::string& ticket) override;

 private:
  friend class FakeUpload;
  friend class FakeDownload;

  struct Sequence {
    nlohmann::json user_metadata = nlohmann::json::object();
    std::vector<std::string> topics;  // In order of creation.
  };

  Status record(const std::string& call);
  protocol::Discovery::Endpoint endpoint(const core::Locator& locator, const FakeTopic& topic,
                                         const protocol::ReadDescriptor& descriptor) const;
  void hand_out(const std::shared_ptr<arrow::RecordBatch>& batch);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<std::string, Sequence> sequences_;
  std::map<std::string, FakeTopic> topics_;  // By locator.
  std::vector<std::pair<core::Locator, std::string>> notifications_;
  std::vector<std::string> calls_;
  std::vector<protocol::ReadDescriptor> discoveries_;
  Status failure_;  // Of every action.
  bool counts_always_ = false;
  int downloads_ = 0;
  int openings_ = 0;
  int openings_at_once_ = 0;
  std::vector<std::pair<std::weak_ptr<arrow::RecordBatch>, int64_t>> handed_out_;  // With bytes.
  int64_t held_bytes_max_ = 0;
};

// --- Rows to test with ---

struct TestNumber {
  int64_t value = 0;
};
MOSAICO_ONTOLOGY(TestNumber, "TestNumber", value)

// Values count on from `first_value`.
std::shared_ptr<arrow::RecordBatch> numbers(const std::vector<int64_t>& times,
                                            int64_t first_value = 0);
// A topic of TestNumber with a batch for each list of times; values count through.
FakeTopic number_topic(const std::vector<std::vector<int64_t>>& times_of_batches);

}  // namespace mosaico::client
