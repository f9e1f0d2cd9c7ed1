#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/ontology/time.hpp"

// The members that many types share. They are repeated in each struct, because members of a base
// class cannot be named in `IMU{.header = …}`; only their entries in the field lists live here.
namespace mosaico::detail {

template <typename T>
constexpr auto header_field() {
  return MOSAICO_FIELD(T, header, "When and in which frame the sample was measured.");
}

/// describe() for a type that begins with a header.
template <typename T, typename... Fields>
constexpr auto describe_with_header(const char* tag, const char* meaning, Fields... fields) {
  return describe<T>(tag, meaning, SerializationFormat::Default, header_field<T>(), fields...);
}

/// describe() for a type that begins with a header and a covariance.
template <typename T, typename... Fields>
constexpr auto describe_with_covariance(const char* tag, const char* meaning, Fields... fields) {
  return describe_with_header<T>(
      tag, meaning, MOSAICO_FIELD(T, covariance, "Covariance matrix of the values, row by row."),
      MOSAICO_FIELD(T, covariance_type,
                    "How the covariance is parameterised; a code of the writer's choice."),
      fields...);
}

/// describe() for a type that begins with a variance and a header.
template <typename T, typename... Fields>
constexpr auto describe_with_variance(const char* tag, const char* meaning, Fields... fields) {
  return describe<T>(
      tag, meaning, SerializationFormat::Default,
      MOSAICO_NULLABLE_FIELD(T, variance, "Variance of the value."),
      MOSAICO_FIELD(T, variance_type,
                    "How the variance is parameterised; a code of the writer's choice."),
      header_field<T>(), fields...);
}

template <std::size_t kSize>
constexpr std::array<double, kSize> unset_array() {
  std::array<double, kSize> values{};
  for (double& value : values) value = kUnset;
  return values;
}

}  // namespace mosaico::detail
