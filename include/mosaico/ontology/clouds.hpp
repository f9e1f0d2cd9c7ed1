#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/ontology/mixins.hpp"
#include "mosaico/values.hpp"

namespace mosaico {

/// The points of a colour and depth camera in its optical frame: parallel arrays.
struct RGBDCamera {
  std::optional<Header> header = std::nullopt;
  std::vector<float> x = {};                             ///< m, to the right in the picture.
  std::vector<float> y = {};                             ///< m, down in the picture.
  std::vector<float> z = {};                             ///< m, along the optical axis.
  std::optional<std::vector<float>> rgb = std::nullopt;  ///< 0x00RRGGBB as the bits of a float.
  std::optional<std::vector<float>> intensity = std::nullopt;  ///< Strength of the signal.
};

constexpr auto mosaico_ontology(const RGBDCamera*) {
  using T = RGBDCamera;
  return detail::describe_with_header<T>(
      "RGBDCamera", "Points of a colour and depth camera, one element a point.",
      MOSAICO_FIELD(T, x, "Coordinate x of each point in m."),
      MOSAICO_FIELD(T, y, "Coordinate y of each point in m."),
      MOSAICO_FIELD(T, z, "Depth of each point along the optical axis in m."),
      MOSAICO_FIELD(T, rgb, "Colour of each point: 0x00RRGGBB as the bits of a float."),
      MOSAICO_FIELD(T, intensity, "Strength of the signal at each point."));
}

/// The points of a time-of-flight camera in its optical frame: parallel arrays.
struct ToFCamera {
  std::optional<Header> header = std::nullopt;
  std::vector<float> x = {};                             ///< m, to the right in the picture.
  std::vector<float> y = {};                             ///< m, down in the picture.
  std::vector<float> z = {};                             ///< m, along the optical axis.
  std::optional<std::vector<float>> rgb = std::nullopt;  ///< 0x00RRGGBB as the bits of a float.
  std::optional<std::vector<float>> intensity = std::nullopt;  ///< Strength of the signal.
  std::optional<std::vector<float>> noise = std::nullopt;
  std::optional<std::vector<float>> grayscale = std::nullopt;
};

constexpr auto mosaico_ontology(const ToFCamera*) {
  using T = ToFCamera;
  return detail::describe_with_header<T>(
      "ToFCamera", "Points of a time-of-flight camera, one element a point.",
      MOSAICO_FIELD(T, x, "Coordinate x of each point in m."),
      MOSAICO_FIELD(T, y, "Coordinate y of each point in m."),
      MOSAICO_FIELD(T, z, "Depth of each point along the optical axis in m."),
      MOSAICO_FIELD(T, rgb, "Colour of each point: 0x00RRGGBB as the bits of a float."),
      MOSAICO_FIELD(T, intensity, "Strength of the signal at each point."),
      MOSAICO_FIELD(T, noise, "Noise of each point."),
      MOSAICO_FIELD(T, grayscale, "Grey value of each point."));
}

/// The points of a stereo camera in the optical frame of its rectified picture: parallel arrays.
struct StereoCamera {
  std::optional<Header> header = std::nullopt;
  std::vector<float> x = {};                             ///< m, to the right in the picture.
  std::vector<float> y = {};                             ///< m, down in the picture.
  std::vector<float> z = {};                             ///< m, along the optical axis.
  std::optional<std::vector<float>> rgb = std::nullopt;  ///< 0x00RRGGBB as the bits of a float.
  std::optional<std::vector<float>> intensity = std::nullopt;    ///< Strength of the signal.
  std::optional<std::vector<std::uint8_t>> luma = std::nullopt;  ///< Of the rectified picture.
  std::optional<std::vector<std::uint8_t>> cost =
      std::nullopt;  ///< Of the stereo match; 0 is the surest.
};

constexpr auto mosaico_ontology(const StereoCamera*) {
  using T = StereoCamera;
  return detail::describe_with_header<T>(
      "StereoCamera", "Points of a stereo camera, one element a point.",
      MOSAICO_FIELD(T, x, "Coordinate x of each point in m."),
      MOSAICO_FIELD(T, y, "Coordinate y of each point in m."),
      MOSAICO_FIELD(T, z, "Depth of each point along the optical axis in m."),
      MOSAICO_FIELD(T, rgb, "Colour of each point: 0x00RRGGBB as the bits of a float."),
      MOSAICO_FIELD(T, intensity, "Strength of the signal at each point."),
      MOSAICO_FIELD(T, luma, "Luminance of each point in the rectified picture."),
      MOSAICO_FIELD(T, cost, "Cost of the stereo match of each point; 0 is the surest."));
}

/// How one value of each point lies in the bytes of a PointCloud2.
struct PointField {
  std::string name = {};
  std::uint32_t offset = 0;  ///< Bytes from the start of the point.
  std::int64_t datatype = kFloat32;
  std::uint32_t count = 1;  ///< Elements.

  static constexpr std::int64_t kInt8 = 1;
  static constexpr std::int64_t kUInt8 = 2;
  static constexpr std::int64_t kInt16 = 3;
  static constexpr std::int64_t kUInt16 = 4;
  static constexpr std::int64_t kInt32 = 5;
  static constexpr std::int64_t kUInt32 = 6;
  static constexpr std::int64_t kFloat32 = 7;
  static constexpr std::int64_t kFloat64 = 8;
};

constexpr auto mosaico_ontology(const PointField*) {
  using T = PointField;
  return describe<T>(
      "PointField", "How one value of each point is laid out.", SerializationFormat::Default,
      MOSAICO_FIELD(T, name, "Name of the value, e.g. x."),
      MOSAICO_FIELD(T, offset, "Bytes from the start of the point."),
      MOSAICO_FIELD(T, datatype,
                    "1 int8, 2 uint8, 3 int16, 4 uint16, 5 int32, 6 uint32, 7 float32, 8 float64."),
      MOSAICO_FIELD(T, count, "Number of elements."));
}

/// A point cloud in the packed layout of ROS: `height` rows of `row_step` bytes, each with `width`
/// points of `point_step` bytes, whose values `fields` describes.
struct PointCloud2 {
  std::optional<Header> header = std::nullopt;
  std::uint32_t height = 0;  ///< 1 for an unordered cloud.
  std::uint32_t width = 0;
  std::vector<PointField> fields = {};
  bool is_bigendian = false;
  std::uint32_t point_step = 0;  ///< Bytes a point.
  std::uint32_t row_step = 0;    ///< Bytes a row.
  Bytes data = {};
  bool is_dense = false;  ///< No point is invalid.
};

constexpr auto mosaico_ontology(const PointCloud2*) {
  using T = PointCloud2;
  return detail::describe_with_header<T>(
      "PointCloud2", "Point cloud in the packed layout of ROS.",
      MOSAICO_FIELD(T, height, "Number of rows; 1 for an unordered cloud."),
      MOSAICO_FIELD(T, width, "Number of points a row."),
      MOSAICO_FIELD(T, fields, "The values of a point and where they lie."),
      MOSAICO_FIELD(T, is_bigendian, "Whether values are big-endian."),
      MOSAICO_FIELD(T, point_step, "Length of a point in bytes."),
      MOSAICO_FIELD(T, row_step, "Length of a row in bytes."),
      MOSAICO_FIELD(T, data, "The points, row_step * height bytes."),
      MOSAICO_FIELD(T, is_dense, "Whether all points are valid."));
}

}  // namespace mosaico
