#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mosaico/ontology/geometry.hpp"
#include "mosaico/ontology/mixins.hpp"

namespace mosaico {

/// Size, place and resolution of a grid map.
struct MapMetadata {
  Time map_load_time = {};
  float resolution = kUnsetFloat;  ///< Metres a cell.
  std::uint32_t width = 0;         ///< Cells along x.
  std::uint32_t height = 0;        ///< Cells along y.
  Pose origin = {};                ///< Pose of the corner of cell (0, 0) in the map's frame.
};

constexpr auto mosaico_ontology(const MapMetadata*) {
  using T = MapMetadata;
  return describe<T>("MapMetadata", "Size, place and resolution of a grid map.",
                     SerializationFormat::Default,
                     MOSAICO_FIELD(T, map_load_time, "When the map was loaded."),
                     MOSAICO_FIELD(T, resolution, "Edge of a cell in m."),
                     MOSAICO_FIELD(T, width, "Number of cells along x."),
                     MOSAICO_FIELD(T, height, "Number of cells along y."),
                     MOSAICO_FIELD(T, origin, "Pose of the corner of the first cell."));
}

/// Which cells of a grid map are occupied.
struct OccupancyGrid {
  std::optional<Header> header = std::nullopt;
  MapMetadata info = {};
  /// Row by row, `info.width` × `info.height` cells: 0 free, greater values more surely occupied
  /// (ROS counts to 100), -1 unknown.
  std::vector<std::int8_t> data = {};
};

constexpr auto mosaico_ontology(const OccupancyGrid*) {
  using T = OccupancyGrid;
  return detail::describe_with_header<T>(
      "OccupancyGrid", "Which cells of a grid map are occupied.",
      MOSAICO_FIELD(T, info, "Size, place and resolution."),
      MOSAICO_FIELD(T, data, "Cells row by row: 0 free, greater occupied, -1 unknown."));
}

/// A set of cells of one size, each given by its centre.
struct GridCells {
  std::optional<Header> header = std::nullopt;
  float cell_width = kUnsetFloat;   ///< Metres.
  float cell_height = kUnsetFloat;  ///< Metres.
  std::vector<Point3d> cells = {};  ///< Centres, in metres.
};

constexpr auto mosaico_ontology(const GridCells*) {
  using T = GridCells;
  return detail::describe_with_header<T>("GridCells", "A set of cells of one size.",
                                         MOSAICO_FIELD(T, cell_width, "Width of a cell in m."),
                                         MOSAICO_FIELD(T, cell_height, "Height of a cell in m."),
                                         MOSAICO_FIELD(T, cells, "Centre of each cell in m."));
}

}  // namespace mosaico
