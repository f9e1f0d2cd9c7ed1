#include "protocol/flight_status.hpp"

#include <memory>
#include <string>

#include <arrow/flight/client.h>
#include <arrow/flight/server.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::protocol {
namespace {

namespace flight = arrow::flight;
using core::Status;

// Every action fails with the error that the test has set.
class FailingServer : public flight::FlightServerBase {
 public:
  Status failure;

  Status DoAction(const flight::ServerCallContext&, const flight::Action&,
                  std::unique_ptr<flight::ResultStream>*) override {
    return failure;
  }
};

class FlightStatus : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const auto any_port, flight::Location::ForGrpcTcp("127.0.0.1", 0));
    ASSERT_THAT(server_.Init(flight::FlightServerOptions(any_port)), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto location,
                         flight::Location::ForGrpcTcp("127.0.0.1", server_.port()));
    ASSERT_OK_AND_ASSIGN(client_, flight::FlightClient::Connect(location));
  }

  void TearDown() override {
    client_.reset();
    EXPECT_THAT(server_.Shutdown(), IsOk());
  }

  // What a client gets when a handler returns `failure`.
  Status over_the_wire(const Status& failure) {
    server_.failure = failure;
    auto results = client_->DoAction({"any", nullptr});
    return results.ok() ? (*results)->Drain() : results.status();
  }

  FailingServer server_;
  std::unique_ptr<flight::FlightClient> client_;
};

TEST_F(FlightStatus, BringsEveryKindToTheClient) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::Internal); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    const std::string text = "topic run1/imu: " + std::string(error_kind_name(kind));
    const Status status = from_flight(over_the_wire(to_flight(core::make_error(kind, text))));
    EXPECT_THAT(status, FailsAs(kind));
    EXPECT_EQ(status.message(), text);
  }
}

TEST_F(FlightStatus, GivesForeignClientsTheirCodes) {
  const auto received = [&](ErrorKind kind) {
    return over_the_wire(to_flight(core::make_error(kind, "x")));
  };
  EXPECT_TRUE(received(ErrorKind::Invalid).IsInvalid());
  EXPECT_TRUE(received(ErrorKind::NotFound).IsKeyError());
  EXPECT_TRUE(received(ErrorKind::AlreadyExists).IsAlreadyExists());
  EXPECT_TRUE(received(ErrorKind::Unsupported).IsNotImplemented());
  const auto code = [&](ErrorKind kind) {
    const auto detail = flight::FlightStatusDetail::UnwrapStatus(received(kind));
    return detail == nullptr ? flight::FlightStatusCode::TimedOut : detail->code();
  };
  EXPECT_EQ(code(ErrorKind::PermissionDenied), flight::FlightStatusCode::Unauthorized);
  EXPECT_EQ(code(ErrorKind::Unauthenticated), flight::FlightStatusCode::Unauthenticated);
  EXPECT_EQ(code(ErrorKind::Cancelled), flight::FlightStatusCode::Cancelled);
  EXPECT_EQ(code(ErrorKind::Unavailable), flight::FlightStatusCode::Unavailable);
}

TEST_F(FlightStatus, NamesTheCodesThatArrowCannotExpress) {
  const auto extra_info = [&](const Status& failure) {
    const auto detail = flight::FlightStatusDetail::UnwrapStatus(over_the_wire(failure));
    return detail == nullptr ? std::string("none") : detail->extra_info();
  };
  EXPECT_EQ(extra_info(to_flight(core::make_error(ErrorKind::Locked, "x"))), "FAILED_PRECONDITION");
  EXPECT_EQ(extra_info(aborted("x")), "ABORTED");
}

TEST_F(FlightStatus, KeepsAbortedAsItIs) {
  const Status status = from_flight(over_the_wire(to_flight(aborted("a second schema"))));
  EXPECT_THAT(status, FailsAs(ErrorKind::Invalid));
  EXPECT_EQ(status.message(), "a second schema");
}

TEST_F(FlightStatus, CutsATextThatNoTrailerCarries) {
  const Status status = from_flight(
      over_the_wire(to_flight(core::make_error(ErrorKind::Locked, std::string(100'000, 'x')))));
  EXPECT_THAT(status, FailsAs(ErrorKind::Locked));
  EXPECT_LT(status.message().size(), 2000U);

  std::string umlauts;
  for (int i = 0; i < 5000; ++i) umlauts += "ü";
  EXPECT_THAT(from_flight(over_the_wire(to_flight(core::make_error(ErrorKind::Io, umlauts)))),
              FailsAs(ErrorKind::Io));
}

TEST_F(FlightStatus, ReadsAPlainArrowErrorOfAForeignServer) {
  EXPECT_THAT(from_flight(over_the_wire(Status::KeyError("x"))), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(from_flight(over_the_wire(Status::UnknownError("x"))), FailsAs(ErrorKind::Internal));
}

TEST(FlightStatusWithoutServer, IsUnavailable) {
  ASSERT_OK_AND_ASSIGN(const auto nowhere, flight::Location::ForGrpcTcp("127.0.0.1", 1));
  ASSERT_OK_AND_ASSIGN(const auto client, flight::FlightClient::Connect(nowhere));
  auto results = client->DoAction({"any", nullptr});
  const Status status = results.ok() ? (*results)->Drain() : results.status();
  EXPECT_THAT(from_flight(status), FailsAs(ErrorKind::Unavailable));
}

TEST(FlightStatusOk, StaysOk) {
  EXPECT_THAT(to_flight(Status::OK()), IsOk());
  EXPECT_THAT(from_flight(Status::OK()), IsOk());
}

}  // namespace
}  // namespace mosaico::protocol
