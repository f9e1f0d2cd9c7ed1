#include "protocol/flight_status.hpp"

#include <arrow/flight/types.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace mosaico::protocol {

using arrow::flight::FlightStatusCode;
using arrow::flight::FlightStatusDetail;
using arrow::flight::MakeFlightError;
using core::Status;

namespace {

constexpr std::string_view kFailedPrecondition = "FAILED_PRECONDITION";
constexpr std::string_view kAborted = "ABORTED";

// The text travels in HTTP/2 trailers, twice and percent-encoded, and gRPC drops a response whose
// trailers pass 8 KiB.
constexpr size_t kTextBytesMax = 1024;

// Kinds that have no Flight code of their own: their name is the extra info.
constexpr std::array<ErrorKind, 5> kNamedKinds = {ErrorKind::LimitExceeded, ErrorKind::Unavailable,
                                                  ErrorKind::Io, ErrorKind::Corrupt,
                                                  ErrorKind::Internal};

std::string short_text(std::string text) {
  if (text.size() <= kTextBytesMax) return text;
  size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

// A Flight client appends what it knows of the connection to the server's text.
std::string without_client_context(const std::string& text) {
  size_t end = text.size();
  for (const std::string_view mark :
       {". gRPC client debug context:", ". Client context:", ". Detail:"}) {
    end = std::min(end, text.find(mark));
  }
  return text.substr(0, end);
}

ErrorKind kind_of_code(FlightStatusCode code) {
  switch (code) {
    case FlightStatusCode::Cancelled:
      return ErrorKind::Cancelled;
    case FlightStatusCode::Unauthenticated:
      return ErrorKind::Unauthenticated;
    case FlightStatusCode::Unauthorized:
      return ErrorKind::PermissionDenied;
    case FlightStatusCode::Unavailable:
    case FlightStatusCode::TimedOut:
      return ErrorKind::Unavailable;
    case FlightStatusCode::Internal:
    case FlightStatusCode::Failed:
      break;
  }
  return ErrorKind::Internal;
}

ErrorKind kind_of_detail(const FlightStatusDetail& detail) {
  const std::string extra_info = detail.extra_info();
  if (extra_info == kFailedPrecondition) return ErrorKind::Locked;
  if (extra_info == kAborted) return ErrorKind::Invalid;
  for (const ErrorKind kind : kNamedKinds) {
    if (extra_info == error_kind_name(kind)) return kind;
  }
  return kind_of_code(detail.code());
}

}  // namespace

Status aborted(std::string text) {
  return MakeFlightError(FlightStatusCode::Failed, short_text(std::move(text)),
                         std::string(kAborted));
}

Status to_flight(const Status& status) {
  if (status.ok() || FlightStatusDetail::UnwrapStatus(status) != nullptr) return status;
  const ErrorKind kind = core::kind_of(status);
  std::string text = short_text(status.message());
  const auto named = [&](FlightStatusCode code) {
    return MakeFlightError(code, std::move(text), std::string(error_kind_name(kind)));
  };
  switch (kind) {
    case ErrorKind::Invalid:
      return Status::Invalid(text);
    case ErrorKind::NotFound:
      return Status::KeyError(text);
    case ErrorKind::AlreadyExists:
      return Status::AlreadyExists(text);
    case ErrorKind::Unsupported:
      return Status::NotImplemented(text);
    case ErrorKind::Locked:
      return MakeFlightError(FlightStatusCode::Failed, std::move(text),
                             std::string(kFailedPrecondition));
    case ErrorKind::Unauthenticated:
      return MakeFlightError(FlightStatusCode::Unauthenticated, std::move(text));
    case ErrorKind::PermissionDenied:
      return MakeFlightError(FlightStatusCode::Unauthorized, std::move(text));
    case ErrorKind::Cancelled:
      return MakeFlightError(FlightStatusCode::Cancelled, std::move(text));
    case ErrorKind::Unavailable:
      return named(FlightStatusCode::Unavailable);
    case ErrorKind::LimitExceeded:
    case ErrorKind::Io:
    case ErrorKind::Corrupt:
      return named(FlightStatusCode::Failed);
    case ErrorKind::Internal:
      break;
  }
  return named(FlightStatusCode::Internal);
}

Status from_flight(const Status& status) {
  if (status.ok()) return status;
  const std::string text = without_client_context(status.message());
  if (const auto detail = FlightStatusDetail::UnwrapStatus(status)) {
    return core::make_error(kind_of_detail(*detail), text);
  }
  // A server of ours names Io in the extra info; without it, the stream itself broke.
  if (status.IsIOError()) return core::make_error(ErrorKind::Unavailable, text);
  return core::make_error(core::kind_of(status), text);
}

}  // namespace mosaico::protocol
