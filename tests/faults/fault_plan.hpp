#pragma once

#include <atomic>

#include "core/error.hpp"

namespace mosaico::engine {

// Says which call fails: the n-th of those who share the plan, and as many after it as wanted.
// Thread-safe.
class FaultPlan {
 public:
  // Calls are counted from 0, and from now on.
  void fail(int first, int count, ErrorKind kind = ErrorKind::LimitExceeded) {
    kind_ = kind;
    first_ = first;
    end_ = first + count;
    calls_ = 0;
  }
  int calls() const { return calls_; }
  bool was_reached() const { return calls_ > first_ && end_ > first_; }

  core::Status next() {
    const int call = calls_++;
    if (call < first_ || call >= end_) return core::Status::OK();
    return core::error(kind_, "fault injected into call ", call);
  }

 private:
  std::atomic<int> calls_ = 0;
  std::atomic<int> first_ = 0;
  std::atomic<int> end_ = 0;
  std::atomic<ErrorKind> kind_ = ErrorKind::LimitExceeded;
};

}  // namespace mosaico::engine
