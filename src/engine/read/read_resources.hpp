#pragma once

#include <algorithm>
#include <thread>

#include "core/executor.hpp"
#include "engine/options.hpp"
#include "engine/read/footer_cache.hpp"

namespace mosaico::engine {

// What all scans of an engine share. Thread-safe.
struct ReadResources {
  explicit ReadResources(const EngineOptions& options) : footers(options.footer_cache_bytes) {}

  FooterCache footers;
  // Opens chunks and decodes row groups ahead of those who read; at most one job a source.
  core::Executor decoders{std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2, 8)};
};

}  // namespace mosaico::engine
