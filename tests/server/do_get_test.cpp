#include <cstring>
#include <memory>
#include <numeric>
#include <string>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <arrow/flight/server.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "fake_engine.hpp"
#include "flight_fixture.hpp"

namespace mosaico::server {
namespace {

constexpr const char* kTicket = R"({"v":1,"topic":"run1/imu","id":1})";
constexpr const char* kSharingTicket = R"({"v":1,"topic":"run1/imu","id":1,"share_nulls":true})";
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

// A batch of which two columns are one piece of memory, for one longer than for the other.
std::shared_ptr<arrow::RecordBatch> sharing_batch(int64_t rows) {
  const auto zeros = core::value_or_throw(arrow::AllocateBuffer(8 * rows));
  std::memset(zeros->mutable_data(), 0, static_cast<size_t>(zeros->size()));
  const std::shared_ptr<arrow::Buffer> shared = core::value_or_throw(zeros->CopySlice(0, 8 * rows));
  const auto column_of = [&](const std::shared_ptr<arrow::DataType>& type) {
    const auto validity = arrow::SliceBuffer(shared, 0, (rows + 7) / 8);
    const auto values = arrow::SliceBuffer(shared, 0, rows * type->byte_width());
    return arrow::MakeArray(arrow::ArrayData::Make(type, rows, {validity, values}, rows));
  };
  std::vector<int64_t> times(static_cast<size_t>(rows));
  std::iota(times.begin(), times.end(), 1);
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("small", arrow::int16()),
       arrow::field("value", arrow::float64()), arrow::field("large", arrow::int64())});
  return arrow::RecordBatch::Make(schema, rows,
                                  {rows_of(times)->column(0), column_of(arrow::int16()),
                                   rows_of(times)->column(1), column_of(arrow::int64())});
}

TEST_F(DoGet, SendsWhatColumnsShareOnceToThoseWhoAskForIt) {
  for (const int64_t rows : {1, 7, 64, 5000}) {
    const auto batch = sharing_batch(rows);
    for (const bool asks : {false, true}) {
      engine_->fake_scan = std::make_shared<FakeScan>(
          batch->schema(), std::vector<std::shared_ptr<arrow::RecordBatch>>{batch}, false);
      ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet({asks ? kSharingTicket : kTicket}));
      ASSERT_OK_AND_ASSIGN(const auto chunk, reader->Next());
      ASSERT_NE(chunk.data, nullptr);
      EXPECT_THAT(chunk.data->ValidateFull(), IsOk());
      EXPECT_TRUE(chunk.data->Equals(*batch));
      const auto memory_of = [&](int column) {
        return chunk.data->column_data(column)->buffers[1]->address();
      };
      EXPECT_EQ(memory_of(1) == memory_of(3), asks) << rows;
      EXPECT_NE(memory_of(1), memory_of(2));
    }
  }
}

// Clients copy what is not. A small message may lie anywhere in what gRPC received.
TEST_F(DoGet, BodiesOfLargeMessagesAreAligned) {
  for (const int64_t rows : {9'000, 9'001, 130'000, 300'001}) {
    std::vector<int64_t> times(static_cast<size_t>(rows));
    std::iota(times.begin(), times.end(), 1);
    set_scan({rows_of(times)}, false);
    ASSERT_OK_AND_ASSIGN(const auto reader, client_->DoGet({kTicket}));
    ASSERT_OK_AND_ASSIGN(const auto chunk, reader->Next());
    std::vector<bool> unaligned;
    EXPECT_TRUE(arrow::util::CheckAlignment(*chunk.data, arrow::util::kValueAlignment, &unaligned))
        << rows;
  }
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

TEST_F(DoGet, PausesOnceBehindTheFirstMessageOfAStreamThatHasMore) {
  int pauses = 0;
  size_t given = 0;
  ServiceOptions options;
  options.pause_behind_first = [&] {
    ++pauses;
    given = engine_->fake_scan->given();
  };
  TearDown();
  start(engine_, options);
  const auto batches_of = [&] {
    return client_->DoGet({kTicket}).ValueOrDie()->ToRecordBatches().ValueOrDie().size();
  };
  set_scan({rows_of({1})}, false);
  EXPECT_EQ(batches_of(), 1U);
  EXPECT_EQ(pauses, 0) << "the end of a short stream is told at once";
  set_scan({rows_of({1}), rows_of({2}), rows_of({3})}, false);
  EXPECT_EQ(batches_of(), 3U);
  EXPECT_EQ(pauses, 1);
  EXPECT_EQ(given, 1U);
}

// A call whose client can leave at a moment that the test chooses.
class Call : public flight::ServerCallContext {
 public:
  const std::string& peer_identity() const override { return name_; }
  const std::string& peer() const override { return name_; }
  void AddHeader(const std::string&, const std::string&) const override {}
  void AddTrailer(const std::string&, const std::string&) const override {}
  flight::ServerMiddleware* GetMiddleware(const std::string&) const override { return nullptr; }
  bool is_cancelled() const override { return is_cancelled_; }
  const flight::CallHeaders& incoming_headers() const override { return headers_; }
  void cancel() { is_cancelled_ = true; }

 private:
  const std::string name_;
  const flight::CallHeaders headers_;
  bool is_cancelled_ = false;
};

TEST_F(DoGet, DecodesNothingForAClientThatLeftBehindTheFirstMessage) {
  set_scan({rows_of({1}), rows_of({2})}, false);
  Call call;
  std::unique_ptr<flight::FlightDataStream> stream;
  ASSERT_THAT(service_->DoGet(call, {kTicket}, &stream), IsOk());
  ASSERT_THAT(stream->GetSchemaPayload(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto first, stream->Next());
  EXPECT_NE(first.ipc_message.metadata, nullptr);
  call.cancel();
  EXPECT_THAT(protocol::from_flight(stream->Next().status()), FailsAs(ErrorKind::Cancelled));
  EXPECT_EQ(engine_->fake_scan->given(), 1U);
}

TEST_F(DoGet, TurnsAnExceptionIntoInternal) {
  const auto reader = client_->DoGet({kTicket});
  const Status status = reader.ok() ? (*reader)->GetSchema().status() : reader.status();
  EXPECT_THAT(protocol::from_flight(status), FailsAs(ErrorKind::Internal));
}

}  // namespace
}  // namespace mosaico::server
