#include "bare_client.hpp"

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <arrow/util/byte_size.h>

#include <utility>

#include "core/error.hpp"
#include "core/json.hpp"
#include "measure.hpp"
#include "protocol/actions.hpp"
#include "protocol/flight_status.hpp"

namespace mosaico::bench {

namespace flight = arrow::flight;
using core::throw_if_error;
using core::value_or_throw;
using nlohmann::json;

namespace {

template <typename T>
T flight_value(arrow::Result<T> result) {
  if (!result.ok()) throw_if_error(protocol::from_flight(result.status()));
  return std::move(result).ValueUnsafe();
}

void check(const arrow::Status& status) {
  if (!status.ok()) throw_if_error(protocol::from_flight(status));
}

}  // namespace

BareUpload::BareUpload(std::unique_ptr<flight::FlightStreamWriter> writer,
                       std::unique_ptr<flight::FlightMetadataReader> reader)
    : writer_(std::move(writer)), reader_(std::move(reader)) {}
BareUpload::~BareUpload() = default;
BareUpload::BareUpload(BareUpload&&) noexcept = default;

void BareUpload::write(const arrow::RecordBatch& batch) { check(writer_->WriteRecordBatch(batch)); }

std::int64_t BareUpload::finish() {
  check(writer_->DoneWriting());
  std::int64_t rows = 0;
  while (true) {
    std::shared_ptr<arrow::Buffer> metadata;
    if (!reader_->ReadMetadata(&metadata).ok() || metadata == nullptr) break;
    rows = value_or_throw(protocol::PutAck::parse(static_cast<std::string_view>(*metadata)))
               .durable_rows;
  }
  check(writer_->Close());
  return rows;
}

BareClient::BareClient(int port)
    : client_(flight_value(flight::FlightClient::Connect(
          flight_value(flight::Location::ForGrpcTcp("127.0.0.1", port))))) {}

BareClient::~BareClient() = default;

std::string BareClient::answer_text(std::string_view action, const json& body) {
  flight::Action request;
  request.type = action;
  request.body = arrow::Buffer::FromString(core::dump(body));
  const auto results = flight_value(client_->DoAction(request));
  std::string text;
  while (const auto result = flight_value(results->Next())) text += result->body->ToString();
  return text;
}

json BareClient::act(std::string_view action, const json& body) {
  return value_or_throw(protocol::unwrap_answer(action, answer_text(action, body)));
}

protocol::QueryAnswer BareClient::query(const json& body) {
  return value_or_throw(
      protocol::QueryAnswer::from_envelope(answer_text(protocol::action::kQuery, body)));
}

BareClient::Recording BareClient::begin(const std::string& sequence) {
  act(protocol::action::kSequenceCreate, protocol::SequenceCreate{.sequence = sequence}.to_json());
  const auto session = value_or_throw(protocol::SessionCreated::from_json(
      act(protocol::action::kSessionCreate, {{"locator", sequence}})));
  return {.session_uuid = session.uuid, .sequence = sequence};
}

BareUpload BareClient::upload(const Recording& recording, const std::string& topic,
                              const std::string& ontology_tag,
                              const std::shared_ptr<arrow::Schema>& schema) {
  const core::Locator locator{.sequence = recording.sequence, .topic = topic};
  const protocol::TopicCreate request{
      .session_uuid = recording.session_uuid, .locator = locator, .ontology_tag = ontology_tag};
  const auto created = value_or_throw(
      protocol::TopicCreated::from_json(act(protocol::action::kTopicCreate, request.to_json())));
  return put(
      protocol::PutDescriptor{.topic = locator, .topic_uuid = created.uuid, .ack = true}.to_text(),
      schema);
}

void BareClient::finalize(const Recording& recording) {
  act(protocol::action::kSessionFinalize,
      protocol::SessionFinalize{.session_uuid = recording.session_uuid}.to_json());
}

BareUpload BareClient::put(const std::string& command,
                           const std::shared_ptr<arrow::Schema>& schema) {
  auto stream = flight_value(client_->DoPut(flight::FlightDescriptor::Command(command), schema));
  return {std::move(stream.writer), std::move(stream.reader)};
}

std::string BareClient::ticket(const std::string& sequence, const std::string& topic,
                               const protocol::Window& window) {
  const protocol::ReadDescriptor descriptor{.locator = {.sequence = sequence, .topic = topic},
                                            .window = window};
  const auto info =
      flight_value(client_->GetFlightInfo(flight::FlightDescriptor::Command(descriptor.to_text())));
  return info->endpoints().at(0).ticket.ticket;
}

BareClient::Drained BareClient::drain(const std::string& ticket) {
  const Stopwatch stopwatch;
  const auto stream = flight_value(client_->DoGet(flight::Ticket{ticket}));
  Drained drained;
  while (true) {
    const auto chunk = flight_value(stream->Next());
    if (chunk.data == nullptr) return drained;
    if (drained.rows == 0) drained.first_batch_s = stopwatch.seconds();
    drained.rows += chunk.data->num_rows();
    drained.bytes += arrow::util::TotalBufferSize(*chunk.data);
  }
}

std::vector<std::shared_ptr<arrow::RecordBatch>> BareClient::read(const std::string& ticket,
                                                                  std::int64_t bytes_max) {
  const auto stream = flight_value(client_->DoGet(flight::Ticket{ticket}));
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::int64_t bytes = 0;
  while (bytes < bytes_max) {
    auto chunk = flight_value(stream->Next());
    if (chunk.data == nullptr) return batches;
    bytes += arrow::util::TotalBufferSize(*chunk.data);
    batches.push_back(std::move(chunk.data));
  }
  stream->Cancel();
  return batches;
}

}  // namespace mosaico::bench
