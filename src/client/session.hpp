#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include "client/executor.hpp"
#include "client/transport.hpp"
#include "mosaico/client.hpp"
#include "mosaico/config.hpp"
#include "mosaico/error.hpp"

namespace mosaico::client {

// What everything made by one MosaicoClient shares: its transport and its threads. It lives until
// the last writer, handler and streamer is gone.
class Session {
 public:
  Session(std::shared_ptr<Transport> transport, const ClientConfig& config)
      : config_(config), transport_(std::move(transport)), executor_(config.max_threads) {}

  const ClientConfig& config() const { return config_; }
  Transport& transport() { return *transport_; }
  Executor& executor() { return executor_; }

  // Takes threads for a live stream, whose topics hold one each while they wait. False when live
  // streams would have more than half of all, as lanes and other streams need some too.
  bool take_waiting_threads(size_t threads) {
    const size_t taken = waiting_threads_.fetch_add(threads);
    if (taken + threads <= config_.max_threads / 2) return true;
    waiting_threads_.fetch_sub(threads);
    return false;
  }
  void give_back_waiting_threads(size_t threads) { waiting_threads_.fetch_sub(threads); }

 private:
  const ClientConfig config_;
  std::atomic<size_t> waiting_threads_ = 0;
  const std::shared_ptr<Transport> transport_;
  Executor executor_;
};

// The session as a MosaicoClient and its copies have it: until one of them closes it. Thread-safe.
class ClientSession {
 public:
  explicit ClientSession(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  // Throws UnavailableError once it is closed.
  std::shared_ptr<Session> get() const {
    const std::lock_guard guard(mutex_);
    if (session_ == nullptr) throw UnavailableError("the client was closed");
    return session_;
  }
  void close() {
    std::shared_ptr<Session> session;  // Goes outside the lock: it may be the last reference.
    const std::lock_guard guard(mutex_);
    session.swap(session_);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Session> session_;  // Guarded by mutex_.
};

// What a public client hides, for the tool's commands that go below the public API.
struct ClientAccess {
  // Throws UnavailableError once the client is closed.
  static std::shared_ptr<Session> session(const MosaicoClient& client) { return client.session(); }
};

}  // namespace mosaico::client
