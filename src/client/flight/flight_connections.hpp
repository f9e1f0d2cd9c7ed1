#pragma once

#include <arrow/flight/client.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "mosaico/config.hpp"
#include "protocol/flight_status.hpp"

namespace mosaico::client {

using core::Result;
using core::Status;

// What a Flight call gave, with the error in our kinds.
template <typename T>
Result<T> flight_result(Result<T> result) {
  if (!result.ok()) return protocol::from_flight(result.status());
  return result;
}

// Where a server is, and what a connection to it is made with.
struct FlightAddress {
  std::string host;
  int port = 0;
  bool with_tls = false;
  std::string root_certs = {};  // The text of a PEM file; empty: those of the system.

  // Reads the file that `config` names. NotFound, Io; Invalid (no certificate in it).
  static Result<FlightAddress> make(const std::string& host, int port, const ClientConfig& config);
};

// What gRPC is told about each connection.
std::vector<std::pair<std::string, int>> connection_arguments();

// A fixed number of connections, handed out in turn. Streams of different lanes thus seldom share
// one, and never all of them. Thread-safe.
class ConnectionPool {
 public:
  // No connection is made before its first call.
  static Result<std::unique_ptr<ConnectionPool>> open(const FlightAddress& address,
                                                      size_t connections);

  std::shared_ptr<arrow::flight::FlightClient> next() {
    return clients_[next_.fetch_add(1, std::memory_order_relaxed) % clients_.size()];
  }

 private:
  std::vector<std::shared_ptr<arrow::flight::FlightClient>> clients_;
  std::atomic<size_t> next_ = 0;
};

// Why nobody answers at `address`, where the reason lies in TLS: one side speaks it and the other
// does not, or the certificate is not trusted. Asks the server, without an API key, for at most two
// seconds.
std::optional<std::string> tls_mismatch(const FlightAddress& address);

}  // namespace mosaico::client
