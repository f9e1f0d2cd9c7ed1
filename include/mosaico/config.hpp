#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "mosaico/error.hpp"

namespace mosaico {

/// What becomes of a sequence whose recording failed.
enum class OnErrorPolicy {
  Delete,  ///< Nothing of it remains.
  Report,  ///< Every row that reached the server stays readable; the error is kept as a
           ///< notification, and the sequence stays unlocked: it can be deleted by hand.
};

/// What push() does when its topic's queue is full.
enum class WhenFull {
  Block,       ///< Waits.
  DropNewest,  ///< Drops the row that was pushed.
  DropOldest,  ///< Drops the oldest waiting batch.
};

/// What an acknowledged row survives.
enum class Durability {
  Disk,     ///< A crash of the server and a power cut of its machine.
  Process,  ///< A crash of the server.
};

/// How a client connects. open() takes no notice of what is about TLS and keys: who may open a
/// directory is the file system's matter.
struct ClientConfig {
  std::size_t max_connections = 4;  ///< Lanes and readers share these. 1 to 1024.
  /// Of the executor; started when needed. At least 1. A lane or a stream that waits for the other
  /// side holds a thread, so with few of them one waits for another.
  std::size_t max_threads = 256;
  std::chrono::milliseconds connect_timeout{5'000};
  std::string api_key = {};         ///< Sent with every call when not empty.
  bool enable_tls = false;          ///< Trusts what the system trusts.
  std::string tls_root_certs = {};  ///< A file of root certificates (PEM) to trust in their place;
                                    ///< turns TLS on.
  std::size_t reader_budget_bytes = 64U << 20;  ///< Of each streamer.
  bool read_only = false;  ///< open(): share a directory that a process writes.
  /// open(): recording ends with LimitExceededError while less is free on the disk, so that what
  /// was taken can be finished and things be deleted. 0: no such floor.
  std::int64_t min_free_bytes = std::int64_t{256} << 20;
};

/// How a sequence is written. Sizes are in Arrow bytes.
struct WriterConfig {
  OnErrorPolicy on_error = OnErrorPolicy::Delete;
  std::size_t max_batch_size_bytes = 4U << 20;   ///< A batch is sent at this size, ...
  std::size_t max_batch_size_records = 32'768;   ///< ... this many rows, ...
  std::chrono::milliseconds max_batch_age{200};  ///< ... or this long after its first row.
  std::size_t max_pending_batches = 4;           ///< A topic's queue of sealed batches.
  std::size_t max_record_bytes = 256U << 20;     ///< A larger record throws LimitExceededError.
  std::size_t memory_budget_bytes = 64U << 20;  ///< Of all topics together; one record may pass it.
  std::chrono::milliseconds reconnect_time{30'000};
  WhenFull when_full = WhenFull::Block;
  std::map<std::string, WhenFull> when_full_by_topic = {};
  Durability durability = Durability::Disk;
  /// Told what a destructor could not throw. Must not throw. Null: the error is logged.
  std::function<void(const Error&)> on_destructor_error = {};
};

}  // namespace mosaico
