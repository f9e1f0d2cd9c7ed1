#pragma once

#include <arrow/flight/server.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace mosaico::server {

// A call that works or waits for long before it next touches its connection does not notice that
// its client has left. One thread looks after all of them and tells them. Thread-safe.
class CallWatch {
 public:
  // How long a call may go on when the server stops: as long as any other, or not at all.
  enum class AtStop { GoesOn, Ends };

  explicit CallWatch(std::chrono::milliseconds interval);
  ~CallWatch();

  // `end` may be called several times, from another thread, and still after remove(); it must not
  // block. `context` must stay alive until remove(). After end_all() a call
  // that ends at the stop is told so at once.
  int64_t add(const arrow::flight::ServerCallContext& context, AtStop at_stop,
              const std::function<void()>& end);
  void remove(int64_t id);

  // The server stops: ends every call that is to end then, those to come included.
  void end_all();

 private:
  struct Watched {
    const arrow::flight::ServerCallContext* context;
    AtStop at_stop;
    std::function<void()> end;
  };

  void run();

  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Watched> watched_;  // Guarded by mutex_, as all below.
  int64_t last_id_ = 0;
  bool stopping_ = false;
  bool closed_ = false;
  std::thread thread_;
};

// Has one call watched as long as it lives.
class WatchedCall {
 public:
  WatchedCall(std::shared_ptr<CallWatch> watch, const arrow::flight::ServerCallContext& context,
              CallWatch::AtStop at_stop, const std::function<void()>& end);
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;
  ~WatchedCall();

 private:
  const std::shared_ptr<CallWatch> watch_;
  const int64_t id_;
};

}  // namespace mosaico::server
