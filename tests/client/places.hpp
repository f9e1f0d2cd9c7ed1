#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "mosaico/mosaico.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {

// Somewhere to record: a directory in this process, or a server over one.
class Place {
 public:
  virtual ~Place() = default;
  virtual MosaicoClient client(const ClientConfig& config = {}) = 0;
};

std::unique_ptr<Place> make_embedded_place(const std::filesystem::path& directory);
std::unique_ptr<Place> make_server_place(const std::filesystem::path& directory);

struct PlaceKind {
  const char* name;
  std::unique_ptr<Place> (*make)(const std::filesystem::path& directory);
};
inline std::ostream& operator<<(std::ostream& out, const PlaceKind& kind) {
  return out << kind.name;
}

// What every transport must do alike. Suites derive from it and end with MOSAICO_EVERY_PLACE.
class ConformanceTest : public testing::TestWithParam<PlaceKind> {
 protected:
  TemporaryDirectory directory_;
  std::unique_ptr<Place> place_ = GetParam().make(directory_.path() / "store");
  MosaicoClient client_ = place_->client();
};

#define MOSAICO_EVERY_PLACE(Suite)                                \
  INSTANTIATE_TEST_SUITE_P(                                       \
      Every, Suite,                                               \
      testing::Values(PlaceKind{"embedded", make_embedded_place}, \
                      PlaceKind{"flight", make_server_place}),    \
      [](const testing::TestParamInfo<PlaceKind>& kind) { return std::string(kind.param.name); })

// Runs `call` and tells the kind of the error it throws.
template <typename Call>
std::optional<ErrorKind> thrown_kind(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

// An IMU whose values tell its number.
inline IMU imu_number(double i) {
  return IMU{.acceleration = {.x = i, .y = i + 0.25, .z = 9.81},
             .angular_velocity = {.x = -i, .y = 0, .z = i * 0.5}};
}

}  // namespace mosaico
