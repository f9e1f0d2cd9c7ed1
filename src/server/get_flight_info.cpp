#include <arrow/flight/types.h>
#include <arrow/type.h>

#include <utility>
#include <vector>

#include "core/json.hpp"
#include "protocol/discovery.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"
#include "server/stream_schema.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using core::error;

namespace {

Result<protocol::ReadDescriptor> parse_descriptor(const flight::FlightDescriptor& descriptor) {
  if (descriptor.type != flight::FlightDescriptor::CMD) {
    return error(ErrorKind::Invalid, "the descriptor must be of type CMD");
  }
  return protocol::ReadDescriptor::parse(descriptor.cmd);
}

flight::FlightEndpoint to_flight_endpoint(const protocol::Discovery::Endpoint& endpoint) {
  flight::FlightEndpoint result;
  result.ticket.ticket = endpoint.ticket;
  result.app_metadata = core::dump(endpoint.topic.to_json());
  return result;
}

// The figures of the window if one was asked, else of the topic.
protocol::TopicProperties properties_of(const protocol::TopicDescription& topic) {
  if (topic.window_empty) return {topic.ontology_tag, topic.serialization_format, {}, {}};
  return {topic.ontology_tag, topic.serialization_format,
          topic.window ? topic.window->rows : topic.rows,
          topic.window ? topic.window->interval : topic.interval};
}

Result<flight::FlightInfo> discover(engine::Engine& engine,
                                    const flight::FlightDescriptor& request) {
  ARROW_ASSIGN_OR_RAISE(const auto descriptor, parse_descriptor(request));
  ARROW_ASSIGN_OR_RAISE(const auto discovery, engine.discover(descriptor));
  std::vector<flight::FlightEndpoint> endpoints;
  endpoints.reserve(discovery.endpoints.size());
  for (const auto& endpoint : discovery.endpoints) {
    endpoints.push_back(to_flight_endpoint(endpoint));
  }

  std::shared_ptr<arrow::Schema> schema;
  std::string app_metadata;
  if (discovery.is_sequence) {
    schema = sequence_schema(discovery.sequence.user_metadata);
    app_metadata = core::dump(discovery.sequence.to_json());
  } else {
    if (discovery.endpoints.size() != 1) {
      return error(ErrorKind::Internal, "a topic was found with ", discovery.endpoints.size(),
                   " endpoints");
    }
    const auto& topic = discovery.endpoints.front().topic;
    ARROW_ASSIGN_OR_RAISE(const auto stored, engine.topic_schema(topic.locator));
    schema = topic_schema(*stored, topic.user_metadata, properties_of(topic));
  }
  return flight::FlightInfo::Make(*schema, request, endpoints, -1, -1, false, app_metadata);
}

}  // namespace

Status FlightService::GetFlightInfo(const flight::ServerCallContext&,
                                    const flight::FlightDescriptor& descriptor,
                                    std::unique_ptr<flight::FlightInfo>* info) {
  return handle("GetFlightInfo", [&]() -> Status {
    ARROW_ASSIGN_OR_RAISE(auto found, discover(*engine_, descriptor));
    *info = std::make_unique<flight::FlightInfo>(std::move(found));
    return Status::OK();
  });
}

}  // namespace mosaico::server
