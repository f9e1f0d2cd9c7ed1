#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/ontology/geometry.hpp"
#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// How fast a body moves and turns; at least one of the two is set.
struct Velocity {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 6×6: linear, then angular.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  std::optional<Vector3d> linear = std::nullopt;   ///< m/s.
  std::optional<Vector3d> angular = std::nullopt;  ///< rad/s.
};

constexpr auto mosaico_ontology(const Velocity*) {
  using T = Velocity;
  return detail::describe_with_covariance<T>(
      "Velocity", "Linear and angular velocity of a body.",
      MOSAICO_FIELD(T, linear, "Linear velocity in m/s."),
      MOSAICO_FIELD(T, angular, "Angular velocity in rad/s."));
}

/// How fast the velocity of a body changes; at least one of the two is set.
struct Acceleration {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 6×6: linear, then angular.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  std::optional<Vector3d> linear = std::nullopt;   ///< m/s².
  std::optional<Vector3d> angular = std::nullopt;  ///< rad/s².
};

constexpr auto mosaico_ontology(const Acceleration*) {
  using T = Acceleration;
  return detail::describe_with_covariance<T>(
      "Acceleration", "Linear and angular acceleration of a body.",
      MOSAICO_FIELD(T, linear, "Linear acceleration in m/s^2."),
      MOSAICO_FIELD(T, angular, "Angular acceleration in rad/s^2."));
}

/// Odometry: where the body `target_frame_id` is, in the frame of the header, and how it moves.
struct MotionState {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;
  std::optional<std::int16_t> covariance_type = std::nullopt;
  Pose pose = {};
  Velocity velocity = {};
  std::string target_frame_id = {};  ///< The frame fixed to the body.
  std::optional<Acceleration> acceleration = std::nullopt;
};

constexpr auto mosaico_ontology(const MotionState*) {
  using T = MotionState;
  return detail::describe_with_covariance<T>(
      "MotionState", "Pose and motion of a body (odometry).",
      MOSAICO_FIELD(T, pose, "Pose of the body in the frame of the header."),
      MOSAICO_FIELD(T, velocity, "Velocity of the body."),
      MOSAICO_FIELD(T, target_frame_id, "Name of the frame fixed to the body."),
      MOSAICO_FIELD(T, acceleration, "Acceleration of the body."));
}

/// The force and the torque (a wrench) at the origin of the header's frame.
struct ForceTorque {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 6×6: force, then torque.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  Vector3d force = {};   ///< N.
  Vector3d torque = {};  ///< N·m.
};

constexpr auto mosaico_ontology(const ForceTorque*) {
  using T = ForceTorque;
  return detail::describe_with_covariance<T>("ForceTorque", "Force and torque at a point.",
                                             MOSAICO_FIELD(T, force, "Force in N."),
                                             MOSAICO_FIELD(T, torque, "Torque in N m."));
}

/// The mass of a body and how it is spread.
struct Inertia {
  std::optional<Header> header = std::nullopt;
  double mass = kUnset;          ///< kg.
  Vector3d center_of_mass = {};  ///< Metres, in the frame of the header.
  /// The inertia tensor in kg·m²: xx, xy, xz, yy, yz, zz.
  std::array<double, 6> inertia = detail::unset_array<6>();
};

constexpr auto mosaico_ontology(const Inertia*) {
  using T = Inertia;
  return detail::describe_with_header<T>(
      "Inertia", "Mass and inertia of a body.", MOSAICO_FIELD(T, mass, "Mass in kg."),
      MOSAICO_FIELD(T, center_of_mass, "Centre of mass in m."),
      MOSAICO_FIELD(T, inertia, "Inertia tensor in kg m^2: xx, xy, xz, yy, yz, zz."));
}

/// The state of a robot's joints: parallel arrays, one element a joint.
struct RobotJoint {
  std::optional<Header> header = std::nullopt;
  std::vector<std::string> names = {};
  std::vector<double> positions = {};   ///< rad, or m for a prismatic joint.
  std::vector<double> velocities = {};  ///< rad/s or m/s.
  std::vector<double> efforts = {};     ///< N·m or N.
};

constexpr auto mosaico_ontology(const RobotJoint*) {
  using T = RobotJoint;
  return detail::describe_with_header<T>(
      "RobotJoint", "State of a robot's joints, one element a joint.",
      MOSAICO_FIELD(T, names, "Names of the joints."),
      MOSAICO_FIELD(T, positions, "Positions in rad, or m for prismatic joints."),
      MOSAICO_FIELD(T, velocities, "Velocities in rad/s, or m/s."),
      MOSAICO_FIELD(T, efforts, "Torques in N m, or forces in N."));
}

/// What a joystick or gamepad reports.
struct Joy {
  std::optional<Header> header = std::nullopt;
  std::vector<float> axes = {};            ///< Usually in [-1, 1].
  std::vector<std::int32_t> buttons = {};  ///< 0 up, 1 pressed.
};

constexpr auto mosaico_ontology(const Joy*) {
  return detail::describe_with_header<Joy>(
      "Joy", "Axes and buttons of a joystick.",
      MOSAICO_FIELD(Joy, axes, "Position of each axis, usually in [-1, 1]."),
      MOSAICO_FIELD(Joy, buttons, "State of each button: 0 up, 1 pressed."));
}

}  // namespace mosaico
