#pragma once

#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/ontology/camera.hpp"
#include "mosaico/ontology/clouds.hpp"
#include "mosaico/ontology/geometry.hpp"
#include "mosaico/ontology/image.hpp"
#include "mosaico/ontology/maps.hpp"
#include "mosaico/ontology/motion.hpp"
#include "mosaico/ontology/navigation.hpp"
#include "mosaico/ontology/primitives.hpp"
#include "mosaico/ontology/scans.hpp"
#include "mosaico/ontology/sensors.hpp"
#include "mosaico/ontology/time.hpp"

namespace mosaico {

namespace detail {

template <typename... Types>
struct TypeList {};

/// Every built-in message type, by tag. The registry, the tests and the documentation iterate it.
using BuiltinTypes =
    TypeList<Acceleration, BatteryState, Boolean, CameraInfo, CompressedImage, Duration, Floating16,
             Floating32, Floating64, ForceTorque, FrameTransform, GPS, GPSStatus, GridCells, Header,
             IMU, Image, Inertia, Integer16, Integer32, Integer64, Integer8, Joy, LaserScan, Lidar,
             Magnetometer, MapMetadata, MotionState, MultiEchoLaserScan, NMEASentence,
             OccupancyGrid, Point2d, Point3d, PointCloud2, PointField, Polygon, Pose, Pressure,
             Quaternion, RGBDCamera, ROI, Radar, Range, RobotJoint, RobotPath, StereoCamera, String,
             Temperature, Time, ToFCamera, Transform, Unsigned16, Unsigned32, Unsigned64, Unsigned8,
             Vector2d, Vector3d, Vector4d, Velocity>;

}  // namespace detail

/// The built-in message types, ordered by tag. Their tags are taken in every process: a type of
/// one's own needs another one.
const std::vector<OntologyType>& builtin_ontology_types();

}  // namespace mosaico
