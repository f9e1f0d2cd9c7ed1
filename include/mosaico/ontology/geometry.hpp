#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// A direction with a length, or a pair of quantities, in the plane.
struct Vector2d {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 2×2, row by row.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  double x = kUnset;
  double y = kUnset;
};

constexpr auto mosaico_ontology(const Vector2d*) {
  using T = Vector2d;
  return detail::describe_with_covariance<T>("Vector2d", "A vector in the plane.",
                                             MOSAICO_NULLABLE_FIELD(T, x, "Component along x."),
                                             MOSAICO_NULLABLE_FIELD(T, y, "Component along y."));
}

/// A direction with a length in space. The unit is that of the member that holds it.
struct Vector3d {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 3×3, row by row.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  double x = kUnset;
  double y = kUnset;
  double z = kUnset;
};

constexpr auto mosaico_ontology(const Vector3d*) {
  using T = Vector3d;
  return detail::describe_with_covariance<T>("Vector3d", "A vector in space.",
                                             MOSAICO_NULLABLE_FIELD(T, x, "Component along x."),
                                             MOSAICO_NULLABLE_FIELD(T, y, "Component along y."),
                                             MOSAICO_NULLABLE_FIELD(T, z, "Component along z."));
}

/// Four components without further meaning; a rotation is a Quaternion.
struct Vector4d {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 4×4, row by row.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  double x = kUnset;
  double y = kUnset;
  double z = kUnset;
  double w = kUnset;
};

constexpr auto mosaico_ontology(const Vector4d*) {
  using T = Vector4d;
  return detail::describe_with_covariance<T>("Vector4d", "A vector of four components.",
                                             MOSAICO_NULLABLE_FIELD(T, x, "First component."),
                                             MOSAICO_NULLABLE_FIELD(T, y, "Second component."),
                                             MOSAICO_NULLABLE_FIELD(T, z, "Third component."),
                                             MOSAICO_NULLABLE_FIELD(T, w, "Fourth component."));
}

/// A place in the plane, in metres unless the member that holds it says otherwise.
struct Point2d {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 2×2, row by row.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  double x = kUnset;
  double y = kUnset;
};

constexpr auto mosaico_ontology(const Point2d*) {
  using T = Point2d;
  return detail::describe_with_covariance<T>("Point2d", "A place in the plane.",
                                             MOSAICO_NULLABLE_FIELD(T, x, "Coordinate x."),
                                             MOSAICO_NULLABLE_FIELD(T, y, "Coordinate y."));
}

/// A place in space, in metres unless the member that holds it says otherwise.
struct Point3d {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 3×3, row by row.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  double x = kUnset;
  double y = kUnset;
  double z = kUnset;
};

constexpr auto mosaico_ontology(const Point3d*) {
  using T = Point3d;
  return detail::describe_with_covariance<T>(
      "Point3d", "A place in space.", MOSAICO_NULLABLE_FIELD(T, x, "Coordinate x."),
      MOSAICO_NULLABLE_FIELD(T, y, "Coordinate y."), MOSAICO_NULLABLE_FIELD(T, z, "Coordinate z."));
}

/// A rotation in space as a unit quaternion, the real part `w` last. No rotation is (0, 0, 0, 1).
struct Quaternion {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 4×4, or 3×3 of the angles.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  double x = kUnset;
  double y = kUnset;
  double z = kUnset;
  double w = kUnset;
};

constexpr auto mosaico_ontology(const Quaternion*) {
  using T = Quaternion;
  return detail::describe_with_covariance<T>("Quaternion", "A rotation as a unit quaternion.",
                                             MOSAICO_NULLABLE_FIELD(T, x, "Imaginary part, x."),
                                             MOSAICO_NULLABLE_FIELD(T, y, "Imaginary part, y."),
                                             MOSAICO_NULLABLE_FIELD(T, z, "Imaginary part, z."),
                                             MOSAICO_NULLABLE_FIELD(T, w, "Real part."));
}

/// Where a body is and how it is turned, in the frame of its header.
struct Pose {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 6×6: position, then rotation.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  Point3d position = {};  ///< Metres.
  Quaternion orientation = {};
};

constexpr auto mosaico_ontology(const Pose*) {
  using T = Pose;
  return detail::describe_with_covariance<T>(
      "Pose", "Position and orientation of a body.", MOSAICO_FIELD(T, position, "Position in m."),
      MOSAICO_FIELD(T, orientation, "Orientation as a unit quaternion."));
}

/// The child frame `target_frame_id` seen from the parent frame, which is the header's `frame_id`.
struct Transform {
  std::optional<Header> header = std::nullopt;
  std::optional<std::vector<double>> covariance = std::nullopt;  ///< 6×6: position, then rotation.
  std::optional<std::int16_t> covariance_type = std::nullopt;
  Vector3d translation = {};  ///< Metres, in the parent frame.
  Quaternion rotation = {};
  std::optional<std::string> target_frame_id = std::nullopt;  ///< The child frame.
};

constexpr auto mosaico_ontology(const Transform*) {
  using T = Transform;
  return detail::describe_with_covariance<T>(
      "Transform", "A child frame seen from its parent, the frame of the header.",
      MOSAICO_FIELD(T, translation, "Origin of the child frame in m."),
      MOSAICO_FIELD(T, rotation, "Rotation of the child frame as a unit quaternion."),
      MOSAICO_FIELD(T, target_frame_id, "Name of the child frame."));
}

/// A batch of transforms, as a robot's transform tree publishes them.
struct FrameTransform {
  std::vector<Transform> transforms = {};
};

constexpr auto mosaico_ontology(const FrameTransform*) {
  return describe<FrameTransform>(
      "FrameTransform", "A batch of transforms between frames.", SerializationFormat::Default,
      MOSAICO_FIELD(FrameTransform, transforms, "The transforms, each with its own header."));
}

/// A closed line through its points, in metres; the last point joins the first.
struct Polygon {
  std::optional<Header> header = std::nullopt;
  std::vector<Point3d> points = {};
};

constexpr auto mosaico_ontology(const Polygon*) {
  return detail::describe_with_header<Polygon>(
      "Polygon", "A closed line through points.",
      MOSAICO_FIELD(Polygon, points, "The vertices in order, in m."));
}

/// The poses a robot is to pass, in order.
struct RobotPath {
  std::optional<Header> header = std::nullopt;
  std::vector<Pose> poses = {};
};

constexpr auto mosaico_ontology(const RobotPath*) {
  return detail::describe_with_header<RobotPath>(
      "RobotPath", "A path as a list of poses.",
      MOSAICO_FIELD(RobotPath, poses, "The waypoints in order."));
}

}  // namespace mosaico
