#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// The rows of one topic on their way in. One thread appends; durable_rows() and on_durable()
// belong to any. Destroyed without finish() it is interrupted: what is durable stays.
class Upload {
 public:
  virtual ~Upload() = default;

  // Takes a batch of exactly the topic's schema. Validates it fully first; a bad batch is Invalid
  // and stores nothing of it. Zero rows store nothing. Blocks while the ingest budget is used up.
  // When it returns the rows are taken, though not yet durable. Errors: Invalid, LimitExceeded,
  // NotFound (deleted meanwhile), Io; after Io the upload is broken.
  virtual Status append(std::shared_ptr<arrow::RecordBatch> batch) = 0;

  // Rows of the topic, counted from its first, that survive a crash. Never falls.
  virtual int64_t durable_rows() const = 0;

  // Called after each group commit that moved the count (at most one every 20 ms), once for the
  // end, and when the upload breaks (with its error), from a thread of the engine; must not block.
  // Set before the first append.
  virtual void on_durable(std::function<void(const Status&, int64_t durable_rows)> callback) = 0;

  // The proper end: all rows durable, the topic Finalized. Errors as append().
  virtual Status finish() = 0;

  // The broken end: the topic Interrupted, readable up to what was taken, and resumable.
  virtual void interrupt() = 0;
};

}  // namespace mosaico::engine
