#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "bare_client.hpp"
#include "server_process.hpp"

// What Arrow Flight alone does on this machine: a server that counts what arrives, or gives what it
// was given before, and nothing else.
namespace mosaico::bench {

class FlightLimit {
 public:
  using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

  FlightLimit();

  const ServerProcess& server() const { return server_; }
  BareClient& client() { return client_; }

  // Seconds from the first batch to the count that comes back, over as many streams, which take
  // turns.
  double put_seconds(const Batches& batches, int streams = 1);
  // Hands batches to the server to keep for give_seconds().
  void keep(const Batches& batches);
  // Seconds in which the kept batches come back, over and over until there were `rows`.
  double give_seconds(std::int64_t rows);
  // Seconds of an action without content.
  double round_trip_seconds();

 private:
  ServerProcess server_;
  BareClient client_;
};

// The other side: runs until SIGTERM. An exit code.
int serve_limits();

}  // namespace mosaico::bench
