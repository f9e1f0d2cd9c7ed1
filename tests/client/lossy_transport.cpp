#include "client/lossy_transport.hpp"

namespace mosaico::client {

template <typename Call>
auto LossyTransport::pass(const char* name, const Call& call) -> decltype(call()) {
  bool is_lost = false;
  {
    std::lock_guard guard(mutex_);
    is_lost = calls_++ == lost_call_;
    if (is_lost) lost_name_ = name;
  }
  const Status lost = core::error(ErrorKind::Unavailable, "the network lost ", name);
  if (is_lost && lost_ == Lost::Request) return lost;
  auto answer = call();
  if (is_lost) return lost;
  return answer;
}

class LossyUpload final : public UploadStream {
 public:
  LossyUpload(LossyTransport& transport, std::unique_ptr<UploadStream> stream)
      : transport_(transport), stream_(std::move(stream)) {}

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    transport_.wait_for_rows_to_pass();
    return stream_->write(batch);
  }
  Result<int64_t> wait_durable(int64_t rows) override { return stream_->wait_durable(rows); }
  Status finish() override {
    return transport_.pass("finish", [&] { return stream_->finish(); });
  }
  void cancel() override { stream_->cancel(); }

 private:
  LossyTransport& transport_;
  const std::unique_ptr<UploadStream> stream_;
};

std::string LossyTransport::lost_name() const {
  std::lock_guard guard(mutex_);
  return lost_name_;
}

void LossyTransport::hold_rows() {
  std::lock_guard guard(mutex_);
  holds_rows_ = true;
}

void LossyTransport::let_rows_pass() {
  {
    std::lock_guard guard(mutex_);
    holds_rows_ = false;
  }
  changed_.notify_all();
}

void LossyTransport::wait_for_rows_to_pass() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return !holds_rows_; });
}

Result<protocol::ServerInfo> LossyTransport::info() {
  return pass("info", [&] { return transport_->info(); });
}
Status LossyTransport::sequence_create(const protocol::SequenceCreate& request) {
  return pass("sequence_create", [&] { return transport_->sequence_create(request); });
}
Status LossyTransport::sequence_delete(const core::Locator& sequence) {
  return pass("sequence_delete", [&] { return transport_->sequence_delete(sequence); });
}
Status LossyTransport::sequence_abort(const protocol::SequenceAbort& request) {
  return pass("sequence_abort", [&] { return transport_->sequence_abort(request); });
}
Result<protocol::SequenceListAnswer> LossyTransport::sequence_list(
    const protocol::SequenceListRequest& request) {
  return pass("sequence_list", [&] { return transport_->sequence_list(request); });
}
Result<protocol::SessionCreated> LossyTransport::session_create(const core::Locator& sequence) {
  return pass("session_create", [&] { return transport_->session_create(sequence); });
}
Status LossyTransport::session_finalize(const protocol::SessionFinalize& request) {
  return pass("session_finalize", [&] { return transport_->session_finalize(request); });
}
Status LossyTransport::session_delete(const core::Locator& session) {
  return pass("session_delete", [&] { return transport_->session_delete(session); });
}

Result<protocol::SessionClaimed> LossyTransport::session_claim(const core::Locator& session) {
  return pass("session_claim", [&] { return transport_->session_claim(session); });
}
Result<protocol::TopicCreated> LossyTransport::topic_create(const protocol::TopicCreate& request) {
  return pass("topic_create", [&] { return transport_->topic_create(request); });
}
Status LossyTransport::topic_delete(const core::Locator& topic) {
  return pass("topic_delete", [&] { return transport_->topic_delete(topic); });
}
Status LossyTransport::notification_create(const protocol::NotificationCreate& request) {
  return pass("notification_create", [&] { return transport_->notification_create(request); });
}
Result<protocol::NotificationList> LossyTransport::notification_list(const core::Locator& locator) {
  return pass("notification_list", [&] { return transport_->notification_list(locator); });
}
Status LossyTransport::notification_purge(const core::Locator& locator) {
  return pass("notification_purge", [&] { return transport_->notification_purge(locator); });
}
Result<protocol::QueryAnswer> LossyTransport::query(const nlohmann::json& body) {
  return pass("query", [&] { return transport_->query(body); });
}
Result<std::vector<protocol::Interval>> LossyTransport::clusterize(
    const protocol::TopicFilter& filter) {
  return pass("clusterize", [&] { return transport_->clusterize(filter); });
}
Result<std::vector<protocol::Interval>> LossyTransport::intersect(
    const protocol::TopicIntersection& request) {
  return pass("intersect", [&] { return transport_->intersect(request); });
}

Result<std::unique_ptr<UploadStream>> LossyTransport::upload(
    const protocol::PutDescriptor& descriptor, const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto stream,
                        pass("upload", [&] { return transport_->upload(descriptor, schema); }));
  return std::make_unique<LossyUpload>(*this, std::move(stream));
}
Result<protocol::Discovery> LossyTransport::discover(const protocol::ReadDescriptor& descriptor) {
  return pass("discover", [&] { return transport_->discover(descriptor); });
}
Result<std::shared_ptr<arrow::Schema>> LossyTransport::topic_schema(const core::Locator& topic) {
  return pass("topic_schema", [&] { return transport_->topic_schema(topic); });
}
Result<std::unique_ptr<DownloadStream>> LossyTransport::download(const std::string& ticket) {
  return pass("download", [&] { return transport_->download(ticket); });
}

}  // namespace mosaico::client
