#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "client/transport.hpp"

namespace mosaico::client {

// What a network loses of a call: then it has no effect, or it has one and nobody knows.
enum class Lost { Request, Answer };

// Passes calls on, and loses one of them. Thread-safe.
class LossyTransport final : public Transport {
 public:
  // Loses the n-th call, counted from 0. The end of an upload counts as one; its rows do not.
  LossyTransport(std::shared_ptr<Transport> transport, int lost_call, Lost lost)
      : transport_(std::move(transport)), lost_call_(lost_call), lost_(lost) {}

  // Which call was lost; empty when none was.
  std::string lost_name() const;
  // Rows wait until let_rows_pass().
  void hold_rows();
  void let_rows_pass();

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
  friend class LossyUpload;

  template <typename Call>
  auto pass(const char* name, const Call& call) -> decltype(call());
  void wait_for_rows_to_pass();

  const std::shared_ptr<Transport> transport_;
  const int lost_call_;
  const Lost lost_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  int calls_ = 0;
  std::string lost_name_;
  bool holds_rows_ = false;
};

}  // namespace mosaico::client
