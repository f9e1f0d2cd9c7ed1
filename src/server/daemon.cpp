#include "server/daemon.hpp"

#include <signal.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "core/log.hpp"
#include "engine/engine.hpp"
#include "server/access/key_catalog.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"
#include "server/memory_trim.hpp"

namespace mosaico::server {

using core::error;

int exit_code(const Status& status) {
  switch (core::kind_of(status)) {
    case ErrorKind::NotFound:
      return 3;
    case ErrorKind::AlreadyExists:
    case ErrorKind::Locked:
    case ErrorKind::LimitExceeded:
      return 4;
    default:
      return 1;
  }
}

namespace {

// The signals that end the server, taken by a call to wait() and by nothing else.
class StopSignals {
 public:
  // Threads made from now on inherit the mask, so no signal ends the process behind our back.
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, &mask_before_);
  }
  // From now on a further signal ends the process at once, for a user who will not wait.
  void release() { pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr); }

  int wait() {
    int signal = 0;
    sigwait(&signals_, &signal);
    return signal;
  }

 private:
  sigset_t signals_;
  sigset_t mask_before_;
};

Result<std::shared_ptr<engine::Engine>> open_engine(const ServerOptions& options) {
  ARROW_RETURN_NOT_OK(check_place(options));
  return engine::open_directory(options.store, options.engine);
}

// The keys that calls are checked against; null when none are asked for. After the engine has
// opened the store.
Result<std::shared_ptr<catalog::Catalog>> open_keys(const ServerOptions& options) {
  if (!options.require_api_keys) return nullptr;
  ARROW_ASSIGN_OR_RAISE(auto keys, open_key_catalog(options, KeyAccess::Read));
  ARROW_ASSIGN_OR_RAISE(const auto list, keys->list_api_keys());
  if (list.empty()) {
    core::log().warn(
        "--require-api-keys, and there is no key: make one with `mosaicod key create`");
  }
  return keys;
}

bool is_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "localhost" || host == "::1";
}

Result<ServiceOptions> with_tls(const ServerOptions& options) {
  ServiceOptions service = options.service;
  if (!options.tls_cert.empty()) {
    auto identity = read_tls_identity(options.tls_cert, options.tls_key, service.clock());
    if (!identity.ok()) return core::with_context(identity.status(), "--tls-cert, --tls-key");
    service.tls = *std::move(identity);
  } else if (options.require_api_keys && !is_loopback(service.host)) {
    core::log().warn("--require-api-keys without TLS: who sees the network can read the keys");
  }
  return service;
}

Status run(const ServerOptions& options) {
  StopSignals stop_signals;
  const MemoryTrim memory;  // Its thread must not take the signals.
  ARROW_ASSIGN_OR_RAISE(const auto service_options, with_tls(options));
  ARROW_ASSIGN_OR_RAISE(const auto engine, open_engine(options));
  Status status;
  {
    ARROW_ASSIGN_OR_RAISE(auto keys, open_keys(options));
    FlightService service(engine, service_options, std::move(keys));
    status = service.start();
    if (status.ok()) {
      std::printf("listening on %s:%d\n", options.service.host.c_str(), service.port());
      std::fflush(stdout);
      core::log().info("serving {} on {}:{}{}{}", options.store, options.service.host,
                       service.port(), service_options.tls.is_set() ? ", TLS" : "",
                       options.require_api_keys ? ", API keys" : "");
      const int signal = stop_signals.wait();
      stop_signals.release();
      core::log().info("signal {}: stopping", signal);
      service.stop(options.shutdown_grace);
    } else {
      status = core::with_context(status, "--host, --port");
    }
  }
  const Status closed = engine->close();
  return status.ok() ? closed : status;
}

}  // namespace

int serve(const ServerOptions& options) {
  core::set_log_level(options.log_level);
  signal(SIGPIPE, SIG_IGN);  // A reader of our stdout that left must not end the server.
  const Status status = catch_all([&] { return run(options); });
  if (status.ok()) {
    core::log().info("stopped");
    return 0;
  }
  // The last word goes out at every log level.
  std::fprintf(stderr, "mosaicod: %s\n", status.message().c_str());
  return exit_code(status);
}

}  // namespace mosaico::server
