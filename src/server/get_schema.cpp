#include <arrow/flight/types.h>
#include <arrow/type.h>

#include <utility>

#include "protocol/discovery.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using core::error;

Status FlightService::GetSchema(const flight::ServerCallContext&,
                                const flight::FlightDescriptor& descriptor,
                                std::unique_ptr<flight::SchemaResult>* schema) {
  return handle("GetSchema", [&]() -> Status {
    if (descriptor.type != flight::FlightDescriptor::CMD) {
      return error(ErrorKind::Invalid, "the descriptor must be of type CMD");
    }
    ARROW_ASSIGN_OR_RAISE(const auto request, protocol::ReadDescriptor::parse(descriptor.cmd));
    if (!request.locator.is_topic()) {
      return error(ErrorKind::Invalid, "locator ", core::quoted(request.locator.to_string()),
                   " is not that of a topic; only a topic has a schema");
    }
    ARROW_ASSIGN_OR_RAISE(const auto stored, engine_->topic_schema(request.locator));
    ARROW_ASSIGN_OR_RAISE(*schema, flight::SchemaResult::Make(*stored));
    return Status::OK();
  });
}

}  // namespace mosaico::server
