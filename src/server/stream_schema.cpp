#include "server/stream_schema.hpp"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/json.hpp"

namespace mosaico::server {

using nlohmann::json;

namespace {

std::shared_ptr<arrow::KeyValueMetadata> base_metadata(const char* context,
                                                       const json& user_metadata) {
  return arrow::key_value_metadata(
      {protocol::kContextKey, protocol::kUserMetadataKey},
      {context, core::dump(user_metadata.is_null() ? json::object() : user_metadata)});
}

}  // namespace

std::shared_ptr<arrow::Schema> sequence_schema(const json& user_metadata) {
  return arrow::schema({}, base_metadata("sequence", user_metadata));
}

std::shared_ptr<arrow::Schema> topic_schema(const arrow::Schema& stored, const json& user_metadata,
                                            const protocol::TopicProperties& properties) {
  const auto metadata = base_metadata("topic", user_metadata);
  metadata->Append(protocol::kPropertiesKey, properties.to_text());
  const auto& own = stored.metadata();
  return stored.WithMetadata(own == nullptr ? metadata : own->Merge(*metadata));
}

}  // namespace mosaico::server
