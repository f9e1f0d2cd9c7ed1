#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/transport.hpp"
#include "mosaico/config.hpp"

namespace mosaico::client {

// A server over Arrow Flight. Tries until `config.connect_timeout` has passed; Unavailable then.
Result<std::shared_ptr<Transport>> connect_flight_transport(const std::string& host, int port,
                                                            const ClientConfig& config);

// What gRPC is told about each connection.
std::vector<std::pair<std::string, int>> connection_arguments();

}  // namespace mosaico::client
