#include "client/flight/flight_connections.hpp"

#include <arrow/buffer.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "protocol/actions.hpp"

namespace mosaico::client {

namespace flight = arrow::flight;
using core::error;

namespace {

// What a connection may take, and the answer over it: a server may be busy.
constexpr int kProbeConnectMs = 1'000;
constexpr std::chrono::seconds kProbeTimeout{10};
// What gRPC calls the minimum of its backoff is the time that one attempt to connect has.
constexpr const char* kConnectTimeArgument = "grpc.min_reconnect_backoff_ms";
constexpr size_t kRootCertsBytesMax = 16U << 20;

Result<flight::Location> location_of(const std::string& host, int port, bool with_tls) {
  return flight_result(with_tls ? flight::Location::ForGrpcTls(host, port)
                                : flight::Location::ForGrpcTcp(host, port));
}

Result<std::string> read_root_certs(const std::string& path) {
  const std::string what = "tls_root_certs " + path + ": ";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return error(errno == ENOENT ? ErrorKind::NotFound : ErrorKind::Io, what, std::strerror(errno));
  }
  std::string text(kRootCertsBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return error(ErrorKind::Io, what, "cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  // What gRPC cannot read it reports as a server that does not answer.
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return error(ErrorKind::Invalid, what, "there is no certificate in PEM form in it");
  }
  return text;
}

// Whether a Mosaico server answers there, with TLS or without, whatever its certificate says.
bool answers(const FlightAddress& address, bool with_tls) {
  const auto location = location_of(address.host, address.port, with_tls);
  if (!location.ok()) return false;
  auto options = flight::FlightClientOptions::Defaults();
  options.disable_server_verification = with_tls;
  options.generic_options.emplace_back(kConnectTimeArgument, kProbeConnectMs);
  const auto client = flight::FlightClient::Connect(*location, options);
  if (!client.ok()) return false;
  flight::FlightCallOptions call;
  call.timeout = kProbeTimeout;
  flight::Action info;
  info.type = protocol::action::kInfo;
  info.body = arrow::Buffer::FromString("{}");
  const auto results = (*client)->DoAction(call, info);
  const Status status =
      protocol::from_flight(results.ok() ? (*results)->Drain() : results.status());
  return status.ok() || core::is_kind(status, ErrorKind::Unauthenticated);
}

}  // namespace

Result<FlightAddress> FlightAddress::make(const std::string& host, int port,
                                          const ClientConfig& config) {
  FlightAddress address{.host = host, .port = port, .with_tls = config.enable_tls};
  if (!config.tls_root_certs.empty()) {
    address.with_tls = true;
    ARROW_ASSIGN_OR_RAISE(address.root_certs, read_root_certs(config.tls_root_certs));
  }
  return address;
}

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
  // Enough for the round trips to a far server with TLS.
  constexpr int kConnectMs = 5'000;
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
      {kConnectTimeArgument, kConnectMs},
      {"grpc.max_reconnect_backoff_ms", kReconnectMaxMs},
  };
}

Result<std::unique_ptr<ConnectionPool>> ConnectionPool::open(const FlightAddress& address,
                                                             size_t connections) {
  ARROW_ASSIGN_OR_RAISE(const auto location,
                        location_of(address.host, address.port, address.with_tls));
  auto options = flight::FlightClientOptions::Defaults();
  options.tls_root_certs = address.root_certs;
  for (const auto& [name, value] : connection_arguments()) {
    options.generic_options.emplace_back(name, value);
  }
  auto pool = std::make_unique<ConnectionPool>();
  for (size_t i = 0; i < std::max<size_t>(1, connections); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto client,
                          flight_result(flight::FlightClient::Connect(location, options)));
    pool->clients_.push_back(std::move(client));
  }
  return pool;
}

std::optional<std::string> tls_mismatch(const FlightAddress& address) {
  if (answers(address, true)) {
    return address.with_tls ? "the certificate of the server is not trusted, or is for another host"
                            : "the server speaks TLS, and this client was not told to";
  }
  if (!address.with_tls || !answers(address, false)) return std::nullopt;
  return "the server speaks without TLS, and this client was told to use it";
}

}  // namespace mosaico::client
