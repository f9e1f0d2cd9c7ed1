#pragma once

#include <chrono>
#include <cstdint>

#include "core/time.hpp"
#include "protocol/limits.hpp"

namespace mosaico::engine {

struct EngineOptions {
  bool allow_delete_finalized = false;  // Lifts the refusal to delete finalized, healthy data.
  bool read_only = false;
  protocol::MessageLimits limits;

  // A chunk is published at either of these, counted in Arrow bytes and rows.
  int64_t chunk_bytes = 64LL << 20;
  int64_t chunk_rows = 1'000'000;
  int64_t row_group_rows = 32 * 1024;
  int64_t row_group_bytes = 8LL << 20;

  // A journal is synced this long after its first unsynced row at the latest.
  std::chrono::milliseconds group_commit{20};

  int64_t ingest_memory_bytes = 256LL << 20;
  int64_t scan_memory_bytes = 256LL << 20;
  int64_t query_memory_bytes = 256LL << 20;

  core::Clock clock = core::system_clock();
};

}  // namespace mosaico::engine
