#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/ontology.hpp"

namespace mosaico::peers {

// A user's own type. exchange_test.py declares the same one for Python.
struct MotorReading {
  double value = kUnset;
  std::optional<double> variance = {};
  std::string label = {};
  std::optional<bool> healthy = {};
  std::vector<std::int64_t> counts = {};
  std::vector<std::string> notes = {};
  Bytes raw = {};
  Vector3d position = {};
  std::optional<Vector3d> speed = {};
};

MOSAICO_ONTOLOGY(MotorReading, "MotorReading", value, variance, label, healthy, counts, notes, raw,
                 position, speed)

}  // namespace mosaico::peers
