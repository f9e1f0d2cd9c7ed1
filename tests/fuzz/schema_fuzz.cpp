// A stored schema, and one that arrives: read, checked, written again.
#include <arrow/type.h>

#include "engine/stored_schema.hpp"
#include "fuzz/input.hpp"
#include "ontology/arrow_schema.hpp"

using mosaico::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace engine = mosaico::engine;
  const auto schema = engine::deserialize_schema(mosaico::fuzz::Input(data, size).rest());
  if (!schema.ok()) return 0;
  if (!engine::validate_storable(**schema).ok()) return 0;
  const auto bytes = engine::serialize_schema(**schema);
  require(bytes.ok(), "a storable schema can be written");
  const auto again = engine::deserialize_schema(*bytes);
  require(again.ok() && (*again)->Equals(**schema, /*check_metadata=*/true),
          "a storable schema is read as it was written");
  require(engine::storage_schema(**schema)->num_fields() == (*schema)->num_fields(),
          "no column is lost");
  const auto types = mosaico::ontology::from_arrow_schema(**schema, "Fuzz");
  require(static_cast<int>(types.fields.size()) == (*schema)->num_fields() - 1,
          "a client sees all columns but the time");
  return 0;
}
