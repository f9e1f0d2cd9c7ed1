#pragma once

#include <arrow/flight/server_middleware.h>

#include <memory>
#include <string_view>

#include "catalog/catalog.hpp"
#include "core/error.hpp"
#include "core/time.hpp"

namespace mosaico::server {

// The name under which the server has the check among its middleware.
inline constexpr const char* kKeyCheck = "api-key";

// Refuses every call without a valid API key, or whose key lacks what its RPC needs, before the
// call reaches its handler. Thread-safe. Unauthenticated, PermissionDenied.
std::shared_ptr<arrow::flight::ServerMiddlewareFactory> make_key_check(
    std::shared_ptr<catalog::Catalog> keys, core::Clock clock);

// What only a handler can check, that the key of its call has the right of the action. `context` is
// that of a server with the check.
core::Status check_action(const arrow::flight::ServerCallContext& context, std::string_view action);

}  // namespace mosaico::server
