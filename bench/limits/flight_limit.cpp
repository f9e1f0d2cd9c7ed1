#include "limits/flight_limit.hpp"

#include <arrow/api.h>
#include <arrow/flight/server.h>
#include <signal.h>

#include <cstdio>
#include <mutex>
#include <string>

#include "core/error.hpp"
#include "measure.hpp"
#include "protocol/actions.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::bench {

namespace flight = arrow::flight;
using arrow::Result;
using arrow::Status;

namespace {

constexpr const char* kCount = "count";
constexpr const char* kKeep = "keep";

// The kept batches, over and over.
class RepeatingReader : public arrow::RecordBatchReader {
 public:
  RepeatingReader(FlightLimit::Batches batches, std::int64_t rows)
      : batches_(std::move(batches)), rows_left_(rows) {}

  std::shared_ptr<arrow::Schema> schema() const override { return batches_.front()->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    if (rows_left_ == 0) return Status::OK();
    *batch = batches_[next_++ % batches_.size()];
    if ((*batch)->num_rows() > rows_left_) *batch = (*batch)->Slice(0, rows_left_);
    rows_left_ -= (*batch)->num_rows();
    return Status::OK();
  }

 private:
  const FlightLimit::Batches batches_;
  std::int64_t rows_left_;
  std::size_t next_ = 0;
};

class LimitService : public flight::FlightServerBase {
 public:
  Status DoAction(const flight::ServerCallContext&, const flight::Action& action,
                  std::unique_ptr<flight::ResultStream>* results) override {
    flight::Result answer;
    answer.body =
        arrow::Buffer::FromString(protocol::wrap_answer(action.type, nlohmann::json::object()));
    *results = std::make_unique<flight::SimpleResultStream>(std::vector{answer});
    return Status::OK();
  }

  Status DoPut(const flight::ServerCallContext&,
               std::unique_ptr<flight::FlightMessageReader> reader,
               std::unique_ptr<flight::FlightMetadataWriter> writer) override {
    const bool keeps = reader->descriptor().cmd == kKeep;
    FlightLimit::Batches batches;
    std::int64_t rows = 0;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto chunk, reader->Next());
      if (chunk.data == nullptr) break;
      rows += chunk.data->num_rows();
      if (keeps) batches.push_back(std::move(chunk.data));
    }
    if (keeps) {
      const std::lock_guard lock(mutex_);
      kept_ = std::move(batches);
    }
    return writer->WriteMetadata(
        *arrow::Buffer::FromString(protocol::PutAck{.durable_rows = rows}.to_text()));
  }

  Status DoGet(const flight::ServerCallContext&, const flight::Ticket& ticket,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return Status::Invalid("nothing is kept");
    *stream = std::make_unique<flight::RecordBatchStream>(
        std::make_shared<RepeatingReader>(kept_, std::stoll(ticket.ticket)));
    return Status::OK();
  }

 private:
  std::mutex mutex_;
  FlightLimit::Batches kept_;  // Guarded by mutex_.
};

Status run_service() {
  LimitService service;
  ARROW_ASSIGN_OR_RAISE(const auto location, flight::Location::ForGrpcTcp("127.0.0.1", 0));
  ARROW_RETURN_NOT_OK(service.Init(flight::FlightServerOptions(location)));
  ARROW_RETURN_NOT_OK(service.SetShutdownOnSignals({SIGTERM}));
  std::printf("listening on 127.0.0.1:%d\n", service.port());
  std::fflush(stdout);
  return service.Serve();
}

}  // namespace

FlightLimit::FlightLimit() : server_(ServerProcess::limit_server()), client_(server_.port()) {}

double FlightLimit::put_seconds(const Batches& batches, int streams) {
  std::vector<BareUpload> uploads;
  for (int i = 0; i < streams; ++i) {
    uploads.push_back(client_.put(kCount, batches.front()->schema()));
  }
  const Stopwatch stopwatch;
  std::size_t next = 0;
  for (const auto& batch : batches) uploads[next++ % uploads.size()].write(*batch);
  for (BareUpload& upload : uploads) upload.finish();
  return stopwatch.seconds();
}

void FlightLimit::keep(const Batches& batches) {
  auto upload = client_.put(kKeep, batches.front()->schema());
  for (const auto& batch : batches) upload.write(*batch);
  upload.finish();
}

double FlightLimit::give_seconds(std::int64_t rows) {
  const Stopwatch stopwatch;
  const auto drained = client_.drain(std::to_string(rows));
  const double seconds = stopwatch.seconds();
  if (drained.rows != rows) {
    core::throw_if_error(core::error(ErrorKind::Internal, "the limit's server gave ", drained.rows,
                                     " rows for ", rows));
  }
  return seconds;
}

double FlightLimit::round_trip_seconds() {
  const Stopwatch stopwatch;
  client_.act("nothing", nlohmann::json::object());
  return stopwatch.seconds();
}

int serve_limits() {
  const Status status = run_service();
  if (status.ok()) return 0;
  std::fprintf(stderr, "mosaico-bench: %s\n", status.message().c_str());
  return 1;
}

}  // namespace mosaico::bench
