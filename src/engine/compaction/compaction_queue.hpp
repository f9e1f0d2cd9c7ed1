#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "catalog/records.hpp"

namespace mosaico::engine {

// Topics that got a chunk and may have small ones to put together. At most kTopicsMax: when more
// come, all topics count as in it. Thread-safe.
class CompactionQueue {
 public:
  static constexpr size_t kTopicsMax = 10'000;

  void add(catalog::TopicId topic);
  // Has all topics looked at, when somebody looks next.
  void add_all();

  // Takes one out; nothing when it is empty.
  std::optional<catalog::TopicId> take();
  // Whether all topics are to be looked at; takes that out.
  bool take_all();
  bool empty() const;

  // Calls `listener` when a topic was added, in the thread of who did; null: nobody.
  void on_add(std::function<void()> listener);

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::set<catalog::TopicId> topics_;
  bool all_ = false;
  std::shared_ptr<const std::function<void()>> listener_;
};

}  // namespace mosaico::engine
