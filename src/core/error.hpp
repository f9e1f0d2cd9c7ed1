#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <sstream>
#include <string>
#include <utility>

#include "mosaico/error.hpp"

namespace mosaico::core {

using arrow::Result;
using arrow::Status;

// Inside the library an error is an arrow::Status whose detail carries our ErrorKind.
Status make_error(ErrorKind kind, std::string text);

template <typename... Parts>
Status error(ErrorKind kind, Parts&&... parts) {
  std::ostringstream text;
  (text << ... << std::forward<Parts>(parts));
  return make_error(kind, std::move(text).str());
}

// The kind of any Status: ours by its detail, Arrow's own by its code. `status` must not be OK.
ErrorKind kind_of(const Status& status);

inline bool is_kind(const Status& status, ErrorKind kind) {
  return !status.ok() && kind_of(status) == kind;
}

// The same kind with "context: " before the text.
Status with_context(const Status& status, const std::string& context);

// Throws the public exception of a Status that is not OK. The only place where a Status becomes an
// exception.
void throw_if_error(const Status& status);

template <typename T>
T value_or_throw(Result<T> result) {
  throw_if_error(result.status());
  return std::move(result).ValueUnsafe();
}

// The Status of a public exception caught at a rim (a user callback, JSON).
Status status_of(const Error& error);

}  // namespace mosaico::core
