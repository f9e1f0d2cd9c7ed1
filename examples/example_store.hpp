#pragma once

#include <cmath>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "mosaico/mosaico.hpp"

// What all examples share: where they store, a drive to look at, and how they end.
namespace example {

inline constexpr std::int64_t kSecond = 1'000'000'000;  // ns
inline constexpr std::int64_t kDriveStart = 1'700'000'000 * kSecond;
inline constexpr std::int64_t kDriveSeconds = 5;
inline constexpr const char* kDrive = "mission_log_042";

// The first argument is HOST:PORT of a server, or a directory; the same code runs over both.
inline mosaico::MosaicoClient open_store(int argc, char** argv) {
  const std::string where = argc > 1 ? argv[1] : "./mosaico-example";
  const auto colon = where.rfind(':');
  if (colon == std::string::npos) return mosaico::MosaicoClient::open(where);
  return mosaico::MosaicoClient::connect(where.substr(0, colon),
                                         std::stoi(where.substr(colon + 1)));
}

// Makes the example fail when the platform did not do what its comment promises.
inline void expect(bool holds, const char* promise) {
  if (!holds) throw std::runtime_error(std::string("not as promised: ") + promise);
}

// The body of each main(): what the example does, and one line for what went wrong.
template <typename Function>
int run(int argc, char** argv, Function&& body) {
  try {
    mosaico::MosaicoClient client = open_store(argc, argv);
    body(client);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
  }
}

// A short drive with an IMU at 200 Hz and a GPS at 10 Hz, recorded once: what the examples that
// read look at. write_sequence.cpp explains each of these steps.
inline void record_drive_if_absent(mosaico::MosaicoClient& client) {
  if (client.sequence_handler(kDrive)) return;
  const nlohmann::json metadata = {{"vehicle", {{"model", "rover-2"}, {"wheels", 4}}}};
  client.record(kDrive, metadata, [](mosaico::SequenceWriter& sequence) {
    auto imu = sequence.topic_create<mosaico::IMU>("sensors/imu", {{"vendor", "inertix-dynamics"}});
    auto gps = sequence.topic_create<mosaico::GPS>("sensors/gps", {{"role", "primary_gps"}});
    for (std::int64_t i = 0; i < 200 * kDriveSeconds; ++i) {
      const std::int64_t now = kDriveStart + i * kSecond / 200;
      const double turn = 0.1 * std::sin(0.01 * static_cast<double>(i));
      imu.push(mosaico::IMU{.acceleration = {.x = turn, .y = 0, .z = 9.81},
                            .angular_velocity = {.x = 0, .y = 0, .z = turn}},
               now);
      if (i % 20 != 0) continue;
      const double way = 1e-6 * static_cast<double>(i);
      gps.push(mosaico::GPS{.position = {.x = 45.4642 + way, .y = 9.19 + way, .z = 120},
                            .status = mosaico::GPSStatus{.status = mosaico::GPSStatus::kFix}},
               now);
    }
  });
}

}  // namespace example
