#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::server {

// What the schemas of GetFlightInfo and DoGet tell in their metadata; what the stored schema has
// itself stays beside it.
std::shared_ptr<arrow::Schema> sequence_schema(const nlohmann::json& user_metadata);
std::shared_ptr<arrow::Schema> topic_schema(const arrow::Schema& stored,
                                            const nlohmann::json& user_metadata,
                                            const protocol::TopicProperties& properties);

}  // namespace mosaico::server
