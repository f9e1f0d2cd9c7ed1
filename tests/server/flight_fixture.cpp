#include "flight_fixture.hpp"

#include <utility>

#include "core/json.hpp"
#include "protocol/actions.hpp"

namespace mosaico::server {

std::shared_ptr<arrow::Schema> small_schema() {
  return arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                        arrow::field("value", arrow::float64())});
}

std::shared_ptr<arrow::RecordBatch> rows_of(const std::vector<int64_t>& timestamps_ns) {
  arrow::Int64Builder times;
  arrow::DoubleBuilder values;
  for (const int64_t t : timestamps_ns) {
    core::throw_if_error(times.Append(t));
    core::throw_if_error(values.Append(2.0 * static_cast<double>(t)));
  }
  return arrow::RecordBatch::Make(
      small_schema(), static_cast<int64_t>(timestamps_ns.size()),
      {core::value_or_throw(times.Finish()), core::value_or_throw(values.Finish())});
}

std::shared_ptr<arrow::RecordBatch> large_rows(int64_t rows, int64_t bytes) {
  arrow::Int64Builder times;
  arrow::BinaryBuilder blobs;
  const std::string blob(static_cast<size_t>(bytes / rows), 'x');
  for (int64_t row = 0; row < rows; ++row) {
    core::throw_if_error(times.Append(row));
    core::throw_if_error(blobs.Append(blob));
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                     arrow::field("blob", arrow::binary())}),
      rows, {core::value_or_throw(times.Finish()), core::value_or_throw(blobs.Finish())});
}

void FlightFixture::start(std::shared_ptr<engine::Engine> engine, ServiceOptions options,
                          std::shared_ptr<catalog::Catalog> keys) {
  options.port = 0;
  options.call_watch_interval = std::chrono::milliseconds(5);
  service_ = std::make_unique<FlightService>(std::move(engine), options, std::move(keys));
  ASSERT_THAT(service_->start(), IsOk());
  ASSERT_OK_AND_ASSIGN(client_, connect());
}

void FlightFixture::TearDown() {
  client_.reset();
  service_.reset();
}

Result<std::unique_ptr<flight::FlightClient>> FlightFixture::connect() const {
  ARROW_ASSIGN_OR_RAISE(const auto location,
                        flight::Location::ForGrpcTcp("127.0.0.1", service_->port()));
  return flight::FlightClient::Connect(location);
}

Result<std::vector<std::string>> FlightFixture::act_results(const std::string& action,
                                                            const std::string& body) {
  auto results = client_->DoAction(call_options_, {action, arrow::Buffer::FromString(body)});
  if (!results.ok()) return protocol::from_flight(results.status());
  std::vector<std::string> bodies;
  while (true) {
    auto result = (*results)->Next();
    if (!result.ok()) return protocol::from_flight(result.status());
    if (*result == nullptr) return bodies;
    bodies.push_back((*result)->body->ToString());
  }
}

Result<std::string> FlightFixture::act_text(const std::string& action, const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const auto bodies, act_results(action, body));
  std::string text;
  for (const std::string& part : bodies) text += part;
  return text;
}

Result<json> FlightFixture::act(const std::string& action, const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, act_text(action, body));
  ARROW_ASSIGN_OR_RAISE(const json answer, core::parse_json(text));
  EXPECT_EQ(answer.size(), 2U) << text;
  EXPECT_EQ(answer.at("action"), action);
  return answer.at("response");
}

Status FlightFixture::act_fails(const std::string& action, const std::string& body) {
  return act(action, body).status();
}

Result<flight::FlightClient::DoPutResult> FlightFixture::put(
    const std::string& command, const std::shared_ptr<arrow::Schema>& schema) {
  return client_->DoPut(call_options_, flight::FlightDescriptor::Command(command), schema);
}

Status FlightFixture::upload(const std::string& command,
                             const std::shared_ptr<arrow::Schema>& schema,
                             const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  auto stream = put(command, schema);
  if (!stream.ok()) return protocol::from_flight(stream.status());
  for (const auto& batch : batches) {
    // A write that fails only says that the stream has ended; close() says why.
    if (!stream->writer->WriteRecordBatch(*batch).ok()) break;
  }
  const Status done = stream->writer->DoneWriting();
  const Status closed = stream->writer->Close();
  return protocol::from_flight(closed.ok() ? done : closed);
}

}  // namespace mosaico::server
