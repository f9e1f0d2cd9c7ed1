#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// One sweep of a planar laser, in the frame of the header; angles count around its z axis.
struct LaserScan {
  std::optional<Header> header = std::nullopt;
  float angle_min = kUnsetFloat;        ///< rad.
  float angle_max = kUnsetFloat;        ///< rad.
  float angle_increment = kUnsetFloat;  ///< rad from beam to beam.
  float time_increment = kUnsetFloat;   ///< s from beam to beam.
  float scan_time = kUnsetFloat;        ///< s from scan to scan.
  float range_min = kUnsetFloat;        ///< m.
  float range_max = kUnsetFloat;        ///< m.
  std::vector<float> ranges = {};  ///< m; a distance outside [range_min, range_max] is invalid.
  std::optional<std::vector<float>> intensities = std::nullopt;  ///< In units of the device.
};

constexpr auto mosaico_ontology(const LaserScan*) {
  using T = LaserScan;
  return detail::describe_with_header<T>(
      "LaserScan", "One sweep of a planar laser.",
      MOSAICO_FIELD(T, angle_min, "Angle of the first beam in rad."),
      MOSAICO_FIELD(T, angle_max, "Angle of the last beam in rad."),
      MOSAICO_FIELD(T, angle_increment, "Angle from beam to beam in rad."),
      MOSAICO_FIELD(T, time_increment, "Time from beam to beam in s."),
      MOSAICO_FIELD(T, scan_time, "Time from scan to scan in s."),
      MOSAICO_FIELD(T, range_min, "Least valid distance in m."),
      MOSAICO_FIELD(T, range_max, "Largest valid distance in m."),
      MOSAICO_FIELD(T, ranges, "Distance of each beam in m."),
      MOSAICO_FIELD(T, intensities, "Intensity of each beam."));
}

/// One sweep of a planar laser that reports several echoes a beam: one list a beam.
struct MultiEchoLaserScan {
  std::optional<Header> header = std::nullopt;
  float angle_min = kUnsetFloat;        ///< rad.
  float angle_max = kUnsetFloat;        ///< rad.
  float angle_increment = kUnsetFloat;  ///< rad from beam to beam.
  float time_increment = kUnsetFloat;   ///< s from beam to beam.
  float scan_time = kUnsetFloat;        ///< s from scan to scan.
  float range_min = kUnsetFloat;        ///< m.
  float range_max = kUnsetFloat;        ///< m.
  std::vector<std::vector<float>> ranges =
      {};  ///< m; a distance outside [range_min, range_max] is invalid.
  std::optional<std::vector<std::vector<float>>> intensities =
      std::nullopt;  ///< In units of the device.
};

constexpr auto mosaico_ontology(const MultiEchoLaserScan*) {
  using T = MultiEchoLaserScan;
  return detail::describe_with_header<T>(
      "MultiEchoLaserScan", "One sweep of a planar laser with several echoes a beam.",
      MOSAICO_FIELD(T, angle_min, "Angle of the first beam in rad."),
      MOSAICO_FIELD(T, angle_max, "Angle of the last beam in rad."),
      MOSAICO_FIELD(T, angle_increment, "Angle from beam to beam in rad."),
      MOSAICO_FIELD(T, time_increment, "Time from beam to beam in s."),
      MOSAICO_FIELD(T, scan_time, "Time from scan to scan in s."),
      MOSAICO_FIELD(T, range_min, "Least valid distance in m."),
      MOSAICO_FIELD(T, range_max, "Largest valid distance in m."),
      MOSAICO_FIELD(T, ranges, "Distances of the echoes of each beam in m."),
      MOSAICO_FIELD(T, intensities, "Intensities of the echoes of each beam."));
}

/// The point cloud of a lidar in the frame of the header: parallel arrays, one element a point.
/// Arrays that the sensor does not give stay unset.
struct Lidar {
  std::optional<Header> header = std::nullopt;
  std::vector<float> x = {};                                   ///< m.
  std::vector<float> y = {};                                   ///< m.
  std::vector<float> z = {};                                   ///< m.
  std::optional<std::vector<float>> intensity = std::nullopt;  ///< Strength of the return.
  std::optional<std::vector<std::uint16_t>> reflectivity = std::nullopt;  ///< Of the surface.
  std::optional<std::vector<std::uint16_t>> beam_id = std::nullopt;  ///< Ring, channel or line.
  std::optional<std::vector<float>> range = std::nullopt;            ///< m from the sensor.
  std::optional<std::vector<float>> near_ir = std::nullopt;          ///< Ambient light.
  std::optional<std::vector<float>> azimuth = std::nullopt;          ///< rad, horizontal.
  std::optional<std::vector<float>> elevation = std::nullopt;        ///< rad, vertical.
  std::optional<std::vector<std::uint8_t>> confidence = std::nullopt;
  std::optional<std::vector<std::uint8_t>> return_type = std::nullopt;  ///< Single, first, last, …
  std::optional<std::vector<double>> point_timestamp = std::nullopt;    ///< s since the scan began.
};

constexpr auto mosaico_ontology(const Lidar*) {
  using T = Lidar;
  return detail::describe_with_header<T>(
      "Lidar", "Point cloud of a lidar, one element a point.",
      MOSAICO_FIELD(T, x, "Coordinate x of each point in m."),
      MOSAICO_FIELD(T, y, "Coordinate y of each point in m."),
      MOSAICO_FIELD(T, z, "Coordinate z of each point in m."),
      MOSAICO_FIELD(T, intensity, "Strength of each return."),
      MOSAICO_FIELD(T, reflectivity, "Reflectivity of the surface at each point."),
      MOSAICO_FIELD(T, beam_id, "Laser beam (ring, channel, line) that fired each point."),
      MOSAICO_FIELD(T, range, "Distance of each point from the sensor in m."),
      MOSAICO_FIELD(T, near_ir, "Ambient near-infrared light at each point."),
      MOSAICO_FIELD(T, azimuth, "Horizontal angle of each point in rad."),
      MOSAICO_FIELD(T, elevation, "Vertical angle of each point in rad."),
      MOSAICO_FIELD(T, confidence, "Validity or confidence of each point."),
      MOSAICO_FIELD(T, return_type,
                    "Which return of the pulse each point is (single, first, last)."),
      MOSAICO_FIELD(T, point_timestamp, "Time of each point since the start of the scan in s."));
}

/// The detections of a radar in the frame of the header: parallel arrays, one element a detection.
/// Arrays that the sensor does not give stay unset.
struct Radar {
  std::optional<Header> header = std::nullopt;
  std::vector<float> x = {};                                          ///< m.
  std::vector<float> y = {};                                          ///< m.
  std::vector<float> z = {};                                          ///< m.
  std::optional<std::vector<float>> range = std::nullopt;             ///< m.
  std::optional<std::vector<float>> azimuth = std::nullopt;           ///< rad.
  std::optional<std::vector<float>> elevation = std::nullopt;         ///< rad.
  std::optional<std::vector<float>> rcs = std::nullopt;               ///< dBm.
  std::optional<std::vector<float>> snr = std::nullopt;               ///< dB.
  std::optional<std::vector<float>> doppler_velocity = std::nullopt;  ///< m/s.
  std::optional<std::vector<float>> vx = std::nullopt;                ///< m/s.
  std::optional<std::vector<float>> vy = std::nullopt;                ///< m/s.
  std::optional<std::vector<float>> vx_comp = std::nullopt;       ///< m/s, own motion taken out.
  std::optional<std::vector<float>> vy_comp = std::nullopt;       ///< m/s, own motion taken out.
  std::optional<std::vector<float>> ax = std::nullopt;            ///< m/s².
  std::optional<std::vector<float>> ay = std::nullopt;            ///< m/s².
  std::optional<std::vector<float>> radial_speed = std::nullopt;  ///< m/s.
};

constexpr auto mosaico_ontology(const Radar*) {
  using T = Radar;
  return detail::describe_with_header<T>(
      "Radar", "Detections of a radar, one element a detection.",
      MOSAICO_FIELD(T, x, "Coordinate x of each detection in m."),
      MOSAICO_FIELD(T, y, "Coordinate y of each detection in m."),
      MOSAICO_FIELD(T, z, "Coordinate z of each detection in m."),
      MOSAICO_FIELD(T, range, "Distance of each detection in m."),
      MOSAICO_FIELD(T, azimuth, "Horizontal angle in rad."),
      MOSAICO_FIELD(T, elevation, "Vertical angle in rad."),
      MOSAICO_FIELD(T, rcs, "Radar cross section in dBm."),
      MOSAICO_FIELD(T, snr, "Signal to noise ratio in dB."),
      MOSAICO_FIELD(T, doppler_velocity, "Velocity from the Doppler shift in m/s."),
      MOSAICO_FIELD(T, vx, "Velocity along x in m/s."),
      MOSAICO_FIELD(T, vy, "Velocity along y in m/s."),
      MOSAICO_FIELD(T, vx_comp, "Velocity along x without the motion of the sensor, in m/s."),
      MOSAICO_FIELD(T, vy_comp, "Velocity along y without the motion of the sensor, in m/s."),
      MOSAICO_FIELD(T, ax, "Acceleration along x in m/s^2."),
      MOSAICO_FIELD(T, ay, "Acceleration along y in m/s^2."),
      MOSAICO_FIELD(T, radial_speed, "Speed along the line of sight in m/s."));
}

}  // namespace mosaico
