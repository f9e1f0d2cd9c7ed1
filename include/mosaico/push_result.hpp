#pragma once

namespace mosaico {

/// What try_push() did with a row.
enum class PushResult {
  Pushed,         ///< Taken.
  Full,           ///< Not taken: the queue is full and the topic's policy is to wait.
  DroppedNewest,  ///< Not taken, by policy; counted in stats().
  DroppedOldest,  ///< Taken; an older batch was dropped for it, by policy; counted in stats().
};

}  // namespace mosaico
