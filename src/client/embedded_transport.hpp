#pragma once

#include <memory>
#include <string>

#include "client/transport.hpp"
#include "mosaico/config.hpp"

namespace mosaico::client {

// The engine over a directory, in this process. The one place where client and engine meet.
Result<std::shared_ptr<Transport>> open_embedded_transport(const std::string& directory,
                                                           const ClientConfig& config);

}  // namespace mosaico::client
