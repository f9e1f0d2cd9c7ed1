#include "proxy/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace mosaico {

namespace {

using std::chrono::milliseconds;

constexpr double kFaultBytesMin = 20;
constexpr int kDelayMaxMs = 250;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string("fault proxy: ") + what + ": " + std::strerror(errno));
}

sockaddr_in local_address(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

store::FileDescriptor listen_on_a_free_port() {
  store::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in address = local_address(0);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fail("bind");
  }
  if (::listen(listener.get(), SOMAXCONN) != 0) fail("listen");
  return listener;
}

int port_of(const store::FileDescriptor& listener) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

void pass_at_once(const store::FileDescriptor& socket) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// Closing then sends a reset in place of an orderly end.
void reset_when_closed(const store::FileDescriptor& socket) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

}  // namespace

FaultProxy::FaultProxy(int server_port, unsigned seed)
    : server_port_(server_port),
      listener_(listen_on_a_free_port()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      port_(port_of(listener_)),
      random_(seed),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

FaultProxy::~FaultProxy() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof(one)) != sizeof(one)) std::terminate();
  thread_.join();
}

void FaultProxy::start_faults(std::int64_t bytes_max) {
  std::lock_guard guard(mutex_);
  bytes_max_ = bytes_max;
  due_ = draw_fault();
}

void FaultProxy::stop_faults() {
  std::lock_guard guard(mutex_);
  bytes_max_ = 0;
  due_.reset();
}

void FaultProxy::break_after(std::int64_t bytes, Fault fault) {
  std::lock_guard guard(mutex_);
  bytes_max_ = 0;
  due_ = {.fault = fault, .bytes_left = bytes};
}

FaultCounts FaultProxy::counts() const {
  std::lock_guard guard(mutex_);
  return counts_;
}

int FaultProxy::faults() const {
  const FaultCounts counts = this->counts();
  return std::accumulate(counts.begin(), counts.end(), 0);
}

FaultProxy::Due FaultProxy::draw_fault() {
  std::uniform_real_distribution<double> exponent(std::log(kFaultBytesMin),
                                                  std::log(static_cast<double>(bytes_max_)));
  return {.fault = kFaults.at(random_() % kFaults.size()),
          .bytes_left = static_cast<std::int64_t>(std::exp(exponent(random_)))};
}

// --- The thread ---

void FaultProxy::run(const std::stop_token& stop) {
  std::vector<pollfd> files;
  while (!stop.stop_requested()) {
    files.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                  {.fd = connections_.size() < kConnectionsMax ? listener_.get() : -1,
                   .events = POLLIN,
                   .revents = 0}});
    const auto now = Clock::now();
    std::optional<Clock::time_point> next;
    // A socket is asked for what its flows can use; poll() leaves out negative ones.
    const auto add = [&](const Connection& connection, const Flow& in, const Flow& out) {
      const bool stalled = connection.stalled_until > now;
      if (stalled)
        next = std::min(next.value_or(connection.stalled_until), connection.stalled_until);
      const bool reads = in.waiting.empty() && (!in.ended || in.discards);
      const auto events =
          static_cast<short>((reads ? POLLIN : 0) | (out.waiting.empty() ? 0 : POLLOUT));
      files.push_back(
          {.fd = stalled || events == 0 ? -1 : in.from, .events = events, .revents = 0});
    };
    for (const Connection& connection : connections_) {
      add(connection, connection.up, connection.down);
      add(connection, connection.down, connection.up);
    }
    const auto wait = next ? std::chrono::ceil<milliseconds>(*next - now) : milliseconds(-1);
    ::poll(files.data(), files.size(), static_cast<int>(wait.count()));

    auto file = files.begin() + 2;
    for (auto each = connections_.begin(); each != connections_.end();) {
      const bool client_is_ready = file++->revents != 0;
      const bool server_is_ready = file++->revents != 0;
      if (pass_on(*each, client_is_ready, server_is_ready)) {
        ++each;
      } else {
        each = connections_.erase(each);
      }
    }
    if (files[1].revents != 0) accept_connection();
  }
}

void FaultProxy::accept_connection() {
  store::FileDescriptor client(
      ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (client.get() < 0) return;
  // On the loopback the answer is there at once, also when nobody listens.
  store::FileDescriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = local_address(server_port_);
  if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return;
  }
  pass_at_once(client);
  pass_at_once(server);
  const Flow up{.from = client.get(), .to = server.get()};
  const Flow down{.from = server.get(), .to = client.get()};
  connections_.push_back(
      {.client = std::move(client), .server = std::move(server), .up = up, .down = down});
}

bool FaultProxy::pass_on(Connection& connection, bool client_is_ready, bool server_is_ready) {
  const bool goes_on = pass_on(connection, connection.up, client_is_ready) &&
                       pass_on(connection, connection.down, server_is_ready);
  if (connection.ending == Ending::Reset) {
    reset_when_closed(connection.client);
    reset_when_closed(connection.server);
  }
  return goes_on && connection.ending == Ending::None &&
         !(connection.up.closed && connection.down.closed);
}

bool FaultProxy::pass_on(Connection& connection, Flow& flow, bool is_readable) {
  if (is_readable && flow.waiting.empty() && (!flow.ended || flow.discards)) {
    if (!read_some(flow)) return false;
    if (!flow.waiting.empty()) strike(connection, flow);
  }
  if (connection.stalled_until > Clock::now()) return true;
  if (!flow.waiting.empty()) {
    const ssize_t sent =
        ::send(flow.to, flow.waiting.data(), flow.waiting.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    flow.waiting.erase(flow.waiting.begin(), flow.waiting.begin() + std::max<ssize_t>(sent, 0));
  }
  if (flow.waiting.empty() && flow.ended && !flow.closed) {
    ::shutdown(flow.to, SHUT_WR);
    flow.closed = true;
  }
  return true;
}

bool FaultProxy::read_some(Flow& flow) {
  flow.waiting.resize(kBufferBytes);
  const ssize_t bytes = ::recv(flow.from, flow.waiting.data(), flow.waiting.size(), MSG_DONTWAIT);
  flow.waiting.resize(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  if (bytes < 0) return errno == EAGAIN || errno == EINTR;
  if (flow.discards) {
    flow.waiting.clear();
    return bytes > 0;
  }
  flow.ended = bytes == 0;
  return true;
}

// --- Faults ---

void FaultProxy::strike(Connection& connection, Flow& flow) {
  std::lock_guard guard(mutex_);
  const auto bytes = static_cast<std::int64_t>(flow.waiting.size());
  if (!due_) return;
  if (due_->bytes_left >= bytes) {
    due_->bytes_left -= bytes;
    return;
  }
  apply(due_->fault, static_cast<std::size_t>(due_->bytes_left), connection, flow);
  ++counts_.at(static_cast<std::size_t>(due_->fault));
  due_.reset();
  if (bytes_max_ > 0) due_ = draw_fault();
}

// `passed` bytes of those that wait go on before the fault.
void FaultProxy::apply(Fault fault, std::size_t passed, Connection& connection, Flow& flow) {
  switch (fault) {
    case Fault::Cut:
      flow.waiting.clear();
      connection.ending = random_() % 2 == 0 ? Ending::Close : Ending::Reset;
      return;
    case Fault::Truncate:
      flow.waiting.resize(passed);
      connection.ending = Ending::Close;
      return;
    case Fault::HalfClose:
      flow.waiting.resize(passed);
      flow.ended = true;
      flow.discards = true;
      return;
    case Fault::Delay:
      connection.stalled_until = Clock::now() + milliseconds(1 + random_() % kDelayMaxMs);
      return;
  }
}

std::string to_string(const FaultCounts& counts) {
  constexpr std::array<const char*, kFaults.size()> kNames = {"cut", "truncated", "half-closed",
                                                              "delayed"};
  std::string text = std::to_string(std::accumulate(counts.begin(), counts.end(), 0)) + " faults:";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(counts[i]) + " " + kNames[i];
  }
  return text;
}

}  // namespace mosaico
