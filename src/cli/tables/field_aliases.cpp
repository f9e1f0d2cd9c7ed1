#include "cli/tables/field_aliases.hpp"

#include <algorithm>
#include <cctype>
#include <numbers>
#include <numeric>
#include <utility>

namespace mosaico::cli {

namespace {

constexpr double kRadPerDegree = std::numbers::pi / 180;
constexpr double kStandardGravity = 9.80665;  // m/s², ISO 80000-3.
constexpr double kKelvinAtZeroCelsius = 273.15;

// Names of columns for a field. '%' in a name and in the path is each letter of `axes`, '#' its
// position from 0.
struct AliasRow {
  std::string_view tag;
  std::string_view path;
  std::string_view axes;
  std::string_view names;
  Scaling scaling = {};
};

constexpr AliasRow kAliases[] = {
    {"IMU", "acceleration.%", "xyz",
     "accel_% acc_% a% a_% accelerometer_% linear_acceleration_% accelerometer_m_s2_# accel_#"},
    {"IMU", "acceleration.%", "xyz", "acceleration_%_g accel_%_g acc_%_g", {kStandardGravity, 0}},
    {"IMU", "angular_velocity.%", "xyz",
     "gyro_% gyroscope_% g% w% omega_% angular_rate_% gyro_rad_# gyro_#"},
    {"IMU",
     "angular_velocity.%",
     "xyz",
     "angular_velocity_%_deg_s gyro_%_deg_s gyro_%_dps gyro_%_deg",
     {kRadPerDegree, 0}},
    {"IMU", "orientation.%", "xyzw", "quaternion_% quat_% q% q_%"},
    {"GPS", "position.x", "", "latitude latitude_deg lat lat_deg"},
    {"GPS", "position.y", "", "longitude longitude_deg lon lon_deg lng long"},
    {"GPS", "position.z", "", "altitude altitude_m alt alt_m height height_m"},
    {"GPS", "velocity.x", "", "velocity_north velocity_n vel_north vel_n v_north vel_n_m_s vn"},
    {"GPS", "velocity.y", "", "velocity_east velocity_e vel_east vel_e v_east vel_e_m_s ve"},
    {"GPS", "velocity.z", "", "velocity_up velocity_u vel_up vel_u v_up vel_u_m_s vu"},
    {"GPS",
     "velocity.z",
     "",
     "velocity_down velocity_d vel_down vel_d v_down vel_d_m_s vd",
     {-1, 0}},
    {"GPS", "status.status", "", "fix_type fix status"},
    {"GPS", "status.service", "", "service"},
    {"GPS", "status.satellites", "", "satellites satellites_used num_satellites num_sats sats"},
    {"GPS", "status.hdop", "", "hdop"},
    {"GPS", "status.vdop", "", "vdop"},
    {"GPSStatus", "status", "", "fix_type fix"},
    {"GPSStatus", "satellites", "", "satellites_used num_satellites num_sats sats"},
    {"Magnetometer", "magnetic_field.%", "xyz",
     "% mag_% m% magnetometer_% magnetic_field_%_ut mag_%_ut magnetometer_%_ut magnetometer_ut_#"},
    {"Magnetometer",
     "magnetic_field.%",
     "xyz",
     "magnetometer_ga_# magnetometer_%_ga mag_%_ga mag_%_gauss magnetic_field_%_gauss "
     "magnetic_field_%_ga",
     {100, 0}},
    {"Magnetometer",
     "magnetic_field.%",
     "xyz",
     "magnetic_field_%_t magnetic_field_%_tesla mag_%_t mag_%_tesla",
     {1e6, 0}},
    {"Pressure", "value", "", "pressure pressure_pa baro_pressure_pa pa"},
    {"Pressure", "value", "", "pressure_hpa pressure_mbar baro_pressure_hpa hpa mbar", {100, 0}},
    {"Pressure", "value", "", "pressure_kpa kpa", {1'000, 0}},
    {"Pressure", "value", "", "pressure_bar bar", {100'000, 0}},
    {"Temperature", "value", "", "temperature temperature_k temperature_kelvin temp_k kelvin"},
    {"Temperature",
     "value",
     "",
     "temperature_c temperature_celsius temperature_celcius temperature_degc temp_c temp_celsius "
     "baro_temp_celcius baro_temp_celsius celsius",
     {1, kKelvinAtZeroCelsius}},
    {"Quaternion", "%", "xyzw", "q% q_% quaternion_% quat_%"},
    // Numbered quaternions begin with the real part.
    {"Quaternion", "%", "wxyz", "q# q_# quaternion_# quat_#"},
    {"IMU", "orientation.%", "wxyz", "q# q_# quaternion_# quat_#"},
    {"Pose", "position.%", "xyz", "% p% p_% pos_%"},
    {"Pose", "orientation.%", "xyzw", "q% q_% quaternion_% quat_%"},
    {"Pose", "orientation.w", "", "w"},
    {"Point3d", "%", "xyz", "position_% pos_% p%"},
    {"Vector3d", "%", "xyz", "v% vector_%"},
    {"Velocity", "linear.%", "xyz", "v% v_% velocity_%"},
    {"Velocity", "angular.%", "xyz", "w% omega_% angular_velocity_% angular_rate_%"},
    {"Acceleration", "linear.%", "xyz", "a% a_% accel_% acceleration_%"},
    {"ForceTorque", "force.%", "xyz", "f% f_%"},
    {"ForceTorque", "torque.%", "xyz", "t% t_% m% moment_%"},
    {"BatteryState", "voltage", "", "voltage_v volts"},
    {"BatteryState", "current", "", "current_a amperes"},
    {"BatteryState", "percentage", "", "remaining soc state_of_charge level"},
    {"BatteryState", "temperature", "", "temperature_c temperature_celsius temperature_degc"},
    {"BatteryState", "charge", "", "charge_ah"},
    {"BatteryState", "capacity", "", "capacity_ah"},
    {"Range", "range", "", "range_m distance distance_m"},
    {"Range", "min_range", "", "min_distance range_min"},
    {"Range", "max_range", "", "max_distance range_max"},
    {"Range", "field_of_view", "", "fov"},
    {"NMEASentence", "sentence", "", "nmea line"},
};

struct DefaultRow {
  std::string_view tag;
  std::string_view path;
  std::string_view value;
};

constexpr DefaultRow kDefaults[] = {
    {"GPS", "status.service", "0"},
    {"GPSStatus", "service", "0"},
    {"BatteryState", "power_supply_status", "0"},
    {"BatteryState", "power_supply_health", "0"},
    {"BatteryState", "power_supply_technology", "0"},
    {"BatteryState", "present", "true"},
    {"BatteryState", "location", ""},
    {"BatteryState", "serial_number", ""},
    {"Range", "radiation_type", "0"},
};

std::string with_axis(std::string_view pattern, std::string_view axes, std::size_t axis) {
  std::string text;
  for (const char c : pattern) {
    if (c == '%') {
      text += axes[axis];
    } else if (c == '#') {
      text += std::to_string(axis);
    } else {
      text += c;
    }
  }
  return text;
}

bool row_has_name(const AliasRow& row, std::size_t axis, std::string_view name) {
  for (std::size_t start = 0; start < row.names.size();) {
    const auto end = std::min(row.names.find(' ', start), row.names.size());
    if (with_axis(row.names.substr(start, end - start), row.axes, axis) == name) return true;
    start = end + 1;
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Levenshtein's distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::string normalized_column_name(std::string_view name) {
  std::string result;
  for (const char c : lower(name)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      result += c;
    } else if (!result.empty() && result.back() != '_') {
      result += '_';
    }
  }
  while (result.ends_with('_')) result.pop_back();
  return result;
}

std::optional<FieldAlias> find_field_alias(std::string_view tag, std::string_view column_name) {
  const std::string name = normalized_column_name(column_name);
  for (const AliasRow& row : kAliases) {
    if (row.tag != tag) continue;
    for (std::size_t axis = 0; axis < std::max<std::size_t>(row.axes.size(), 1); ++axis) {
      if (row_has_name(row, axis, name)) {
        return FieldAlias{with_axis(row.path, row.axes, axis), row.scaling};
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> default_of_field(std::string_view tag, std::string_view path) {
  for (const DefaultRow& row : kDefaults) {
    if (row.tag == tag && row.path == path) return row.value;
  }
  return std::nullopt;
}

std::vector<std::string> near_names(std::string_view name, const std::vector<std::string>& names) {
  std::vector<std::pair<std::size_t, std::string>> near;
  const std::string wanted = lower(name);
  for (const std::string& candidate : names) {
    const std::string other = lower(candidate);
    const bool contains = !wanted.empty() && (other.find(wanted) != std::string::npos ||
                                              wanted.find(other) != std::string::npos);
    const std::size_t distance = edit_distance(wanted, other);
    if (contains || distance <= std::max<std::size_t>(2, wanted.size() / 3)) {
      near.emplace_back(distance, candidate);
    }
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> result;
  for (auto& [distance, candidate] : near) {
    if (result.size() < 3) result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace mosaico::cli
