#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

namespace mosaico::engine {

// Tells when nobody reads files any more that have gone from the catalog. A reader takes a place
// before it asks the catalog what to read, and holds it until it has read. Thread-safe.
class ReadingPlaces {
 public:
  using Place = std::shared_ptr<const void>;

  // May outlive this object.
  Place take();

  // A mark between the readers of now and those to come.
  uint64_t mark();
  // Whether all who took their place before `mark` have left it.
  bool have_left(uint64_t mark) const;

  // Calls `listener` whenever a reader has left, in its thread; null: nobody.
  void on_leave(std::function<void()> listener);

 private:
  struct State {
    mutable std::mutex mutex;
    // Guarded by mutex.
    uint64_t next = 0;
    std::set<uint64_t> taken;
    std::shared_ptr<const std::function<void()>> listener;
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace mosaico::engine
