#include <arrow/flight/server.h>
#include <arrow/ipc/reader.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/align_util.h>
#include <arrow/util/byte_size.h>

#include <memory>
#include <string>
#include <utility>

#include "engine/ingest/absent_fields.hpp"
#include "protocol/discovery.hpp"
#include "protocol/flight_status.hpp"
#include "server/ack_writer.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using core::error;

namespace {

Result<protocol::PutDescriptor> parse_descriptor(const flight::FlightDescriptor& descriptor) {
  if (descriptor.type != flight::FlightDescriptor::CMD) {
    return error(ErrorKind::Invalid, "the descriptor must be of type CMD");
  }
  return protocol::PutDescriptor::parse(descriptor.cmd);
}

// The memory a message takes when it has arrived; only then can it be checked.
Status check_size(const arrow::RecordBatch& batch, const protocol::MessageLimits& limits) {
  const int64_t bytes = arrow::util::TotalBufferSize(batch);
  if (batch.num_rows() <= 1) {
    if (bytes <= limits.max_record_bytes) return Status::OK();
    return error(ErrorKind::LimitExceeded, "a record of ", bytes,
                 " bytes is larger than max_record_bytes, ", limits.max_record_bytes);
  }
  if (bytes <= limits.max_decode_bytes) return Status::OK();
  return error(ErrorKind::LimitExceeded, "a message of ", bytes, " bytes and ", batch.num_rows(),
               " rows is larger than grpc_max_decode_message_size, ", limits.max_decode_bytes);
}

// The client's messages, one by one.
class PutReader {
 public:
  PutReader(const flight::ServerCallContext& context, flight::FlightMessageReader& reader)
      : context_(context), reader_(reader) {}

  Result<std::shared_ptr<arrow::Schema>> schema() {
    auto schema = reader_.GetSchema();
    if (schema.ok()) return schema;
    ARROW_RETURN_NOT_OK(check_connected());
    return error(ErrorKind::Invalid,
                 "the stream must begin with a schema: ", schema.status().message());
  }

  // The next batch; null when the client has ended the stream properly.
  Result<std::shared_ptr<arrow::RecordBatch>> next() {
    auto chunk = reader_.Next();
    if (!chunk.ok()) return bad_message(chunk.status());
    if (chunk->data == nullptr) return end_of_stream(*chunk);
    const auto stats = reader_.stats();
    if (stats.num_dictionary_deltas > 0 || stats.num_replaced_dictionaries > 0) {
      return error(ErrorKind::Invalid, "a dictionary may not change inside an upload");
    }
    return std::move(chunk->data);
  }

 private:
  Status check_connected() const {
    if (!context_.is_cancelled()) return Status::OK();
    return error(ErrorKind::Cancelled, "the client broke off the upload");
  }

  Status bad_message(const Status& status) const {
    ARROW_RETURN_NOT_OK(check_connected());
    // Arrow has no code for it, only these words.
    if (status.message().find("is not RecordBatch") != std::string::npos) {
      return protocol::aborted("a second schema, or else no batch, inside an upload");
    }
    return error(ErrorKind::Invalid, "bad message: ", status.message());
  }

  // Flight reports three things alike, by a chunk without data: the proper end, a broken
  // connection, and a message without payload.
  Result<std::shared_ptr<arrow::RecordBatch>> end_of_stream(
      const flight::FlightStreamChunk& chunk) {
    ARROW_RETURN_NOT_OK(check_connected());
    const Status no_payload = protocol::aborted("a message without payload inside an upload");
    if (chunk.app_metadata != nullptr) return no_payload;
    // After the end there is nothing more; after an empty message something follows.
    const auto after = reader_.Next();
    if (!after.ok() || after->data != nullptr || after->app_metadata != nullptr) return no_payload;
    ARROW_RETURN_NOT_OK(check_connected());
    return nullptr;
  }

  const flight::ServerCallContext& context_;
  flight::FlightMessageReader& reader_;
};

Status take_batches(PutReader& reader, engine::Upload& upload,
                    const protocol::MessageLimits& limits) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader.next());
    if (batch == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(check_size(*batch, limits));
    batch = engine::share_absent_fields(batch);
    // gRPC puts a message's bytes anywhere. Only what is not aligned is copied; blobs never are.
    ARROW_ASSIGN_OR_RAISE(
        batch, arrow::util::EnsureAlignment(std::move(batch), arrow::util::kValueAlignment,
                                            arrow::default_memory_pool()));
    ARROW_RETURN_NOT_OK(upload.append(std::move(batch)));
  }
}

Status finish_with_acks(PutReader& reader, engine::Upload& upload,
                        const protocol::MessageLimits& limits,
                        flight::FlightMetadataWriter* writer) {
  AckWriter acks(writer);
  upload.on_durable([queue = acks.queue()](const Status& status, int64_t durable_rows) {
    queue->post({durable_rows, !status.ok()});
  });
  ARROW_RETURN_NOT_OK(take_batches(reader, upload, limits));
  ARROW_RETURN_NOT_OK(upload.finish());
  // The topic is whole already; a client that left now has nothing to lose.
  const Status status = acks.finish({upload.durable_rows()});
  return status.ok() ? status : error(ErrorKind::Cancelled, "the client left before the last ack");
}

// The same error with the name of the topic before its text.
Status name_topic(const Status& status, const core::Locator& topic) {
  const std::string context = "upload of " + topic.to_string();
  const auto detail = flight::FlightStatusDetail::UnwrapStatus(status);
  if (detail == nullptr) return core::with_context(status, context);
  return flight::MakeFlightError(detail->code(), context + ": " + status.message(),
                                 detail->extra_info());
}

Status receive(PutReader& reader, engine::Upload& upload, const protocol::PutDescriptor& descriptor,
               const protocol::MessageLimits& limits, flight::FlightMetadataWriter* writer) {
  if (descriptor.resume) {
    ARROW_RETURN_NOT_OK(write_ack(*writer, {upload.durable_rows()}));
  }
  if (descriptor.ack) return finish_with_acks(reader, upload, limits, writer);
  ARROW_RETURN_NOT_OK(take_batches(reader, upload, limits));
  return upload.finish();
}

}  // namespace

Status FlightService::DoPut(const flight::ServerCallContext& context,
                            std::unique_ptr<flight::FlightMessageReader> reader,
                            std::unique_ptr<flight::FlightMetadataWriter> writer) {
  return handle("DoPut", [&]() -> Status {
    ARROW_ASSIGN_OR_RAISE(const auto descriptor, parse_descriptor(reader->descriptor()));
    PutReader messages(context, *reader);
    ARROW_ASSIGN_OR_RAISE(const auto schema, messages.schema());
    ARROW_ASSIGN_OR_RAISE(const auto upload, engine_->upload(descriptor, schema));
    const Status status = catch_all(
        [&] { return receive(messages, *upload, descriptor, options_.limits, writer.get()); });
    if (!status.ok()) upload->interrupt();
    return name_topic(status, descriptor.topic);
  });
}

}  // namespace mosaico::server
