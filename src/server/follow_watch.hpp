#pragma once

#include <arrow/flight/server.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/scan.hpp"

namespace mosaico::server {

// A live stream waits inside its scan for rows that may never come, and nothing wakes it when its
// client leaves. One thread looks after all of them and cancels the scans whose client has gone.
// Thread-safe.
class FollowWatch {
 public:
  explicit FollowWatch(std::chrono::milliseconds interval);
  ~FollowWatch();

  // `context` must stay alive until remove(). After cancel_all() the scan is cancelled at once.
  int64_t add(const arrow::flight::ServerCallContext& context, std::shared_ptr<engine::Scan> scan);
  void remove(int64_t id);

  // The server stops: cancels every scan, those to come included.
  void cancel_all();

 private:
  struct Watched {
    const arrow::flight::ServerCallContext* context;
    std::shared_ptr<engine::Scan> scan;
  };

  void run();

  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Watched> watched_;  // Guarded by mutex_, as all below.
  int64_t last_id_ = 0;
  bool cancelled_ = false;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace mosaico::server
