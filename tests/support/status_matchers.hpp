#pragma once

#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace mosaico {

inline const core::Status& status_in(const core::Status& status) { return status; }
template <typename T>
const core::Status& status_in(const core::Result<T>& result) {
  return result.status();
}

// EXPECT_THAT(store->remove("a"), IsOk()), for a Status or a Result.
MATCHER(IsOk, "is OK") {
  const core::Status& status = status_in(arg);
  if (!status.ok()) *result_listener << status.ToString();
  return status.ok();
}

// EXPECT_THAT(store->open("a"), FailsAs(ErrorKind::NotFound)).
MATCHER_P(FailsAs, kind, "fails as " + std::string(error_kind_name(kind))) {
  const core::Status& status = status_in(arg);
  if (!status.ok()) {
    *result_listener << error_kind_name(core::kind_of(status)) << ": " << status.message();
  }
  return core::is_kind(status, kind);
}

}  // namespace mosaico

// Assigns the value of a Result, or fails the test and leaves it.
#define MOSAICO_TEST_CONCAT(a, b) a##b
#define MOSAICO_TEST_NAME(a, b) MOSAICO_TEST_CONCAT(a, b)
#define ASSERT_OK_AND_ASSIGN(lhs, ...)                                  \
  auto MOSAICO_TEST_NAME(result_, __LINE__) = (__VA_ARGS__);            \
  ASSERT_THAT(MOSAICO_TEST_NAME(result_, __LINE__), ::mosaico::IsOk()); \
  lhs = std::move(MOSAICO_TEST_NAME(result_, __LINE__)).ValueUnsafe()
