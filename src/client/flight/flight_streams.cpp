#include "client/flight/flight_streams.hpp"

#include <arrow/buffer.h>
#include <arrow/flight/client.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/align_util.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "protocol/flight_status.hpp"

namespace mosaico::client {

namespace {

namespace flight = arrow::flight;
using protocol::from_flight;

class FlightUpload final : public UploadStream {
 public:
  FlightUpload(std::shared_ptr<flight::FlightClient> client,
               std::unique_ptr<flight::FlightStreamWriter> writer,
               std::unique_ptr<flight::FlightMetadataReader> reader, int64_t message_bytes_max,
               bool acknowledged)
      : client_(std::move(client)),
        writer_(std::move(writer)),
        reader_(std::move(reader)),
        message_bytes_max_(message_bytes_max),
        acknowledged_(acknowledged) {}

  ~FlightUpload() override {
    if (closed_) return;
    // Flight has no way to break off a DoPut, and closing is the proper end to the other side. A
    // message without payload is an error there, so that the topic counts as interrupted.
    (void)writer_->WriteMetadata(arrow::Buffer::FromString("abandoned"));
    // Flight warns of a writer that was not closed; the status of a broken stream was told before.
    (void)writer_->Close();
  }

  Status write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    if (cancelled_.load()) return core::error(ErrorKind::Cancelled, "the upload was cancelled");
    int64_t bytes = 0;
    ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchSize(*batch, &bytes));
    // A message of one row may be larger than the limit.
    if (bytes > message_bytes_max_ && batch->num_rows() > 1) {
      const int64_t half = batch->num_rows() / 2;
      ARROW_RETURN_NOT_OK(write(batch->Slice(0, half)));
      return write(batch->Slice(half));
    }
    std::lock_guard guard(write_mutex_);
    if (!writer_->WriteRecordBatch(*batch).ok()) return closing_error();
    written_rows_ += batch->num_rows();
    return Status::OK();
  }

  Result<int64_t> wait_durable(int64_t rows) override {
    if (!acknowledged_) return written_rows_.load();
    while (durable_rows_ < rows) ARROW_RETURN_NOT_OK(read_acknowledgement());
    return durable_rows_;
  }

  // Waits for the acknowledgement that a resumed stream begins with.
  Status read_start() { return read_acknowledgement(); }

  Status finish() override {
    std::lock_guard guard(write_mutex_);
    ARROW_RETURN_NOT_OK(from_flight(writer_->DoneWriting()));
    while (true) {
      std::shared_ptr<arrow::Buffer> metadata;
      if (!reader_->ReadMetadata(&metadata).ok() || metadata == nullptr) break;
      ARROW_RETURN_NOT_OK(take_acknowledgement(*metadata));
    }
    closed_ = true;
    return from_flight(writer_->Close());
  }

  // Flight cannot break off a DoPut from this side; the server ends it when the sequence is
  // aborted, and keepalive does when the server is gone.
  void cancel() override { cancelled_.store(true); }

 private:
  Status read_acknowledgement() {
    std::shared_ptr<arrow::Buffer> metadata;
    const Status status = reader_->ReadMetadata(&metadata);
    if (!status.ok()) return from_flight(status);
    if (metadata == nullptr) {
      std::lock_guard guard(write_mutex_);
      return closing_error();
    }
    return take_acknowledgement(*metadata);
  }

  Status take_acknowledgement(const arrow::Buffer& metadata) {
    ARROW_ASSIGN_OR_RAISE(const auto ack,
                          protocol::PutAck::parse(static_cast<std::string_view>(metadata)));
    durable_rows_ = std::max(durable_rows_, ack.durable_rows);
    return Status::OK();
  }

  // The server's own words for a stream that it ended, which only the first Close() gives.
  Status closing_error() {
    if (!closed_) {
      closed_ = true;
      closing_error_ = from_flight(writer_->Close());
      if (closing_error_.ok()) {
        closing_error_ = core::error(ErrorKind::Unavailable, "the server ended the upload early");
      }
    }
    return closing_error_;
  }

  const std::shared_ptr<flight::FlightClient> client_;
  std::mutex write_mutex_;  // Flight's writer takes one call at a time.
  const std::unique_ptr<flight::FlightStreamWriter> writer_;
  const std::unique_ptr<flight::FlightMetadataReader> reader_;
  const int64_t message_bytes_max_;
  const bool acknowledged_;  // The server says what is durable.
  std::atomic<bool> cancelled_ = false;
  std::atomic<int64_t> written_rows_ = 0;
  bool closed_ = false;       // Guarded by write_mutex_.
  Status closing_error_;      // Guarded by write_mutex_.
  int64_t durable_rows_ = 0;  // Of the thread that waits.
};

class FlightDownload final : public DownloadStream {
 public:
  FlightDownload(std::shared_ptr<flight::FlightClient> client,
                 std::unique_ptr<flight::FlightStreamReader> reader,
                 std::shared_ptr<arrow::Schema> schema)
      : client_(std::move(client)), reader_(std::move(reader)), schema_(std::move(schema)) {}

  ~FlightDownload() override {
    // An unread stream would keep the call open.
    if (!at_end_) reader_->Cancel();
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    while (true) {
      const auto chunk = reader_->Next();
      if (!chunk.ok()) {
        at_end_ = true;
        return from_flight(chunk.status());
      }
      if (chunk->data == nullptr) {
        at_end_ = true;
        return nullptr;
      }
      // gRPC puts a message's bytes anywhere. Only what is not aligned is copied; blobs never are.
      if (chunk->data->num_rows() > 0) {
        return arrow::util::EnsureAlignment(chunk->data, arrow::util::kValueAlignment,
                                            arrow::default_memory_pool());
      }
    }
  }

  void cancel() override { reader_->Cancel(); }

 private:
  const std::shared_ptr<flight::FlightClient> client_;
  const std::unique_ptr<flight::FlightStreamReader> reader_;
  const std::shared_ptr<arrow::Schema> schema_;
  bool at_end_ = false;
};

}  // namespace

Result<std::unique_ptr<UploadStream>> open_flight_upload(
    const std::shared_ptr<flight::FlightClient>& client, const flight::FlightCallOptions& options,
    const protocol::PutDescriptor& descriptor, const std::shared_ptr<arrow::Schema>& schema,
    int64_t message_bytes_max) {
  auto result =
      client->DoPut(options, flight::FlightDescriptor::Command(descriptor.to_text()), schema);
  if (!result.ok()) return from_flight(result.status());
  auto upload =
      std::make_unique<FlightUpload>(client, std::move(result->writer), std::move(result->reader),
                                     message_bytes_max, descriptor.ack);
  if (descriptor.resume) ARROW_RETURN_NOT_OK(upload->read_start());
  return upload;
}

Result<std::unique_ptr<DownloadStream>> open_flight_download(
    const std::shared_ptr<flight::FlightClient>& client, const flight::FlightCallOptions& options,
    const std::string& ticket) {
  auto reader = client->DoGet(options, flight::Ticket{ticket});
  if (!reader.ok()) return from_flight(reader.status());
  auto schema = (*reader)->GetSchema();
  if (!schema.ok()) return from_flight(schema.status());
  return std::make_unique<FlightDownload>(client, *std::move(reader), *std::move(schema));
}

}  // namespace mosaico::client
