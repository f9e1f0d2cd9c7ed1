#pragma once

#include <string>

#include "core/error.hpp"
#include "core/names.hpp"

// The values that the tests of messages share.
namespace mosaico::protocol {

inline constexpr const char* kUuid = "0b6f7d1e-2c3a-4f5b-8a9d-0e1f2a3b4c5d";
inline constexpr const char* kOtherUuid = "9c8b7a6f-5e4d-4c3b-a291-807f6e5d4c3b";
inline constexpr const char* kSessionText = "run1:01ARZ3NDEKTSV4RRFFQ69G5FAV";

inline core::Locator locator(const std::string& text) {
  return core::value_or_throw(core::Locator::parse(text));
}

}  // namespace mosaico::protocol
