#include "client/flight/flight_connections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaico::client {
namespace {

int argument(const std::string& wanted) {
  for (const auto& [name, value] : connection_arguments()) {
    if (name == wanted) return value;
  }
  ADD_FAILURE() << "not set: " << wanted;
  return 0;
}

// gRPC's default for a server is to take a ping in five minutes of a stream without data; it ends
// the connection of a client that sends more of them.
TEST(FlightTransport, PingsNoOftenerThanAServerTakesOnAnIdleStream) {
  EXPECT_GT(argument("grpc.keepalive_time_ms"), 5 * 60'000);
  EXPECT_LE(argument("grpc.keepalive_time_ms"), 6 * 60'000);
}

TEST(FlightTransport, GivesAConnectionUpWhosePeerIsGone) {
  EXPECT_GE(argument("grpc.keepalive_timeout_ms"), 10'000);
  EXPECT_LE(argument("grpc.keepalive_timeout_ms"), 30'000);
}

}  // namespace
}  // namespace mosaico::client
