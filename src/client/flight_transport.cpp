#include "client/flight_transport.hpp"

#include <arrow/buffer.h>
#include <arrow/flight/client.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "client/flight_streams.hpp"
#include "core/json.hpp"
#include "protocol/flight_status.hpp"

namespace mosaico::client {

namespace {

namespace flight = arrow::flight;
namespace action = protocol::action;
using protocol::from_flight;

constexpr std::chrono::milliseconds kConnectRetry{25};
constexpr const char* kApiKeyHeader = "mosaico-api-key-token";
template <typename T>
Result<T> flight_result(Result<T> result) {
  if (!result.ok()) return from_flight(result.status());
  return result;
}

// A fixed number of connections, handed out in turn. Streams of different lanes thus seldom share
// one, and never all of them.
class ConnectionPool {
 public:
  static Result<std::unique_ptr<ConnectionPool>> open(const std::string& host, int port,
                                                      size_t connections) {
    ARROW_ASSIGN_OR_RAISE(const auto location,
                          flight_result(flight::Location::ForGrpcTcp(host, port)));
    auto pool = std::make_unique<ConnectionPool>();
    for (size_t i = 0; i < std::max<size_t>(1, connections); ++i) {
      auto options = flight::FlightClientOptions::Defaults();
      for (const auto& [name, value] : connection_arguments()) {
        options.generic_options.emplace_back(name, value);
      }
      ARROW_ASSIGN_OR_RAISE(auto client,
                            flight_result(flight::FlightClient::Connect(location, options)));
      pool->clients_.push_back(std::move(client));
    }
    return pool;
  }

  std::shared_ptr<flight::FlightClient> next() {
    return clients_[next_.fetch_add(1, std::memory_order_relaxed) % clients_.size()];
  }

 private:
  std::vector<std::shared_ptr<flight::FlightClient>> clients_;
  std::atomic<size_t> next_ = 0;
};

class FlightTransport final : public Transport {
 public:
  FlightTransport(std::unique_ptr<ConnectionPool> pool, const ClientConfig& config)
      : pool_(std::move(pool)) {
    if (!config.api_key.empty()) call_options_.headers.emplace_back(kApiKeyHeader, config.api_key);
  }

  // The first call of a connection, repeated until somebody answers.
  Status wait_for_server(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      const auto answer = info();
      if (answer.ok()) {
        message_bytes_max_ = answer->limits.max_decode_bytes;
        return Status::OK();
      }
      const bool may_come = core::is_kind(answer.status(), ErrorKind::Unavailable);
      if (!may_come || std::chrono::steady_clock::now() >= deadline) return answer.status();
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
    ARROW_ASSIGN_OR_RAISE(const auto body, call(action::kQuery, query_body));
    return protocol::QueryAnswer::from_json(body);
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

  Result<nlohmann::json> call(std::string_view name, const nlohmann::json& body) {
    ARROW_ASSIGN_OR_RAISE(const auto results, act(name, body));
    std::string text;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto result, flight_result(results->Next()));
      if (result == nullptr) break;
      text += result->body->ToString();
    }
    return protocol::unwrap_answer(name, text);
  }

  // Constant once the server has answered.
  const std::unique_ptr<ConnectionPool> pool_;
  flight::FlightCallOptions call_options_;
  int64_t message_bytes_max_ = 0;
};

}  // namespace

std::vector<std::pair<std::string, int>> connection_arguments() {
  // A gRPC server counts pings that come faster than this on a stream without data, and after a few
  // it ends the connection ("too many pings"). Arrow gives no way to make ours more patient.
  constexpr int kServerPatienceMs = 300'000;
  constexpr int kKeepaliveMs = kServerPatienceMs + 10'000;
  // The system too gives a connection up whose bytes nobody has confirmed for so long.
  constexpr int kKeepaliveTimeoutMs = 20'000;
  constexpr int kLookaheadBytes = 1 << 20;
  constexpr int kReconnectMinMs = 100;
  constexpr int kReconnectMaxMs = 1'000;
  return {
      // Without this, gRPC folds connections to one address into one.
      {"grpc.use_local_subchannel_pool", 1},
      // A peer that is gone breaks the stream instead of holding it for ever.
      {"grpc.keepalive_time_ms", kKeepaliveMs},
      {"grpc.keepalive_timeout_ms", kKeepaliveTimeoutMs},
      // What may arrive unasked lies outside the readers' budgets, so it stays small; gRPC would
      // raise it by what it thinks the connection can carry.
      {"grpc.http2.bdp_probe", 0},
      {"grpc.http2.lookahead_bytes", kLookaheadBytes},
      // A server that comes back is found soon; gRPC's own delay grows to two minutes.
      {"grpc.initial_reconnect_backoff_ms", kReconnectMinMs},
      {"grpc.min_reconnect_backoff_ms", kReconnectMinMs},
      {"grpc.max_reconnect_backoff_ms", kReconnectMaxMs},
  };
}

Result<std::shared_ptr<Transport>> connect_flight_transport(const std::string& host, int port,
                                                            const ClientConfig& config) {
  ARROW_ASSIGN_OR_RAISE(auto pool, ConnectionPool::open(host, port, config.max_connections));
  auto transport = std::make_shared<FlightTransport>(std::move(pool), config);
  ARROW_RETURN_NOT_OK(core::with_context(transport->wait_for_server(config.connect_timeout),
                                         "connecting to " + host + ":" + std::to_string(port)));
  return transport;
}

}  // namespace mosaico::client
