#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace mosaico {

/// What went wrong, in the terms a caller can act on. Compare kinds, never texts.
enum class ErrorKind {
  Invalid,           ///< The request or the data is malformed. Fix it; trying again does not help.
  NotFound,          ///< No such sequence, topic or session.
  AlreadyExists,     ///< The name is taken.
  Locked,            ///< The state forbids it: finalized, uploading, or protected from deletion.
  Unavailable,       ///< The server cannot be reached or is stopping. Trying again may help.
  Unauthenticated,   ///< No valid API key.
  PermissionDenied,  ///< The API key lacks the right.
  LimitExceeded,     ///< A limit was passed; the text names it.
  Unsupported,       ///< Not offered by this server or this build.
  Io,                ///< A disk, file system or database failed.
  Cancelled,         ///< The peer or the user broke off.
  Corrupt,           ///< Stored bytes do not match their checksum or their schema.
  Internal,          ///< A defect in this library.
};

/// The name of a kind as it is written in texts and on the wire, e.g. "NotFound".
std::string_view error_kind_name(ErrorKind kind) noexcept;

/// The one exception of the SDK. Each kind has a class of its own below, so that both
/// `catch (const NotFoundError&)` and `error.code()` work.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind code, const std::string& text) : std::runtime_error(text), code_(code) {}

  ErrorKind code() const noexcept { return code_; }

 private:
  ErrorKind code_;
};

/// An error of one fixed kind.
template <ErrorKind kKind>
class ErrorOf : public Error {
 public:
  explicit ErrorOf(const std::string& text) : Error(kKind, text) {}
};

using InvalidError = ErrorOf<ErrorKind::Invalid>;
using NotFoundError = ErrorOf<ErrorKind::NotFound>;
using AlreadyExistsError = ErrorOf<ErrorKind::AlreadyExists>;
using LockedError = ErrorOf<ErrorKind::Locked>;
using UnavailableError = ErrorOf<ErrorKind::Unavailable>;
using UnauthenticatedError = ErrorOf<ErrorKind::Unauthenticated>;
using PermissionDeniedError = ErrorOf<ErrorKind::PermissionDenied>;
using LimitExceededError = ErrorOf<ErrorKind::LimitExceeded>;
using UnsupportedError = ErrorOf<ErrorKind::Unsupported>;
using IoError = ErrorOf<ErrorKind::Io>;
using CancelledError = ErrorOf<ErrorKind::Cancelled>;
using CorruptError = ErrorOf<ErrorKind::Corrupt>;
using InternalError = ErrorOf<ErrorKind::Internal>;

/// Throws the class of `kind`.
[[noreturn]] void throw_error(ErrorKind kind, const std::string& text);

}  // namespace mosaico
