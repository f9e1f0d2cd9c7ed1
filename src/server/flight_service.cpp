#include "server/flight_service.hpp"

#include <utility>

#include "core/log.hpp"
#include "protocol/flight_status.hpp"
#include "server/access/key_check.hpp"
#include "server/guard.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using core::error;

namespace {

spdlog::level::level_enum log_level(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Internal:
    case ErrorKind::Io:
    case ErrorKind::Corrupt:
      return spdlog::level::err;
    case ErrorKind::LimitExceeded:
      return spdlog::level::warn;
    default:
      return spdlog::level::debug;  // The caller's matter; the caller is told.
  }
}

// IPv6 addresses stand in brackets inside a URI.
std::string uri_host(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

Status end_call(std::string_view rpc, const Status& status) {
  if (status.ok()) return status;
  const ErrorKind kind = core::kind_of(protocol::from_flight(status));
  core::log().log(log_level(kind), "{} failed: {}: {}", rpc, error_kind_name(kind),
                  status.message());
  return protocol::to_flight(status);
}

FlightService::FlightService(std::shared_ptr<engine::Engine> engine, const ServiceOptions& options,
                             std::shared_ptr<catalog::Catalog> keys)
    : engine_(std::move(engine)),
      options_(options),
      keys_(std::move(keys)),
      call_watch_(std::make_shared<CallWatch>(options.call_watch_interval)) {}

FlightService::~FlightService() { stop(std::chrono::milliseconds(0)); }

Status FlightService::start() {
  const auto make_location =
      options_.tls.is_set() ? flight::Location::ForGrpcTls : flight::Location::ForGrpcTcp;
  ARROW_ASSIGN_OR_RAISE(const flight::Location location,
                        make_location(uri_host(options_.host), options_.port));
  flight::FlightServerOptions flight_options(location);
  if (options_.tls.is_set()) {
    flight_options.tls_certificates.push_back(
        {options_.tls.certificates, options_.tls.private_key});
  }
  if (keys_ != nullptr) {
    flight_options.middleware.emplace_back(kKeyCheck, make_key_check(keys_, options_.clock));
  }
  const Status status = Init(flight_options);
  if (!status.ok()) {
    return error(ErrorKind::Unavailable, "cannot listen on ", options_.host, ":", options_.port,
                 " (is the port taken by another process?): ", status.message());
  }
  started_ = true;
  return Status::OK();
}

void FlightService::stop(std::chrono::milliseconds grace) {
  if (!std::exchange(started_, false)) return;
  call_watch_->end_all();
  const auto deadline = std::chrono::system_clock::now() + grace;
  const Status status = Shutdown(&deadline);
  if (!status.ok()) core::log().error("stopping the Flight service: {}", status.message());
}

Status FlightService::ListActions(const flight::ServerCallContext&,
                                  std::vector<flight::ActionType>*) {
  return handle("ListActions",
                [] { return error(ErrorKind::Unsupported, "ListActions is not offered"); });
}

}  // namespace mosaico::server
