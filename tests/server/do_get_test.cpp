#include <memory>
#include <string>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "fake_engine.hpp"
#include "flight_fixture.hpp"

namespace mosaico::server {
namespace {

constexpr const char* kTicket = R"({"v":1,"topic":"run1/imu","id":1})";
constexpr const char* kFollowTicket = R"({"v":1,"topic":"run1/imu","id":1,"follow":true})";

class DoGet : public FlightFixture {
 protected:
  void SetUp() override { start(engine_); }

  void set_scan(std::vector<std::shared_ptr<arrow::RecordBatch>> batches, bool endless) {
    engine_->fake_scan = std::make_shared<FakeScan>(small_schema(), std::move(batches), endless);
  }

  const std::shared_ptr<FakeEngine> engine_ = std::make_shared<FakeEngine>();
};

TEST_F(DoGet, SendsTheSchemaWithItsMetadataAndEveryRow) {
  set_scan({rows_of({1, 2}), rows_of({}), rows_of({3})}, false);
  ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet({kTicket}));
  ASSERT_OK_AND_ASSIGN(const auto schema, reader->GetSchema());
  EXPECT_TRUE(schema->Equals(*small_schema(), /*check_metadata=*/false));
  ASSERT_NE(schema->metadata(), nullptr);
  EXPECT_EQ(schema->metadata()->Get("mosaico:context").ValueOrDie(), "topic");
  EXPECT_EQ(schema->metadata()->Get("mosaico:user_metadata").ValueOrDie(), "{}");
  EXPECT_EQ(schema->metadata()->Get("mosaico:properties").ValueOrDie(),
            R"({"ontology_tag":"IMU","serialization_format":"default"})");

  ASSERT_OK_AND_ASSIGN(const auto batches, reader->ToRecordBatches());
  ASSERT_EQ(batches.size(), 2U);  // The batch without rows would end the stream for some clients.
  EXPECT_TRUE(batches[0]->Equals(*rows_of({1, 2})));
  EXPECT_TRUE(batches[1]->Equals(*rows_of({3})));
}

TEST_F(DoGet, RefusesForeignTickets) {
  for (const char* ticket : {"", "x", "{}", R"({"v":9,"topic":"run1/imu","id":1})"}) {
    const auto reader = client_->DoGet({ticket});
    const Status status = reader.ok() ? (*reader)->GetSchema().status() : reader.status();
    EXPECT_THAT(protocol::from_flight(status), FailsAs(ErrorKind::Invalid)) << ticket;
  }
}

TEST_F(DoGet, CancelsTheScanOfALiveStreamWhoseClientLeft) {
  set_scan({rows_of({1})}, true);
  {
    ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet({kFollowTicket}));
    ASSERT_OK_AND_ASSIGN(const auto chunk, reader->Next());
    EXPECT_EQ(chunk.data->num_rows(), 1);
    reader->Cancel();
  }
  EXPECT_TRUE(engine_->fake_scan->cancellations.wait());
}

TEST_F(DoGet, EndsLiveStreamsWhenTheServerStops) {
  set_scan({rows_of({1})}, true);
  ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet({kFollowTicket}));
  ASSERT_OK_AND_ASSIGN(const auto chunk, reader->Next());
  EXPECT_EQ(chunk.data->num_rows(), 1);
  service_->stop(std::chrono::minutes(1));  // Does not take a minute: nothing waits for rows.
  EXPECT_FALSE(reader->Next().ok());
}

TEST_F(DoGet, TurnsAnExceptionIntoInternal) {
  const auto reader = client_->DoGet({kTicket});
  const Status status = reader.ok() ? (*reader)->GetSchema().status() : reader.status();
  EXPECT_THAT(protocol::from_flight(status), FailsAs(ErrorKind::Internal));
}

}  // namespace
}  // namespace mosaico::server
