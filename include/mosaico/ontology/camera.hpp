#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/ontology/geometry.hpp"
#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// A rectangle of a camera's full picture, in pixels.
struct ROI {
  Vector2d offset = {};  ///< Left and top edge.
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::optional<bool> do_rectify = std::nullopt;  ///< Unset means false.
};

constexpr auto mosaico_ontology(const ROI*) {
  using T = ROI;
  return describe<T>(
      "ROI", "A rectangle of a camera's full picture.", SerializationFormat::Default,
      MOSAICO_FIELD(T, offset, "Left and top edge in pixels."),
      MOSAICO_FIELD(T, height, "Height in pixels."), MOSAICO_FIELD(T, width, "Width in pixels."),
      MOSAICO_FIELD(T, do_rectify,
                    "Whether the rectangle is a part of the picture; null means false."));
}

/// The calibration of a camera. Matrices are flattened row by row.
struct CameraInfo {
  std::optional<Header> header = std::nullopt;
  std::uint32_t height = 0;  ///< Pixels of the picture calibrated with.
  std::uint32_t width = 0;
  std::string distortion_model = {};               ///< E.g. "plumb_bob".
  std::vector<double> distortion_parameters = {};  ///< As the model counts them: k1, k2, t1, …
  std::array<double, 9> intrinsic_parameters = detail::unset_array<9>();      ///< K, 3×3.
  std::array<double, 9> rectification_parameters = detail::unset_array<9>();  ///< R, 3×3.
  std::array<double, 12> projection_parameters = detail::unset_array<12>();   ///< P, 3×4.
  std::optional<Vector2d> binning = std::nullopt;  ///< Pixels joined into one, along x and y.
  std::optional<ROI> roi = std::nullopt;
};

constexpr auto mosaico_ontology(const CameraInfo*) {
  using T = CameraInfo;
  return detail::describe_with_header<T>(
      "CameraInfo", "Calibration of a camera.",
      MOSAICO_FIELD(T, height, "Height in pixels of the picture calibrated with."),
      MOSAICO_FIELD(T, width, "Width in pixels of the picture calibrated with."),
      MOSAICO_FIELD(T, distortion_model, "Distortion model, e.g. plumb_bob."),
      MOSAICO_FIELD(T, distortion_parameters, "Coefficients of the distortion model."),
      MOSAICO_FIELD(T, intrinsic_parameters,
                    "Intrinsic matrix K, 3x3: from camera coordinates to pixels."),
      MOSAICO_FIELD(
          T, rectification_parameters,
          "Rectification matrix R, 3x3: turns both pictures of a stereo pair into one plane."),
      MOSAICO_FIELD(T, projection_parameters,
                    "Projection matrix P, 3x4: from space to pixels of the rectified picture."),
      MOSAICO_FIELD(T, binning, "Pixels joined into one along x and y."),
      MOSAICO_FIELD(T, roi, "The part of the full picture that is sent."));
}

}  // namespace mosaico
