#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/posix_file.hpp"

namespace mosaico {

// What befalls a connection.
enum class Fault {
  Cut,        // Both ends are closed, or reset, and what had just arrived is lost.
  Truncate,   // A part of what had just arrived goes on; then both ends are closed.
  HalfClose,  // One direction ends, and what still comes is lost; the other one goes on.
  Delay,      // Nothing passes for a while.
};
inline constexpr std::array kFaults = {Fault::Cut, Fault::Truncate, Fault::HalfClose, Fault::Delay};

// How often each fault hit, in the order of kFaults.
using FaultCounts = std::array<int, kFaults.size()>;

// Passes TCP connections from a port of 127.0.0.1 on to another one, and breaks them when it is
// told to. A fault hits the connection that carries the byte at which it is due, so one that stands
// still is spared. Holds at most kBufferBytes a direction. Thread-safe.
class FaultProxy {
 public:
  static constexpr std::size_t kBufferBytes = 16 << 10;
  static constexpr std::size_t kConnectionsMax = 256;

  FaultProxy(int server_port, unsigned seed);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  int port() const { return port_; }

  // One fault after another, of any kind, each after a random number of bytes: from a few up to
  // `bytes_max`, small numbers as often as large ones.
  void start_faults(std::int64_t bytes_max);
  void stop_faults();
  // This one fault, once so many further bytes have passed.
  void break_after(std::int64_t bytes, Fault fault);

  FaultCounts counts() const;
  int faults() const;

 private:
  using Clock = std::chrono::steady_clock;

  // One direction of a connection.
  struct Flow {
    int from = -1;
    int to = -1;
    std::vector<char> waiting = {};  // Read, and not yet passed on.
    bool ended = false;              // Nothing more is passed on after `waiting`.
    bool closed = false;             // `to` knows.
    bool discards = false;           // By a half close.
  };
  enum class Ending { None, Close, Reset };
  struct Connection {
    store::FileDescriptor client;
    store::FileDescriptor server;
    Flow up;
    Flow down;
    Clock::time_point stalled_until = {};
    Ending ending = Ending::None;
  };
  struct Due {
    Fault fault = Fault::Cut;
    std::int64_t bytes_left = 0;
  };

  void run(const std::stop_token& stop);
  void accept_connection();
  // False: the connection is over.
  bool pass_on(Connection& connection, bool client_is_ready, bool server_is_ready);
  bool pass_on(Connection& connection, Flow& flow, bool is_readable);
  bool read_some(Flow& flow);
  // Lets the fault that is due hit what was just read.
  void strike(Connection& connection, Flow& flow);
  void apply(Fault fault, std::size_t passed, Connection& connection, Flow& flow);
  Due draw_fault();

  const int server_port_;
  store::FileDescriptor listener_;
  store::FileDescriptor wake_;
  int port_ = 0;
  std::list<Connection> connections_;  // Of the thread.

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::mt19937 random_;
  std::int64_t bytes_max_ = 0;  // 0: no fault follows by itself.
  std::optional<Due> due_;
  FaultCounts counts_ = {};

  std::jthread thread_;
};

// "203 faults: 51 cut, …", for the output of a test.
std::string to_string(const FaultCounts& counts);

}  // namespace mosaico
