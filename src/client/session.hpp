#pragma once

#include <memory>

#include "client/executor.hpp"
#include "client/transport.hpp"
#include "mosaico/client.hpp"
#include "mosaico/config.hpp"

namespace mosaico::client {

// What everything made by one MosaicoClient shares: its transport and its threads.
class Session {
 public:
  Session(std::shared_ptr<Transport> transport, const ClientConfig& config)
      : config_(config), transport_(std::move(transport)), executor_(config.max_threads) {}

  const ClientConfig& config() const { return config_; }
  Transport& transport() { return *transport_; }
  Executor& executor() { return executor_; }

 private:
  const ClientConfig config_;
  const std::shared_ptr<Transport> transport_;
  Executor executor_;
};

// What a public client hides, for the tool's commands that go below the public API.
struct ClientAccess {
  static const std::shared_ptr<Session>& session(const MosaicoClient& client) {
    return client.session_;
  }
};

}  // namespace mosaico::client
