#pragma once

#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "core/error.hpp"

namespace mosaico::server {

// Ends a call: logs what an operator must know of and gives back the Status that Flight sends.
core::Status end_call(std::string_view rpc, const core::Status& status);

// Runs `body`, which gives a Status; an exception becomes Internal.
template <typename Body>
core::Status catch_all(Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return core::error(ErrorKind::LimitExceeded, "the server is out of memory");
  } catch (const std::exception& exception) {
    return core::error(ErrorKind::Internal, "unexpected exception: ", exception.what());
  } catch (...) {
    return core::error(ErrorKind::Internal, "unexpected exception of an unknown type");
  }
}

// The frame of every handler, so that no exception reaches Flight and each error is worded for it.
template <typename Body>
core::Status handle(std::string_view rpc, Body&& body) noexcept {
  return end_call(rpc, catch_all(std::forward<Body>(body)));
}

}  // namespace mosaico::server
