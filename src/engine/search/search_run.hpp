#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

#include "engine/engine_impl.hpp"

namespace mosaico::engine {

// One question to the engine, from its beginning to its end, and what cuts it short. Thread-safe.
class SearchRun {
 public:
  // `left` is requested when nobody waits for the answer any more.
  SearchRun(EngineContext& context, const std::stop_token& left);

  EngineContext& context() const { return context_; }

  // Unavailable once the engine is closing, Cancelled once the caller has left. Whoever works for
  // long asks now and then.
  Status check() const;
  // Requested as soon as check() fails, for whoever waits.
  std::stop_token stop() const { return stop_.get_token(); }

  // core::run_in_parallel() with the threads that are there for searching.
  Status in_parallel(size_t items, const std::function<Status(size_t)>& run) const;

 private:
  using Callback = std::stop_callback<std::function<void()>>;

  EngineContext& context_;
  const std::stop_token left_;
  std::stop_source stop_;
  const Callback on_close_;
  const Callback on_leave_;
};

}  // namespace mosaico::engine
