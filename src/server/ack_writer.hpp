#pragma once

#include <arrow/flight/server.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/error.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::server {

// The latest count that is still to be sent: what lies between the engine and the AckWriter.
// Thread-safe; nothing here blocks but take().
class AckQueue {
 public:
  // Takes the place of what was not sent yet. Ignored after close().
  void post(const protocol::PutAck& ack);

  // Waits. Nothing after close() and its last.
  std::optional<protocol::PutAck> take();

  void close(const std::optional<protocol::PutAck>& last);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<protocol::PutAck> next_;  // Guarded by mutex_, as closed_.
  bool closed_ = false;
};

// Sends the PutResults of one upload from a thread of its own, since a write waits while its client
// does not read, and neither the engine nor the reading of the stream may wait for that. One
// thread.
class AckWriter {
 public:
  // `writer` must outlive this object and belongs to it alone from now on.
  explicit AckWriter(arrow::flight::FlightMetadataWriter* writer);
  // Sends nothing more, what was posted included.
  ~AckWriter();

  // Where to post; may outlive this object.
  std::shared_ptr<AckQueue> queue() const { return queue_; }

  // Sends `last` as the last and returns when the client has been sent all.
  core::Status finish(const protocol::PutAck& last);

 private:
  void run();

  arrow::flight::FlightMetadataWriter* const writer_;
  const std::shared_ptr<AckQueue> queue_ = std::make_shared<AckQueue>();
  core::Status failure_;  // Of the thread until it is joined.
  std::thread thread_;
};

// Writes one PutResult.
core::Status write_ack(arrow::flight::FlightMetadataWriter& writer, const protocol::PutAck& ack);

}  // namespace mosaico::server
