#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.hpp"
#include "mosaico/detail/record_buffer.hpp"
#include "mosaico/schema.hpp"

namespace mosaico::ontology {

// A column that is filled from JSON.
class DynamicColumn;

// The rows of a topic whose schema is known only at run time. A row is an object with a member a
// column: objects for structs, arrays for lists, JSON binary values (or texts, whose bytes count)
// for blobs, integers also for floating point columns. A missing member is null. Null for a struct
// that may not be null is a struct of nulls.
class DynamicRecordBuffer final : public detail::RecordBuffer {
 public:
  // Of a schema without Other types, as to_arrow_schema() accepts it.
  explicit DynamicRecordBuffer(const Schema& schema);
  ~DynamicRecordBuffer() override;

  // What a row adds to a batch. Invalid, with the path and what was expected there, for one that
  // does not fit the schema: another JSON type, an integer out of range, a list of another length,
  // a member the schema does not have, or null where it may not be.
  static core::Result<size_t> bytes_of(const Schema& schema, const nlohmann::json& row);

  // Takes a row, or nothing of it: the errors are those of bytes_of().
  core::Status append(int64_t timestamp_ns, const nlohmann::json& row);

  void finish() override;
  std::vector<detail::ColumnView> columns() const override;
  void clear() override;

 private:
  const Schema schema_;
  std::vector<std::unique_ptr<DynamicColumn>> columns_;
  detail::Zeros zeros_;
};

}  // namespace mosaico::ontology
