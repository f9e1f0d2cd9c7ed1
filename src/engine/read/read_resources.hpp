#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "core/executor.hpp"
#include "engine/options.hpp"
#include "engine/read/footer_cache.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

// What all scans of an engine share. Thread-safe.
struct ReadResources {
  explicit ReadResources(const EngineOptions& options)
      : footers(options.footer_cache_bytes), schemas(options.schema_cache_bytes) {}

  FooterCache footers;
  SchemaCache schemas;
  std::atomic<int64_t> open_chunks = 0;  // That scans read at this moment.
  // Held while a row group is decoded for which the scan budget has no room, so that there is one
  // such row group at a time.
  std::mutex decoding_parts;
  // Opens chunks and decodes row groups ahead of those who read; at most one job a source.
  core::Executor decoders{std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2, 8)};
};

}  // namespace mosaico::engine
