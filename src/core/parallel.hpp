#pragma once

#include <cstddef>
#include <functional>

#include "core/error.hpp"
#include "core/executor.hpp"

namespace mosaico::core {

// Calls `run(0)` to `run(items - 1)`, each once, in the caller's thread and in at most `helpers`
// jobs on the executor. Items begin in order. After an error no further one begins; the error of
// the first of the items that failed is returned. Returns when no call runs any more; helpers that
// found no free thread until then are not waited for.
Status run_in_parallel(Executor& executor, size_t helpers, size_t items,
                       const std::function<Status(size_t)>& run);

}  // namespace mosaico::core
