#pragma once

#include <memory>
#include <string>

#include "client/transport.hpp"
#include "mosaico/config.hpp"

namespace mosaico::client {

// A server over Arrow Flight. Tries until `config.connect_timeout` has passed; Unavailable then,
// with the reason where it lies in TLS. Also the errors of FlightAddress::make(), and Invalid for
// an API key that cannot travel.
Result<std::shared_ptr<Transport>> connect_flight_transport(const std::string& host, int port,
                                                            const ClientConfig& config);

}  // namespace mosaico::client
