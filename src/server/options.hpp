#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "core/time.hpp"
#include "engine/options.hpp"
#include "protocol/limits.hpp"
#include "server/access/tls_identity.hpp"

namespace mosaico::server {

inline constexpr const char* kServerVersion = "0.1.0";

struct ServiceOptions {
  std::string host = "127.0.0.1";
  int port = protocol::kDefaultPort;  // 0: any free port.
  TlsIdentity tls;
  protocol::MessageLimits limits;
  int64_t json_bytes_max = protocol::kJsonBytesMax;  // Of the body of an action.
  // How often live streams and queries are asked whether their client is still there.
  std::chrono::milliseconds call_watch_interval{200};
  // Called behind the first message of a stream that has more. gRPC asks for the next one at once;
  // a reader who wanted a single row leaves meanwhile, and decoding what nobody asked for would
  // take the cores that the first message needs to get to it.
  std::function<void()> pause_behind_first = [] {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  };
  core::Clock clock = core::system_clock();  // What API keys expire by.
};

// All that mosaicod can be told.
struct ServerOptions {
  ServiceOptions service;
  engine::EngineOptions engine;
  std::string store;
  std::string catalog;  // Empty: catalog.sqlite inside the store.
  bool require_api_keys = false;
  std::string tls_cert;  // Paths; both or none.
  std::string tls_key;
  std::string log_level = "info";
  // How long running calls may go on after SIGTERM.
  std::chrono::milliseconds shutdown_grace{5000};
};

}  // namespace mosaico::server
