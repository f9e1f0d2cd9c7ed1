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
                     field("map_load_time", &T::map_load_time, "When the map was loaded."),
                     field("resolution", &T::resolution, "Edge of a cell in m."),
                     field("width", &T::width, "Number of cells along x."),
                     field("height", &T::height, "Number of cells along y."),
                     field("origin", &T::origin, "Pose of the corner of the first cell."));
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
      field("info", &T::info, "Size, place and resolution."),
      field("data", &T::data, "Cells row by row: 0 free, greater occupied, -1 unknown."));
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
  return detail::describe_with_header<T>(
      "GridCells", "A set of cells of one size.",
      field("cell_width", &T::cell_width, "Width of a cell in m."),
      field("cell_height", &T::cell_height, "Height of a cell in m."),
      field("cells", &T::cells, "Centre of each cell in m."));
}

}  // namespace mosaico
