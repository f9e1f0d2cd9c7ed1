#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "mosaico/mosaico.hpp"

// Made-up sensor data with the grain of real one: the same at each run.
namespace mosaico::bench {

inline constexpr std::int64_t kStartNs = 1'700'000'000'000'000'000;
inline constexpr std::int64_t kImuPeriodNs = 5'000'000;

// What an IMU of six axes measures, as a driver gets it: single precision, with noise.
struct ImuValues {
  double acceleration[3] = {};
  double angular_velocity[3] = {};
};

// Repeats after kImuCycle samples.
inline constexpr std::size_t kImuCycle = std::size_t{1} << 17U;
const std::vector<ImuValues>& imu_values();

inline void set_values(IMU& imu, const ImuValues& values) {
  imu.acceleration.x = values.acceleration[0];
  imu.acceleration.y = values.acceleration[1];
  imu.acceleration.z = values.acceleration[2];
  imu.angular_velocity.x = values.angular_velocity[0];
  imu.angular_velocity.y = values.angular_velocity[1];
  imu.angular_velocity.z = values.angular_velocity[2];
}

// The times of a topic's rows.
struct RowTimes {
  std::int64_t start_ns = kStartNs;
  std::int64_t period_ns = kImuPeriodNs;

  // Ascending; with the jitter of a clock that does not tick evenly.
  std::int64_t of(std::int64_t row) const {
    const auto mixed = static_cast<std::uint64_t>(row) * 0x9E3779B97F4A7C15U;
    return start_ns + row * period_ns +
           static_cast<std::int64_t>(mixed >> 48U) % (period_ns / 8 + 1);
  }
};

std::shared_ptr<arrow::Schema> imu_schema();

// Batches of IMU rows [first_row, …) as a writer sends them.
class ImuBatches {
 public:
  explicit ImuBatches(std::int64_t batch_rows);
  // At most `batch_rows`. Only the column of times is new; the others are shared.
  std::shared_ptr<arrow::RecordBatch> at(std::int64_t first_row, std::int64_t rows,
                                         const RowTimes& times) const;
  // All rows of a topic, batch after batch.
  std::vector<std::shared_ptr<arrow::RecordBatch>> all(std::int64_t rows,
                                                       const RowTimes& times = {}) const;
  std::int64_t batch_rows() const { return batch_rows_; }

 private:
  const std::int64_t batch_rows_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> cycle_;
};

// The batch that the SDK's writer seals of IMU rows: 4 MiB of Arrow data.
inline constexpr std::int64_t kSealedImuRows = 22'000;

GPS gps_fix(std::int64_t number);
// 16 beams that sweep once around a street.
Lidar lidar_scan(std::int64_t number);

enum class Picture { Noise, Photograph };
const char* picture_name(Picture picture);
// Raw RGB. Frames of one sort and size differ in every byte that matters; a few are made, and
// number chooses among them.
Image raw_frame(Picture picture, std::int32_t width, std::int32_t height, std::int64_t number);

}  // namespace mosaico::bench
