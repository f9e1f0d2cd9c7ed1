#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/error.hpp"

// What a topic's schema may be, and how it is kept: the exact schema lies in the catalog as bytes,
// and files carry its storage form.
namespace mosaico::engine {

using core::Result;
using core::Status;

inline constexpr int kSchemaDepthMax = 32;  // Types inside types, the column's own counted.
inline constexpr int kLeafColumnsMax = 10'000;

// The exact schema of a topic as bytes (an encapsulated Arrow IPC message) and back. Corrupt when
// the bytes are no schema.
Result<std::string> serialize_schema(const arrow::Schema& schema);
Result<std::shared_ptr<arrow::Schema>> deserialize_schema(std::string_view bytes);

// The schemas of the topics read last, so that each is made from its bytes once: many topics have
// the same, and a topic is looked at several times for each stream. Thread-safe.
class SchemaCache {
 public:
  struct Schemas {
    std::shared_ptr<arrow::Schema> exact;  // As the topic's writer sent it.
    std::shared_ptr<arrow::Schema> plain;  // Without schema metadata.
  };

  explicit SchemaCache(int64_t bytes_max) : bytes_max_(bytes_max) {}

  // What deserialize_schema() makes of the bytes, which may be those of no topic: Corrupt then.
  Result<Schemas> read(std::string_view bytes);

  int64_t bytes() const;  // Never above the bound.

 private:
  struct Entry {
    std::string key;  // The serialized schema.
    Schemas schemas;
    int64_t bytes = 0;
  };

  void insert(std::string_view key, const Schemas& schemas);

  const int64_t bytes_max_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::list<Entry> entries_;  // The one used last comes first.
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // By their keys.
  int64_t bytes_ = 0;
};

// Invalid, Unsupported or LimitExceeded, naming the column, its type and what to use instead,
// unless a topic of this schema can be stored and given back exactly.
Status validate_storable(const arrow::Schema& schema);

// The schema of a topic's files: the same columns, where a type that Parquet does not keep stands
// as one with the same bytes in memory (timestamp[s] as int64, an extension type as its storage,
// ...). `schema` must be storable.
std::shared_ptr<arrow::Schema> storage_schema(const arrow::Schema& schema);

// The same buffers under a schema of equal layout: from the exact schema to the storage form and
// back, also over names of nested fields and nullability that Parquet changed. Nothing is copied.
// Corrupt, naming the column, when the layouts differ.
Result<std::shared_ptr<arrow::RecordBatch>> with_schema(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace mosaico::engine
