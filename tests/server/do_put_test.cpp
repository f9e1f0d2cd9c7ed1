#include <chrono>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "fake_engine.hpp"
#include "flight_fixture.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::server {
namespace {

constexpr const char* kAckCommand =
    R"({"resource_locator":"run1/imu","topic_uuid":"0b6f7d1e-2c3a-4f5b-8a9d-0e1f2a3b4c5d","ack":true})";

class DoPut : public FlightFixture {
 protected:
  void SetUp() override {
    ServiceOptions options;
    options.limits.max_decode_bytes = 64 << 10;
    options.limits.max_record_bytes = 256 << 10;
    start(engine_, options);
  }

  UploadLog& log() { return *engine_->upload_log; }

  // The next PutResult; -1 at the end of the stream.
  static int64_t next_ack(flight::FlightMetadataReader& reader) {
    std::shared_ptr<arrow::Buffer> buffer;
    if (!reader.ReadMetadata(&buffer).ok() || buffer == nullptr) return -1;
    last_failed = core::value_or_throw(protocol::PutAck::parse(buffer->ToString())).failed;
    return core::value_or_throw(protocol::PutAck::parse(buffer->ToString())).durable_rows;
  }
  static inline bool last_failed = false;

  const std::shared_ptr<FakeEngine> engine_ = std::make_shared<FakeEngine>();
};

TEST_F(DoPut, EndsProperlyWithTheClientsHalfClose) {
  EXPECT_THAT(upload(kPutCommand, small_schema(), {rows_of({1, 2}), rows_of({3})}), IsOk());
  EXPECT_EQ(log().ending.wait(), "finished");
  EXPECT_EQ(log().rows.wait(0), 2);
  EXPECT_EQ(log().rows.wait(1), 1);
}

TEST_F(DoPut, EndsProperlyWithoutAnyBatch) {
  EXPECT_THAT(upload(kPutCommand, small_schema(), {}), IsOk());
  EXPECT_EQ(log().ending.wait(), "finished");
}

TEST_F(DoPut, SendsNoPutResultUnasked) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kPutCommand, small_schema()));
  ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1})), IsOk());
  log().rows.wait();
  EXPECT_EQ(log().on_durable, nullptr);
  ASSERT_THAT(stream.writer->DoneWriting(), IsOk());
  EXPECT_EQ(next_ack(*stream.reader), -1);
  EXPECT_THAT(stream.writer->Close(), IsOk());
}

TEST_F(DoPut, AcknowledgesWhatBecameDurable) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kAckCommand, small_schema()));
  ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1, 2, 3})), IsOk());
  log().rows.wait();
  log().on_durable(Status::OK(), 2);
  EXPECT_EQ(next_ack(*stream.reader), 2);
  log().on_durable(Status::OK(), 3);
  EXPECT_EQ(next_ack(*stream.reader), 3);
  ASSERT_THAT(stream.writer->DoneWriting(), IsOk());
  EXPECT_EQ(next_ack(*stream.reader), 3);  // The one at the end.
  EXPECT_EQ(next_ack(*stream.reader), -1);
  EXPECT_THAT(stream.writer->Close(), IsOk());
}

TEST_F(DoPut, AcknowledgesAtTheEndOfAnEmptyTopicToo) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kAckCommand, small_schema()));
  ASSERT_THAT(stream.writer->DoneWriting(), IsOk());
  EXPECT_EQ(next_ack(*stream.reader), 0);
  EXPECT_EQ(next_ack(*stream.reader), -1);
  EXPECT_THAT(stream.writer->Close(), IsOk());
}

TEST_F(DoPut, TellsAClientThatOnlyListensThatTheUploadBroke) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kAckCommand, small_schema()));
  ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1})), IsOk());
  log().rows.wait();
  log().finish_status = core::make_error(ErrorKind::Io, "the disk is full");
  log().on_durable(log().finish_status, 0);
  EXPECT_EQ(next_ack(*stream.reader), 0);
  EXPECT_TRUE(last_failed);
  (void)stream.writer->DoneWriting();
  EXPECT_THAT(protocol::from_flight(stream.writer->Close()), FailsAs(ErrorKind::Io));
}

TEST_F(DoPut, ResumesWithTheCountFirst) {
  log().durable_rows = 41;
  std::string command = kPutCommand;
  command.insert(command.size() - 1, R"(,"resume":true)");
  ASSERT_OK_AND_ASSIGN(auto stream, put(command, small_schema()));
  EXPECT_EQ(next_ack(*stream.reader), 41);
  EXPECT_TRUE(engine_->uploads.wait().resume);
  ASSERT_THAT(stream.writer->DoneWriting(), IsOk());
  EXPECT_EQ(next_ack(*stream.reader), -1);
  EXPECT_THAT(stream.writer->Close(), IsOk());
}

// A deadline breaks the call off at both ends, as a connection that dies does.
TEST_F(DoPut, IsInterruptedWhenTheCallBreaks) {
  for (int i = 0; i < 6; ++i) {
    engine_->upload_log = std::make_shared<UploadLog>();
    const auto log = engine_->upload_log;
    flight::FlightCallOptions options;
    // Long enough for a slow machine to begin.
    options.timeout = flight::TimeoutDuration(0.5);
    auto stream =
        client_->DoPut(options, flight::FlightDescriptor::Command(kPutCommand), small_schema());
    ASSERT_THAT(stream, IsOk());
    (void)stream->writer->WriteRecordBatch(*rows_of({1}));
    EXPECT_EQ(log->ending.wait(), "interrupted") << i;
    EXPECT_FALSE(stream->writer->Close().ok());
  }
}

TEST_F(DoPut, PassesTheEnginesErrorsOn) {
  for (const ErrorKind kind : {ErrorKind::Locked, ErrorKind::NotFound, ErrorKind::Invalid}) {
    engine_->upload_status = core::make_error(kind, "no");
    const Status status = upload(kPutCommand, small_schema(), {rows_of({1})});
    EXPECT_THAT(status, FailsAs(kind));
    EXPECT_EQ(status.message(), "no");
  }
}

TEST_F(DoPut, InterruptsAfterAFailedAppend) {
  log().append_status = core::make_error(ErrorKind::Invalid, "timestamp_ns is null");
  const Status status = upload(kPutCommand, small_schema(), {rows_of({1})});
  EXPECT_THAT(status, FailsAs(ErrorKind::Invalid));
  EXPECT_EQ(status.message(), "upload of run1/imu: timestamp_ns is null");
  EXPECT_EQ(log().ending.wait(), "interrupted");
}

TEST_F(DoPut, RefusesAPathDescriptorAndABadCommand) {
  auto stream = client_->DoPut(flight::FlightDescriptor::Path({"run1"}), small_schema());
  ASSERT_THAT(stream, IsOk());
  EXPECT_THAT(protocol::from_flight(stream->writer->Close()), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(upload("nonsense", small_schema(), {}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(upload(R"({"resource_locator":"run1/imu"})", small_schema(), {}),
              FailsAs(ErrorKind::Invalid));
  EXPECT_EQ(engine_->uploads.count(), 0U);
}

TEST_F(DoPut, LimitsMessagesButExemptsASingleRow) {
  const auto schema = large_rows(1, 1)->schema();
  EXPECT_THAT(upload(kPutCommand, schema, {large_rows(1, 128 << 10)}), IsOk());

  const Status message = upload(kPutCommand, schema, {large_rows(2, 128 << 10)});
  EXPECT_THAT(message, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(message.message(), testing::HasSubstr("grpc_max_decode_message_size"));

  const Status record = upload(kPutCommand, schema, {large_rows(1, 512 << 10)});
  EXPECT_THAT(record, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(record.message(), testing::HasSubstr("max_record_bytes"));
}

TEST_F(DoPut, AbortsOnAMessageWithoutPayload) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kPutCommand, small_schema()));
  ASSERT_THAT(stream.writer->WriteMetadata(arrow::Buffer::FromString("x")), IsOk());
  (void)stream.writer->DoneWriting();
  const Status status = stream.writer->Close();
  const auto detail = flight::FlightStatusDetail::UnwrapStatus(status);
  ASSERT_NE(detail, nullptr) << status.ToString();
  EXPECT_EQ(detail->extra_info(), "ABORTED");
  EXPECT_THAT(status.message(), testing::HasSubstr("run1/imu"));
  EXPECT_EQ(log().ending.wait(), "interrupted");
}

TEST_F(DoPut, RefusesADictionaryThatChanges) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("word", type)});
  const auto batch = [&](const std::string& word) {
    arrow::Int64Builder time;
    core::throw_if_error(time.Append(1));
    arrow::StringDictionaryBuilder words;
    core::throw_if_error(words.Append(word));
    arrow::Int8Builder index;
    core::throw_if_error(index.Append(0));
    arrow::StringBuilder dictionary;
    core::throw_if_error(dictionary.Append(word));
    return arrow::RecordBatch::Make(schema, 1,
                                    {core::value_or_throw(time.Finish()),
                                     core::value_or_throw(arrow::DictionaryArray::FromArrays(
                                         type, core::value_or_throw(index.Finish()),
                                         core::value_or_throw(dictionary.Finish())))});
  };
  EXPECT_THAT(upload(kPutCommand, schema, {batch("a"), batch("b")}), FailsAs(ErrorKind::Invalid));
  EXPECT_EQ(log().ending.wait(), "interrupted");
}

TEST_F(DoPut, IsInterruptedWhenTheServerStops) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kPutCommand, small_schema()));
  ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1})), IsOk());
  log().rows.wait();
  service_->stop(std::chrono::milliseconds(1));
  EXPECT_EQ(log().ending.wait(), "interrupted");
  EXPECT_FALSE(stream.writer->Close().ok());
}

TEST_F(DoPut, IsLetFinishWhileTheServerStops) {
  ASSERT_OK_AND_ASSIGN(auto stream, put(kPutCommand, small_schema()));
  ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1})), IsOk());
  log().rows.wait();
  std::thread stopper([this] { service_->stop(std::chrono::minutes(1)); });
  EXPECT_THAT(stream.writer->DoneWriting(), IsOk());
  EXPECT_THAT(stream.writer->Close(), IsOk());
  EXPECT_EQ(log().ending.wait(), "finished");
  stopper.join();
}

TEST_F(DoPut, KeepsHundredsOfStreamsOpenOnOneConnection) {
  constexpr size_t kStreams = 300;
  std::vector<flight::FlightClient::DoPutResult> streams;
  for (size_t i = 0; i < kStreams; ++i) {
    ASSERT_OK_AND_ASSIGN(auto stream, put(kPutCommand, small_schema()));
    ASSERT_THAT(stream.writer->WriteRecordBatch(*rows_of({1})), IsOk());
    streams.push_back(std::move(stream));
  }
  log().rows.wait(kStreams - 1);
  for (auto& stream : streams) EXPECT_THAT(stream.writer->Close(), IsOk());
}

}  // namespace
}  // namespace mosaico::server
