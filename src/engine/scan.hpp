#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// The rows of one topic in a window, ascending in timestamp_ns, ties in push order. One thread
// reads; cancel() belongs to any.
class Scan {
 public:
  virtual ~Scan() = default;

  // Exactly the stored schema, without schema metadata.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;

  // The next batch, never empty; null at the end. With follow it waits for new rows. Errors: Io,
  // Corrupt, Cancelled (after cancel(), or when the topic was deleted), LimitExceeded.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;

  // True when it is known that next() has given all. Of the thread that reads.
  virtual bool at_end() = 0;

  virtual void cancel() = 0;
};

}  // namespace mosaico::engine
