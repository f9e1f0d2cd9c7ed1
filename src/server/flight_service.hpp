#pragma once

#include <arrow/flight/server.h>

#include <chrono>
#include <memory>
#include <string>

#include "catalog/catalog.hpp"
#include "core/error.hpp"
#include "engine/engine.hpp"
#include "server/call_watch.hpp"
#include "server/options.hpp"

namespace mosaico::server {

using core::Result;
using core::Status;

// The Flight service over the engine: reads foreign bytes, calls the engine, writes answers. Each
// RPC has a file of its own. Thread-safe; gRPC calls it from as many threads as calls run.
class FlightService : public arrow::flight::FlightServerBase {
 public:
  // With `keys` every call needs an API key of that catalog.
  FlightService(std::shared_ptr<engine::Engine> engine, const ServiceOptions& options,
                std::shared_ptr<catalog::Catalog> keys = nullptr);
  // Stops at once if stop() was not called.
  ~FlightService() override;

  // Binds and serves, from then on, on threads of its own. Unavailable when the port cannot be had.
  Status start();

  // Takes no further call, ends live streams, lets the other calls go on for `grace`, then breaks
  // them: uploads are interrupted. Returns when no call runs any more. The second call does
  // nothing.
  void stop(std::chrono::milliseconds grace);

  Status DoAction(const arrow::flight::ServerCallContext& context,
                  const arrow::flight::Action& action,
                  std::unique_ptr<arrow::flight::ResultStream>* results) override;
  Status DoPut(const arrow::flight::ServerCallContext& context,
               std::unique_ptr<arrow::flight::FlightMessageReader> reader,
               std::unique_ptr<arrow::flight::FlightMetadataWriter> writer) override;
  Status DoGet(const arrow::flight::ServerCallContext& context, const arrow::flight::Ticket& ticket,
               std::unique_ptr<arrow::flight::FlightDataStream>* stream) override;
  Status GetFlightInfo(const arrow::flight::ServerCallContext& context,
                       const arrow::flight::FlightDescriptor& descriptor,
                       std::unique_ptr<arrow::flight::FlightInfo>* info) override;
  Status GetSchema(const arrow::flight::ServerCallContext& context,
                   const arrow::flight::FlightDescriptor& descriptor,
                   std::unique_ptr<arrow::flight::SchemaResult>* schema) override;
  Status ListFlights(const arrow::flight::ServerCallContext& context,
                     const arrow::flight::Criteria* criteria,
                     std::unique_ptr<arrow::flight::FlightListing>* listing) override;
  Status ListActions(const arrow::flight::ServerCallContext& context,
                     std::vector<arrow::flight::ActionType>* actions) override;

 private:
  const std::shared_ptr<engine::Engine> engine_;
  const ServiceOptions options_;
  const std::shared_ptr<catalog::Catalog> keys_;  // Null: nobody is asked.
  const std::shared_ptr<CallWatch> call_watch_;
  bool started_ = false;  // Of the one thread that starts and stops.
};

}  // namespace mosaico::server
