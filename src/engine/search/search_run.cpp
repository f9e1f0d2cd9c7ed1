#include "engine/search/search_run.hpp"

#include "core/parallel.hpp"

namespace mosaico::engine {

SearchRun::SearchRun(EngineContext& context, const std::stop_token& left)
    : context_(context),
      left_(left),
      on_close_(context.closing.get_token(), [this] { stop_.request_stop(); }),
      on_leave_(left, [this] { stop_.request_stop(); }) {}

Status SearchRun::check() const {
  if (context_.closing.stop_requested()) {
    return core::error(ErrorKind::Unavailable, "the engine is closing");
  }
  if (left_.stop_requested()) return core::error(ErrorKind::Cancelled, "the caller has left");
  return Status::OK();
}

Status SearchRun::in_parallel(size_t items, const std::function<Status(size_t)>& run) const {
  return core::run_in_parallel(context_.searchers,
                               static_cast<size_t>(context_.options.query_threads), items, run);
}

}  // namespace mosaico::engine
