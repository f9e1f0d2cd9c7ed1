#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mosaico/ontology/geometry.hpp"
#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// How good a satellite fix is. The codes are those of the receiver; ROS's are named below.
struct GPSStatus {
  std::int8_t status = kNoFix;  ///< Kind of fix.
  std::uint16_t service = 0;    ///< Constellations in use, a bit each.
  std::optional<std::int8_t> satellites = std::nullopt;
  double hdop = kUnset;  ///< Horizontal dilution of precision.
  double vdop = kUnset;  ///< Vertical dilution of precision.

  static constexpr std::int8_t kNoFix = -1;
  static constexpr std::int8_t kFix = 0;
  static constexpr std::int8_t kSatelliteAugmentedFix = 1;
  static constexpr std::int8_t kGroundAugmentedFix = 2;
  static constexpr std::uint16_t kServiceGps = 1;
  static constexpr std::uint16_t kServiceGlonass = 2;
  static constexpr std::uint16_t kServiceCompass = 4;
  static constexpr std::uint16_t kServiceGalileo = 8;
};

constexpr auto mosaico_ontology(const GPSStatus*) {
  using T = GPSStatus;
  return describe<T>("GPSStatus", "Quality of a satellite fix.", SerializationFormat::Default,
                     MOSAICO_FIELD(T, status, "Kind of fix; -1 none in the codes of ROS."),
                     MOSAICO_FIELD(T, service, "Bit mask of the constellations in use."),
                     MOSAICO_FIELD(T, satellites, "Number of satellites in use or in view."),
                     MOSAICO_NULLABLE_FIELD(T, hdop, "Horizontal dilution of precision."),
                     MOSAICO_NULLABLE_FIELD(T, vdop, "Vertical dilution of precision."));
}

/// A satellite fix.
struct GPS {
  std::optional<Header> header = std::nullopt;
  /// WGS 84: x latitude in degrees, y longitude in degrees, z altitude in metres.
  Point3d position = {};
  std::optional<Vector3d> velocity = std::nullopt;  ///< North, east, up in m/s.
  std::optional<GPSStatus> status = std::nullopt;
};

constexpr auto mosaico_ontology(const GPS*) {
  using T = GPS;
  return detail::describe_with_header<T>(
      "GPS", "Satellite fix: position, velocity and quality.",
      MOSAICO_FIELD(T, position,
                    "WGS 84: x latitude in degrees, y longitude in degrees, z altitude in m."),
      MOSAICO_FIELD(T, velocity, "Velocity north, east and up in m/s."),
      MOSAICO_FIELD(T, status, "Quality of the fix."));
}

/// One line of a receiver's NMEA 0183 output, as it came.
struct NMEASentence {
  std::optional<Header> header = std::nullopt;
  std::string sentence = {};
};

constexpr auto mosaico_ontology(const NMEASentence*) {
  return detail::describe_with_header<NMEASentence>(
      "NMEASentence", "One raw NMEA line.",
      MOSAICO_FIELD(NMEASentence, sentence, "The line in ASCII, as received."));
}

}  // namespace mosaico
