#include "client/flight/flight_transport.hpp"

#include <arrow/buffer.h>
#include <arrow/flight/client.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "client/flight/flight_connections.hpp"
#include "client/flight/flight_streams.hpp"
#include "core/json.hpp"
#include "protocol/flight_status.hpp"
#include "protocol/headers.hpp"

namespace mosaico::client {

namespace {

namespace flight = arrow::flight;
namespace action = protocol::action;
using protocol::from_flight;

constexpr std::chrono::milliseconds kConnectRetry{25};

// gRPC ends the process over a header that HTTP does not allow.
Status check_api_key(const std::string& key) {
  const bool can_travel =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (can_travel) return Status::OK();
  return core::error(ErrorKind::Invalid,
                     "api_key contains a character that no key has, a blank or a line end perhaps");
}

class FlightTransport final : public Transport {
 public:
  FlightTransport(std::unique_ptr<ConnectionPool> pool, const ClientConfig& config)
      : pool_(std::move(pool)) {
    if (config.api_key.empty()) return;
    call_options_.headers.emplace_back(protocol::kApiKeyHeader, config.api_key);
  }

  // The first call of a connection, repeated until somebody answers. Where TLS stands in the way
  // there is nothing to wait for.
  Status wait_for_server(const FlightAddress& address, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (bool is_first = true;; is_first = false) {
      const auto answer = info();
      if (answer.ok()) {
        message_bytes_max_ = answer->limits.max_decode_bytes;
        return Status::OK();
      }
      const Status& status = answer.status();
      if (!core::is_kind(status, ErrorKind::Unavailable)) return status;
      const bool is_last = std::chrono::steady_clock::now() >= deadline;
      if (is_first || is_last) {
        const auto reason = tls_mismatch(address);
        if (reason) return core::with_context(status, *reason);
      }
      if (is_last) return status;
      std::this_thread::sleep_for(kConnectRetry);
    }
  }

  Result<protocol::ServerInfo> info() override {
    ARROW_ASSIGN_OR_RAISE(const auto body, call(action::kInfo, nlohmann::json::object()));
    return protocol::ServerInfo::from_json(body);
  }
  Status sequence_create(const protocol::SequenceCreate& request) override {
    return call(action::kSequenceCreate, request.to_json()).status();
  }
  Status sequence_delete(const core::Locator& sequence) override {
    return call(action::kSequenceDelete, locator_body(sequence)).status();
  }
  Status sequence_abort(const protocol::SequenceAbort& request) override {
    return call(action::kSequenceAbort, request.to_json()).status();
  }
  Result<protocol::SequenceListAnswer> sequence_list(
      const protocol::SequenceListRequest& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto body, call(action::kSequenceList, request.to_json()));
    return protocol::SequenceListAnswer::from_json(body);
  }
  Result<protocol::SessionCreated> session_create(const core::Locator& sequence) override {
    ARROW_ASSIGN_OR_RAISE(const auto body, call(action::kSessionCreate, locator_body(sequence)));
    return protocol::SessionCreated::from_json(body);
  }
  Status session_finalize(const protocol::SessionFinalize& request) override {
    return call(action::kSessionFinalize, request.to_json()).status();
  }
  Status session_delete(const core::Locator& session) override {
    return call(action::kSessionDelete, locator_body(session)).status();
  }
  Result<protocol::SessionClaimed> session_claim(const core::Locator& session) override {
    ARROW_ASSIGN_OR_RAISE(const auto body, call(action::kSessionClaim, locator_body(session)));
    return protocol::SessionClaimed::from_json(body);
  }
  Result<protocol::TopicCreated> topic_create(const protocol::TopicCreate& request) override {
    ARROW_ASSIGN_OR_RAISE(const auto body, call(action::kTopicCreate, request.to_json()));
    return protocol::TopicCreated::from_json(body);
  }
  Status topic_delete(const core::Locator& topic) override {
    return call(action::kTopicDelete, locator_body(topic)).status();
  }
  Status notification_create(const protocol::NotificationCreate& request) override {
    return call(request.locator.is_topic() ? action::kTopicNotificationCreate
                                           : action::kSequenceNotificationCreate,
                request.to_json())
        .status();
  }
  Result<protocol::NotificationList> notification_list(const core::Locator& locator) override {
    ARROW_ASSIGN_OR_RAISE(const auto body,
                          call(locator.is_topic() ? action::kTopicNotificationList
                                                  : action::kSequenceNotificationList,
                               locator_body(locator)));
    return protocol::NotificationList::from_json(body);
  }
  Status notification_purge(const core::Locator& locator) override {
    return call(locator.is_topic() ? action::kTopicNotificationPurge
                                   : action::kSequenceNotificationPurge,
                locator_body(locator))
        .status();
  }
  Result<protocol::QueryAnswer> query(const nlohmann::json& query_body) override {
    ARROW_ASSIGN_OR_RAISE(const std::string text, answer_text(action::kQuery, query_body));
    return protocol::QueryAnswer::from_envelope(text);
  }
  Result<std::vector<protocol::Interval>> clusterize(const protocol::TopicFilter& filter) override {
    return find_clusters(action::kTopicFilterClusterize, filter.to_json());
  }
  Result<std::vector<protocol::Interval>> intersect(
      const protocol::TopicIntersection& request) override {
    return find_clusters(action::kTopicFilterIntersect, request.to_json());
  }

  Result<std::unique_ptr<UploadStream>> upload(
      const protocol::PutDescriptor& descriptor,
      const std::shared_ptr<arrow::Schema>& schema) override {
    return open_flight_upload(pool_->next(), call_options_, descriptor, schema, message_bytes_max_);
  }

  Result<protocol::Discovery> discover(const protocol::ReadDescriptor& descriptor) override {
    const auto client = pool_->next();
    ARROW_ASSIGN_OR_RAISE(
        const auto flight_info,
        flight_result(client->GetFlightInfo(
            call_options_, flight::FlightDescriptor::Command(descriptor.to_text()))));
    protocol::Discovery discovery;
    discovery.is_sequence = descriptor.locator.is_sequence();
    if (discovery.is_sequence) {
      ARROW_ASSIGN_OR_RAISE(discovery.sequence,
                            protocol::SequenceDescription::parse(flight_info->app_metadata()));
    }
    for (const flight::FlightEndpoint& endpoint : flight_info->endpoints()) {
      ARROW_ASSIGN_OR_RAISE(auto topic, protocol::TopicDescription::parse(endpoint.app_metadata));
      discovery.endpoints.push_back({.topic = std::move(topic), .ticket = endpoint.ticket.ticket});
    }
    return discovery;
  }

  Result<std::shared_ptr<arrow::Schema>> topic_schema(const core::Locator& topic) override {
    const auto client = pool_->next();
    const protocol::ReadDescriptor descriptor{
        .locator = topic, .window = {}, .follow = false, .batch_bytes = {}};
    ARROW_ASSIGN_OR_RAISE(
        const auto result,
        flight_result(client->GetSchema(call_options_,
                                        flight::FlightDescriptor::Command(descriptor.to_text()))));
    arrow::ipc::DictionaryMemo memo;
    return result->GetSchema(&memo);
  }

  Result<std::unique_ptr<DownloadStream>> download(const std::string& ticket) override {
    const auto client = pool_->next();
    return open_flight_download(client, call_options_, ticket);
  }

 private:
  static nlohmann::json locator_body(const core::Locator& locator) {
    return protocol::LocatorRequest{.locator = locator}.to_json();
  }

  Result<std::unique_ptr<flight::ResultStream>> act(std::string_view name,
                                                    const nlohmann::json& body) {
    const auto client = pool_->next();
    flight::Action request;
    request.type = name;
    request.body = arrow::Buffer::FromString(core::dump(body));
    return flight_result(client->DoAction(call_options_, request));
  }

  // Each Result is an answer of its own.
  Result<std::vector<protocol::Interval>> find_clusters(std::string_view name,
                                                        const nlohmann::json& request) {
    ARROW_ASSIGN_OR_RAISE(const auto results, act(name, request));
    std::vector<protocol::Interval> clusters;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto result, flight_result(results->Next()));
      if (result == nullptr) return clusters;
      ARROW_ASSIGN_OR_RAISE(const auto body,
                            protocol::unwrap_answer(name, std::string_view(*result->body)));
      ARROW_ASSIGN_OR_RAISE(const auto cluster, protocol::TimeCluster::from_json(body));
      clusters.push_back(cluster.interval);
    }
  }

  // The joined Results.
  Result<std::string> answer_text(std::string_view name, const nlohmann::json& body) {
    ARROW_ASSIGN_OR_RAISE(const auto results, act(name, body));
    std::string text;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto result, flight_result(results->Next()));
      if (result == nullptr) return text;
      text += std::string_view(*result->body);
    }
  }

  Result<nlohmann::json> call(std::string_view name, const nlohmann::json& body) {
    ARROW_ASSIGN_OR_RAISE(const std::string text, answer_text(name, body));
    return protocol::unwrap_answer(name, text);
  }

  // Constant once the server has answered.
  const std::unique_ptr<ConnectionPool> pool_;
  flight::FlightCallOptions call_options_;
  int64_t message_bytes_max_ = 0;
};

}  // namespace

Result<std::shared_ptr<Transport>> connect_flight_transport(const std::string& host, int port,
                                                            const ClientConfig& config) {
  ARROW_RETURN_NOT_OK(check_api_key(config.api_key));
  ARROW_ASSIGN_OR_RAISE(const auto address, FlightAddress::make(host, port, config));
  ARROW_ASSIGN_OR_RAISE(auto pool, ConnectionPool::open(address, config.max_connections));
  auto transport = std::make_shared<FlightTransport>(std::move(pool), config);
  const Status status = transport->wait_for_server(address, config.connect_timeout);
  ARROW_RETURN_NOT_OK(
      core::with_context(status, "connecting to " + host + ":" + std::to_string(port)));
  return transport;
}

}  // namespace mosaico::client
