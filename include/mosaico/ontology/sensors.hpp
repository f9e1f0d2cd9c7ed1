#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/ontology/geometry.hpp"
#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// An inertial measurement in the frame of the sensor.
struct IMU {
  std::optional<Header> header = std::nullopt;
  Vector3d acceleration = {};                            ///< m/s², gravity included.
  Vector3d angular_velocity = {};                        ///< rad/s.
  std::optional<Quaternion> orientation = std::nullopt;  ///< The attitude, where it is estimated.
};

constexpr auto mosaico_ontology(const IMU*) {
  using T = IMU;
  return detail::describe_with_header<T>(
      "IMU", "Inertial measurement: acceleration, angular velocity and attitude.",
      MOSAICO_FIELD(T, acceleration, "Linear acceleration in m/s^2."),
      MOSAICO_FIELD(T, angular_velocity, "Angular velocity in rad/s."),
      MOSAICO_FIELD(T, orientation, "Estimated attitude as a unit quaternion."));
}

/// The magnetic field in the frame of the sensor.
struct Magnetometer {
  std::optional<Header> header = std::nullopt;
  Vector3d magnetic_field = {};  ///< Microtesla.
};

constexpr auto mosaico_ontology(const Magnetometer*) {
  return detail::describe_with_header<Magnetometer>(
      "Magnetometer", "Magnetic field.",
      MOSAICO_FIELD(Magnetometer, magnetic_field, "Magnetic field in microtesla."));
}

/// The absolute pressure of a gas or a liquid.
struct Pressure {
  double variance = kUnset;
  std::optional<std::int16_t> variance_type = std::nullopt;
  std::optional<Header> header = std::nullopt;
  double value = kUnset;  ///< Pascal.

  static constexpr double kPascalPerBar = 100'000.0;
  static constexpr double kPascalPerAtm = 101'325.0;
  static constexpr double kPascalPerPsi = 6894.757293168;

  static Pressure from_bar(double bar) { return Pressure{.value = bar * kPascalPerBar}; }
  static Pressure from_atm(double atm) { return Pressure{.value = atm * kPascalPerAtm}; }
  static Pressure from_psi(double psi) { return Pressure{.value = psi * kPascalPerPsi}; }
  double to_bar() const noexcept { return value / kPascalPerBar; }
  double to_atm() const noexcept { return value / kPascalPerAtm; }
  double to_psi() const noexcept { return value / kPascalPerPsi; }
};

constexpr auto mosaico_ontology(const Pressure*) {
  return detail::describe_with_variance<Pressure>(
      "Pressure", "Absolute pressure.", MOSAICO_FIELD(Pressure, value, "Absolute pressure in Pa."));
}

/// The temperature of a part or of the air.
struct Temperature {
  double variance = kUnset;
  std::optional<std::int16_t> variance_type = std::nullopt;
  std::optional<Header> header = std::nullopt;
  double value = kUnset;  ///< Kelvin.

  static constexpr double kKelvinAtZeroCelsius = 273.15;

  static Temperature from_celsius(double celsius) {
    return Temperature{.value = celsius + kKelvinAtZeroCelsius};
  }
  static Temperature from_fahrenheit(double fahrenheit) {
    return from_celsius((fahrenheit - 32.0) / 1.8);
  }
  double to_celsius() const noexcept { return value - kKelvinAtZeroCelsius; }
  double to_fahrenheit() const noexcept { return to_celsius() * 1.8 + 32.0; }
};

constexpr auto mosaico_ontology(const Temperature*) {
  return detail::describe_with_variance<Temperature>(
      "Temperature", "Temperature.", MOSAICO_FIELD(Temperature, value, "Temperature in K."));
}

/// One distance from a sensor with a cone of view, such as ultrasound.
struct Range {
  double variance = kUnset;
  std::optional<std::int16_t> variance_type = std::nullopt;
  std::optional<Header> header = std::nullopt;
  std::uint8_t radiation_type = kUltrasound;
  float field_of_view = kUnsetFloat;  ///< Radians, the whole arc.
  float min_range = kUnsetFloat;      ///< Metres; equal to `max_range` for a fixed distance.
  float max_range = kUnsetFloat;      ///< Metres.
  float range = kUnsetFloat;          ///< Metres; valid between `min_range` and `max_range`.

  static constexpr std::uint8_t kUltrasound = 0;
  static constexpr std::uint8_t kInfrared = 1;
};

constexpr auto mosaico_ontology(const Range*) {
  using T = Range;
  return detail::describe_with_variance<T>(
      "Range", "One distance from a sensor with a cone of view.",
      MOSAICO_FIELD(T, radiation_type, "0 ultrasound, 1 infrared."),
      MOSAICO_FIELD(T, field_of_view, "Arc in which the distance is valid, in rad."),
      MOSAICO_FIELD(T, min_range, "Least valid distance in m."),
      MOSAICO_FIELD(T, max_range, "Largest valid distance in m."),
      MOSAICO_FIELD(T, range, "Measured distance in m."));
}

/// A battery. The three codes are those of ROS's sensor_msgs/BatteryState.
struct BatteryState {
  std::optional<Header> header = std::nullopt;
  float voltage = kUnsetFloat;          ///< V.
  float temperature = kUnsetFloat;      ///< Degrees Celsius.
  float current = kUnsetFloat;          ///< A; negative while discharging.
  float charge = kUnsetFloat;           ///< Ah.
  float capacity = kUnsetFloat;         ///< Ah, as last charged in full.
  float design_capacity = kUnsetFloat;  ///< Ah.
  float percentage = kUnsetFloat;       ///< Percent of the capacity.
  std::uint8_t power_supply_status = kStatusUnknown;
  std::uint8_t power_supply_health = kHealthUnknown;
  std::uint8_t power_supply_technology = kTechnologyUnknown;
  bool present = false;
  std::string location = {};
  std::string serial_number = {};
  std::optional<std::vector<float>> cell_voltage = std::nullopt;      ///< V, one a cell.
  std::optional<std::vector<float>> cell_temperature = std::nullopt;  ///< Degrees Celsius.

  static constexpr std::uint8_t kStatusUnknown = 0;
  static constexpr std::uint8_t kStatusCharging = 1;
  static constexpr std::uint8_t kStatusDischarging = 2;
  static constexpr std::uint8_t kStatusNotCharging = 3;
  static constexpr std::uint8_t kStatusFull = 4;
  static constexpr std::uint8_t kHealthUnknown = 0;
  static constexpr std::uint8_t kHealthGood = 1;
  static constexpr std::uint8_t kHealthOverheat = 2;
  static constexpr std::uint8_t kHealthDead = 3;
  static constexpr std::uint8_t kHealthOvervoltage = 4;
  static constexpr std::uint8_t kHealthUnspecifiedFailure = 5;
  static constexpr std::uint8_t kHealthCold = 6;
  static constexpr std::uint8_t kTechnologyUnknown = 0;
  static constexpr std::uint8_t kTechnologyNiMh = 1;
  static constexpr std::uint8_t kTechnologyLiIon = 2;
  static constexpr std::uint8_t kTechnologyLiPo = 3;
  static constexpr std::uint8_t kTechnologyLiFe = 4;
  static constexpr std::uint8_t kTechnologyNiCd = 5;
  static constexpr std::uint8_t kTechnologyLiMn = 6;
};

constexpr auto mosaico_ontology(const BatteryState*) {
  using T = BatteryState;
  return detail::describe_with_header<T>(
      "BatteryState", "State of a battery.", MOSAICO_FIELD(T, voltage, "Voltage in V."),
      MOSAICO_NULLABLE_FIELD(T, temperature, "Temperature in degrees Celsius."),
      MOSAICO_NULLABLE_FIELD(T, current, "Current in A, negative while discharging."),
      MOSAICO_NULLABLE_FIELD(T, charge, "Charge now, in Ah."),
      MOSAICO_NULLABLE_FIELD(T, capacity, "Charge when last full, in Ah."),
      MOSAICO_NULLABLE_FIELD(T, design_capacity, "Charge when new and full, in Ah."),
      MOSAICO_FIELD(T, percentage, "Charge in percent of the capacity."),
      MOSAICO_FIELD(T, power_supply_status,
                    "0 unknown, 1 charging, 2 discharging, 3 not charging, 4 full."),
      MOSAICO_FIELD(T, power_supply_health,
                    "0 unknown, 1 good, 2 overheated, 3 dead, 4 overvoltage, 5 failed, 6 cold."),
      MOSAICO_FIELD(T, power_supply_technology,
                    "0 unknown, 1 NiMH, 2 Li-ion, 3 LiPo, 4 LiFe, 5 NiCd, 6 LiMn."),
      MOSAICO_FIELD(T, present, "Whether the battery is there."),
      MOSAICO_FIELD(T, location, "Where it sits, e.g. its slot."),
      MOSAICO_FIELD(T, serial_number, "Serial number."),
      MOSAICO_FIELD(T, cell_voltage, "Voltage of each cell in V."),
      MOSAICO_FIELD(T, cell_temperature, "Temperature of each cell in degrees Celsius."));
}

}  // namespace mosaico
