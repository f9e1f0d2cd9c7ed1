#pragma once

#include <arrow/type.h>

#include "core/error.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::fuzz {

// The topic that journals and chunks of the corpus belong to.
inline engine::JournalIdentity stored_topic() {
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("text", arrow::utf8()),
       arrow::field("list", arrow::list(arrow::struct_({arrow::field("x", arrow::float32())})))});
  return {.topic = catalog::TopicId{7},
          .schema = schema,
          .schema_bytes = core::value_or_throw(engine::serialize_schema(*schema))};
}

}  // namespace mosaico::fuzz
