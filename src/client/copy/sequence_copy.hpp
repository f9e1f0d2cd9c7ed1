#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "core/error.hpp"

namespace mosaico::client {

struct CopyOptions {
  std::string name = {};                             // At the destination; empty: the same.
  size_t memory_budget_bytes = 64U << 20;            // Of what is on its way.
  std::chrono::milliseconds reconnect_time{30'000};  // How long a destination may be away.
  // Told now and then of rows copied, or read back, of all that have to be; may throw to end the
  // copy, which can then be gone on with. Null: nobody asks.
  enum class Phase { Copying, Verifying };
  std::function<void(Phase phase, int64_t rows, int64_t rows_total)> on_progress = {};
};

struct CopiedTopic {
  std::string name;  // With leading slash.
  int64_t rows = 0;
  int64_t rows_before = 0;  // Of them, there already from a copy that broke off.
  std::string digest;       // ColumnDigest of both sides.
};

struct CopyReport {
  std::string name;  // At the destination.
  std::vector<CopiedTopic> topics;
  bool was_there = false;  // The destination had all of it, finalized; it was only verified.
};

// Copies a recording that no longer changes (finalized or unlocked) with its metadata, exact
// schemas, rows and notifications from one place to another, as one session, and finalizes it
// there. A copy that broke off is gone on with behind its last durable row. In the end every topic
// is read back, and its rows and checksum are compared.
//
// NotFound; Locked: the recording, or one of its sessions, is still open. AlreadyExists: the
// destination has another recording of that name. Corrupt: what was read back differs, or what was
// there before; the copy is left as it is. What breaks it off leaves a pending sequence.
Result<CopyReport> copy_sequence(const std::shared_ptr<Session>& from,
                                 const std::shared_ptr<Session>& to, const std::string& name,
                                 const CopyOptions& options);

}  // namespace mosaico::client
