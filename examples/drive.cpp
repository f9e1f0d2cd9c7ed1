// The drive recorder: all sensors of a small self-driving car, pushed as fast as they are taken.
//
//     drive [HOST:PORT | DIRECTORY] [SECONDS OF DRIVE] [SEQUENCE]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

namespace {

struct MotorTemperature {
  double value = kUnset;  // Kelvin.
  std::optional<double> variance = {};
};
MOSAICO_ONTOLOGY(MotorTemperature, "MotorTemperature", value, variance)

constexpr std::int32_t kWidth = 640;
constexpr std::int32_t kHeight = 480;

// A road that comes nearer, as the camera sees it. Only the pixels are made here; JPEG is made of
// them on the client's threads, once the frame is pushed.
CompressedImage camera_frame(std::int64_t number) {
  std::vector<std::uint8_t> pixels(std::size_t{3} * kWidth * kHeight);
  std::size_t at = 0;
  for (std::int64_t y = 0; y < kHeight; ++y) {
    for (std::int64_t x = 0; x < kWidth; ++x) {
      pixels[at++] = static_cast<std::uint8_t>((x + number) / 4);
      pixels[at++] = static_cast<std::uint8_t>((y + 2 * number) / 2);
      pixels[at++] = static_cast<std::uint8_t>((x * y / 64 + number) & 0xff);
    }
  }
  return CompressedImage::encode(PixelImage{.data = std::move(pixels),
                                            .width = kWidth,
                                            .height = kHeight,
                                            .encoding = PixelEncoding::Rgb8});
}

// 16 beams that sweep once around, in a street 20 m wide.
Lidar lidar_scan(std::int64_t number) {
  constexpr int kBeams = 16;
  constexpr int kSteps = 360;
  Lidar scan{.intensity = std::vector<float>(), .beam_id = std::vector<std::uint16_t>()};
  for (int step = 0; step < kSteps; ++step) {
    const double angle = step * 2 * M_PI / kSteps;
    const double distance = 10 / std::max(0.1, std::abs(std::sin(angle)));
    for (int beam = 0; beam < kBeams; ++beam) {
      const double height = distance * std::tan((beam - 8) * 0.03);
      scan.x.push_back(static_cast<float>(distance * std::cos(angle)));
      scan.y.push_back(static_cast<float>(distance * std::sin(angle)));
      scan.z.push_back(static_cast<float>(height));
      scan.intensity->push_back(static_cast<float>((number + step) % 256));
      scan.beam_id->push_back(static_cast<std::uint16_t>(beam));
    }
  }
  return scan;
}

IMU imu_sample(double t) {
  return IMU{
      .acceleration = {.x = 0.3 * std::sin(t), .y = 0.1 * std::cos(3 * t), .z = 9.81},
      .angular_velocity = {.x = 0, .y = 0.01, .z = 0.05 * std::sin(0.5 * t)},
      .orientation = Quaternion{.x = 0, .y = 0, .z = std::sin(t / 20), .w = std::cos(t / 20)}};
}

GPS gps_fix(double t) {
  return GPS{.position = {.x = 45.4642 + 1e-5 * t, .y = 9.19 + 2e-5 * t, .z = 120 + std::sin(t)},
             .velocity = Vector3d{.x = 1.1, .y = 1.6, .z = 0},
             .status = GPSStatus{.status = GPSStatus::kFix,
                                 .service = GPSStatus::kServiceGps,
                                 .satellites = std::int8_t{14},
                                 .hdop = 0.7,
                                 .vdop = 1.1}};
}

const nlohmann::json kDriveMetadata = {
    {"vehicle",
     {{"vehicle_id", "veh_sim_042"},
      {"powertrain", "EV"},
      {"software_stack", {{"perception", "perception-5.14.0"}, {"planning", "plan-4.1.7"}}}}},
    {"driver", {{"mode", "autonomous"}, {"role", "validation"}}},
    {"environment", {{"weather", "clear"}, {"visibility", 8'000}}}};
const nlohmann::json kImuMetadata = {
    {"vendor", "inertix-dynamics"}, {"model", "ixd-f100"}, {"interface", {{"type", "CAN"}}}};
const nlohmann::json kGpsMetadata = {{"role", "primary_gps"},
                                     {"interface", {{"type", "UART"}, {"baudrate", 115'200}}}};

struct Totals {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

Totals record_drive(MosaicoClient& client, const std::string& name, std::int64_t seconds) {
  SequenceWriter sequence = client.sequence_create(name, kDriveMetadata);
  TopicWriter imu = sequence.topic_create<IMU>("sensors/imu", kImuMetadata);
  TopicWriter gps = sequence.topic_create<GPS>("sensors/gps", kGpsMetadata);
  TopicWriter camera =
      sequence.topic_create<CompressedImage>("sensors/camera/front", {{"fov_deg", 90}});
  TopicWriter lidar = sequence.topic_create<Lidar>("sensors/lidar", {{"beams", 16}});
  TopicWriter motor = sequence.topic_create<MotorTemperature>("motors/left/temperature");

  for (std::int64_t tick = 0; tick < 200 * seconds; ++tick) {
    const std::int64_t now = example::kDriveStart + tick * example::kSecond / 200;
    const double t = static_cast<double>(tick) / 200;
    imu.push(imu_sample(t), now);
    if (tick % 20 == 0) {
      gps.push(gps_fix(t), now);
      camera.push(camera_frame(tick / 20), now);
      lidar.push(lidar_scan(tick / 20), now);
    }
    if (tick % 200 == 0) motor.push(MotorTemperature{.value = 310 + 0.1 * t}, now);
  }
  sequence.close();

  Totals totals;
  for (const TopicWriter& topic : {imu, gps, camera, lidar, motor}) {
    const TopicWriterStats stats = topic.stats();
    example::expect(stats.acknowledged_rows == stats.pushed_rows, "every message is acknowledged");
    const std::int64_t bytes =
        client.topic_handler(name, topic.name())->topic_info().total_size_bytes;
    std::cout << "  " << topic.name() << ": " << stats.acknowledged_rows << " messages, " << bytes
              << " bytes\n";
    totals.rows += stats.acknowledged_rows;
    totals.bytes += bytes;
  }
  return totals;
}

}  // namespace

int main(int argc, char** argv) {
  return example::run(argc, argv, [&](MosaicoClient& client) {
    const std::int64_t seconds = argc > 2 ? std::stoll(argv[2]) : 30;
    const std::string name = argc > 3 ? argv[3] : "city_drive";
    if (client.sequence_handler(name)) {
      std::cout << name << " is recorded already\n";
      return;
    }
    std::cout << "recording " << seconds << " s of drive as " << name << "\n";
    const auto start = std::chrono::steady_clock::now();
    const Totals totals = record_drive(client, name, seconds);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::cout << totals.rows << " messages and " << totals.bytes << " bytes in " << took.count()
              << " s: " << std::llround(static_cast<double>(totals.rows) / took.count())
              << " rows/s, " << static_cast<double>(totals.bytes) / 1e6 / took.count() << " MB/s, "
              << static_cast<double>(seconds) / took.count() << " times as fast as the drive\n";
  });
}
