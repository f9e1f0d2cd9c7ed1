#include <arrow/flight/server.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <functional>
#include <optional>
#include <utility>

#include "protocol/discovery.hpp"
#include "protocol/shared_body.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"
#include "server/stream_schema.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;

namespace {

class ScanStream : public flight::FlightDataStream {
 public:
  // With `shares` what the engine shares within a batch travels once. `pause` and `context` outlive
  // the stream.
  ScanStream(std::shared_ptr<engine::Scan> scan, std::shared_ptr<arrow::Schema> schema, bool shares,
             const std::function<void()>& pause, const flight::ServerCallContext& context)
      : scan_(std::move(scan)),
        schema_(std::move(schema)),
        mapper_(*schema_),
        shares_(shares),
        pause_(pause),
        context_(context) {}

  // Flight drops the stream when the client has gone; the scan's work must end then too.
  ~ScanStream() override { scan_->cancel(); }

  // For a stream that may wait for rows that never come.
  void watch(std::shared_ptr<CallWatch> watch) {
    watched_.emplace(std::move(watch), context_, CallWatch::AtStop::Ends,
                     [scan = scan_] { scan->cancel(); });
  }

  std::shared_ptr<arrow::Schema> schema() override { return schema_; }

  Result<flight::FlightPayload> GetSchemaPayload() override {
    flight::FlightPayload payload;
    ARROW_RETURN_NOT_OK(handle("DoGet", [&] {
      return arrow::ipc::GetSchemaPayload(*schema_, options_, mapper_, &payload.ipc_message);
    }));
    return payload;
  }

  // A payload without metadata ends the stream.
  Result<flight::FlightPayload> Next() override {
    flight::FlightPayload payload;
    ARROW_RETURN_NOT_OK(handle("DoGet", [&]() -> Status {
      ARROW_RETURN_NOT_OK(give_way());
      std::shared_ptr<arrow::RecordBatch> batch;
      do {
        ARROW_ASSIGN_OR_RAISE(batch, scan_->next());
        if (batch == nullptr) return Status::OK();
      } while (batch->num_rows() == 0);  // Clients take a batch without rows for the end.
      ++messages_;
      ARROW_RETURN_NOT_OK(
          arrow::ipc::GetRecordBatchPayload(*batch, options_, &payload.ipc_message));
      if (shares_) ARROW_RETURN_NOT_OK(protocol::share_body(&payload.ipc_message));
      return protocol::align_body(&payload.ipc_message);
    }));
    return payload;
  }

 private:
  // Behind the first message, before more is decoded.
  Status give_way() {
    if (messages_ != 1 || scan_->at_end()) return Status::OK();
    pause_();
    if (!context_.is_cancelled()) return Status::OK();
    return core::error(ErrorKind::Cancelled, "the client has left");
  }

  const std::shared_ptr<engine::Scan> scan_;
  const std::shared_ptr<arrow::Schema> schema_;
  const arrow::ipc::IpcWriteOptions options_ = arrow::ipc::IpcWriteOptions::Defaults();
  const arrow::ipc::DictionaryFieldMapper mapper_;
  const bool shares_;
  const std::function<void()>& pause_;
  const flight::ServerCallContext& context_;
  int64_t messages_ = 0;
  std::optional<WatchedCall> watched_;
};

}  // namespace

Status FlightService::DoGet(const flight::ServerCallContext& context, const flight::Ticket& ticket,
                            std::unique_ptr<flight::FlightDataStream>* stream) {
  return handle("DoGet", [&]() -> Status {
    ARROW_ASSIGN_OR_RAISE(const auto request, protocol::Ticket::parse(ticket.ticket));
    ARROW_ASSIGN_OR_RAISE(auto open, engine_->scan(request));
    auto schema = topic_schema(*open.scan->schema(), open.user_metadata, open.properties);
    auto result =
        std::make_unique<ScanStream>(std::move(open.scan), std::move(schema), request.share_nulls,
                                     options_.pause_behind_first, context);
    if (request.follow) result->watch(call_watch_);
    *stream = std::move(result);
    return Status::OK();
  });
}

}  // namespace mosaico::server
