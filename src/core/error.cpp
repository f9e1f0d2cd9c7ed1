#include "core/error.hpp"

#include <array>
#include <memory>

namespace mosaico {

namespace {

constexpr std::array<std::string_view, 13> kKindNames = {
    "Invalid",         "NotFound",         "AlreadyExists", "Locked",      "Unavailable",
    "Unauthenticated", "PermissionDenied", "LimitExceeded", "Unsupported", "Io",
    "Cancelled",       "Corrupt",          "Internal"};

}  // namespace

std::string_view error_kind_name(ErrorKind kind) noexcept {
  return kKindNames[static_cast<size_t>(kind)];
}

void throw_error(ErrorKind kind, const std::string& text) {
  switch (kind) {
    case ErrorKind::Invalid:
      throw InvalidError(text);
    case ErrorKind::NotFound:
      throw NotFoundError(text);
    case ErrorKind::AlreadyExists:
      throw AlreadyExistsError(text);
    case ErrorKind::Locked:
      throw LockedError(text);
    case ErrorKind::Unavailable:
      throw UnavailableError(text);
    case ErrorKind::Unauthenticated:
      throw UnauthenticatedError(text);
    case ErrorKind::PermissionDenied:
      throw PermissionDeniedError(text);
    case ErrorKind::LimitExceeded:
      throw LimitExceededError(text);
    case ErrorKind::Unsupported:
      throw UnsupportedError(text);
    case ErrorKind::Io:
      throw IoError(text);
    case ErrorKind::Cancelled:
      throw CancelledError(text);
    case ErrorKind::Corrupt:
      throw CorruptError(text);
    case ErrorKind::Internal:
      break;
  }
  throw InternalError(text);
}

namespace core {

namespace {

constexpr const char* kDetailId = "mosaico::core::KindDetail";

class KindDetail : public arrow::StatusDetail {
 public:
  explicit KindDetail(ErrorKind kind) : kind_(kind) {}

  const char* type_id() const override { return kDetailId; }
  std::string ToString() const override { return std::string(error_kind_name(kind_)); }
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// The closest code of Arrow, so that code which knows only Arrow still does something sensible.
arrow::StatusCode arrow_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Invalid:
    case ErrorKind::Corrupt:
      return arrow::StatusCode::Invalid;
    case ErrorKind::NotFound:
      return arrow::StatusCode::KeyError;
    case ErrorKind::AlreadyExists:
      return arrow::StatusCode::AlreadyExists;
    case ErrorKind::LimitExceeded:
      return arrow::StatusCode::CapacityError;
    case ErrorKind::Unsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorKind::Cancelled:
      return arrow::StatusCode::Cancelled;
    case ErrorKind::Io:
    case ErrorKind::Unavailable:
      return arrow::StatusCode::IOError;
    default:
      return arrow::StatusCode::UnknownError;
  }
}

}  // namespace

Status make_error(ErrorKind kind, std::string text) {
  return Status(arrow_code(kind), std::move(text), std::make_shared<KindDetail>(kind));
}

ErrorKind kind_of(const Status& status) {
  const auto& detail = status.detail();
  if (detail != nullptr && detail->type_id() == kDetailId) {
    return static_cast<const KindDetail&>(*detail).kind();
  }
  switch (status.code()) {
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::IndexError:
      return ErrorKind::Invalid;
    case arrow::StatusCode::KeyError:
      return ErrorKind::NotFound;
    case arrow::StatusCode::AlreadyExists:
      return ErrorKind::AlreadyExists;
    case arrow::StatusCode::IOError:
      return ErrorKind::Io;
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return ErrorKind::LimitExceeded;
    case arrow::StatusCode::NotImplemented:
      return ErrorKind::Unsupported;
    case arrow::StatusCode::Cancelled:
      return ErrorKind::Cancelled;
    case arrow::StatusCode::SerializationError:
      return ErrorKind::Corrupt;
    default:
      return ErrorKind::Internal;
  }
}

Status with_context(const Status& status, const std::string& context) {
  if (status.ok()) return status;
  return make_error(kind_of(status), context + ": " + status.message());
}

void throw_if_error(const Status& status) {
  if (!status.ok()) throw_error(kind_of(status), status.message());
}

Status status_of(const Error& error) { return make_error(error.code(), error.what()); }

}  // namespace core
}  // namespace mosaico
