#include "samples.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>

#include "core/error.hpp"
#include "mosaico/detail/record_buffer.hpp"
#include "ontology/arrow_schema.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::bench {

using core::value_or_throw;

namespace {

std::vector<ImuValues> make_imu_values() {
  std::mt19937_64 random(6726);
  std::normal_distribution<double> noise;
  const auto measured = [&](double truth, double sigma) {
    return static_cast<double>(static_cast<float>(truth + sigma * noise(random)));
  };
  std::vector<ImuValues> samples(kImuCycle);
  for (std::size_t i = 0; i < kImuCycle; ++i) {
    const double t = static_cast<double>(i) * 0.005;
    ImuValues& values = samples[i];
    values.acceleration[0] = measured(0.8 * std::sin(0.7 * t), 0.12);
    values.acceleration[1] = measured(0.4 * std::cos(1.3 * t), 0.12);
    values.acceleration[2] = measured(-9.81 + 0.2 * std::sin(2.1 * t), 0.2);
    values.angular_velocity[0] = measured(0.05 * std::sin(0.5 * t), 0.004);
    values.angular_velocity[1] = measured(0.05 * std::cos(0.4 * t), 0.004);
    values.angular_velocity[2] = measured(0.2 * std::sin(0.1 * t), 0.004);
  }
  return samples;
}

std::shared_ptr<arrow::RecordBatch> make_batch(std::size_t first, std::int64_t rows) {
  auto buffer = std::make_shared<detail::TypedRecordBuffer<IMU>>();
  IMU imu;
  for (std::int64_t row = 0; row < rows; ++row) {
    set_values(imu, imu_values()[(first + static_cast<std::size_t>(row)) % kImuCycle]);
    buffer->append(row, imu, buffer->bytes_of(imu));
  }
  buffer->finish();
  return value_or_throw(ontology::to_record_batch(imu_schema(), buffer));
}

// Light from above, a horizon, edges, and the noise of a sensor.
void fill_photograph(std::vector<std::uint8_t>& pixels, std::int32_t width, std::int32_t height,
                     std::mt19937_64& random) {
  std::uint64_t bits = 0;
  int bits_left = 0;
  const double shift = static_cast<double>(random() % 1000);
  std::size_t at = 0;
  for (std::int32_t y = 0; y < height; ++y) {
    const double v = static_cast<double>(y) / height;
    for (std::int32_t x = 0; x < width; ++x) {
      const double u = (x + shift) / width;
      const bool building = std::fmod(u * 7, 1) < 0.4 && v > 0.3 + 0.2 * std::fmod(u * 3, 1);
      const double light = building ? 60 + 30 * v : 200 - 120 * v + 20 * std::sin(9 * u);
      for (int channel = 0; channel < 3; ++channel) {
        if (bits_left < 3) {
          bits = random();
          bits_left = 64;
        }
        const double noise = static_cast<double>(bits & 7U) - 3.5;
        bits >>= 3U;
        bits_left -= 3;
        pixels[at++] = static_cast<std::uint8_t>(std::clamp(light + 8 * channel + noise, 0., 255.));
      }
    }
  }
}

Image make_frame(Picture picture, std::int32_t width, std::int32_t height, std::uint64_t seed) {
  std::vector<std::uint8_t> pixels(std::size_t{3} * static_cast<std::size_t>(width) *
                                   static_cast<std::size_t>(height));
  std::mt19937_64 random(seed + 1);
  if (picture == Picture::Noise) {
    for (auto& byte : pixels) byte = static_cast<std::uint8_t>(random());
  } else {
    fill_photograph(pixels, width, height, random);
  }
  return Image::from_pixels(PixelImage{.data = std::move(pixels),
                                       .width = width,
                                       .height = height,
                                       .encoding = PixelEncoding::Rgb8},
                            ImageFormat::Raw);
}

}  // namespace

const std::vector<ImuValues>& imu_values() {
  static const std::vector<ImuValues> kSamples = make_imu_values();
  return kSamples;
}

std::shared_ptr<arrow::Schema> imu_schema() {
  static const auto kSchema =
      value_or_throw(ontology::to_arrow_schema(ontology_type<IMU>().schema()));
  return kSchema;
}

ImuBatches::ImuBatches(std::int64_t batch_rows) : batch_rows_(batch_rows) {
  const std::size_t batches =
      std::max<std::size_t>(1, kImuCycle / static_cast<std::size_t>(batch_rows));
  for (std::size_t i = 0; i < batches; ++i) {
    cycle_.push_back(make_batch(i * static_cast<std::size_t>(batch_rows), batch_rows));
  }
}

std::shared_ptr<arrow::RecordBatch> ImuBatches::at(std::int64_t first_row, std::int64_t rows,
                                                   const RowTimes& times) const {
  auto memory =
      value_or_throw(arrow::AllocateBuffer(rows * static_cast<std::int64_t>(sizeof(std::int64_t))));
  auto* const values = memory->mutable_data_as<std::int64_t>();
  for (std::int64_t row = 0; row < rows; ++row) values[row] = times.of(first_row + row);
  const auto& base = cycle_[static_cast<std::size_t>(first_row / batch_rows_) % cycle_.size()];
  const auto column =
      std::make_shared<arrow::Int64Array>(rows, std::shared_ptr<arrow::Buffer>(std::move(memory)));
  return value_or_throw(base->Slice(0, rows)->SetColumn(0, base->schema()->field(0), column));
}

std::vector<std::shared_ptr<arrow::RecordBatch>> ImuBatches::all(std::int64_t rows,
                                                                 const RowTimes& times) const {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (std::int64_t first = 0; first < rows; first += batch_rows_) {
    batches.push_back(at(first, std::min(batch_rows_, rows - first), times));
  }
  return batches;
}

GPS gps_fix(std::int64_t number) {
  const ImuValues& values = imu_values()[static_cast<std::size_t>(number) % kImuCycle];
  const double t = static_cast<double>(number) * 0.1;
  return GPS{
      .position = {.x = std::round((45.4642 + 1e-5 * t) * 1e7 + values.acceleration[0]) / 1e7,
                   .y = std::round((9.19 + 2e-5 * t) * 1e7 + values.acceleration[1]) / 1e7,
                   .z = std::round(120'000 + 1000 * values.acceleration[2]) / 1000},
      .velocity = Vector3d{.x = values.angular_velocity[0],
                           .y = values.angular_velocity[1],
                           .z = values.angular_velocity[2]},
      .status = GPSStatus{.status = GPSStatus::kFix,
                          .service = GPSStatus::kServiceGps,
                          .satellites = static_cast<std::int8_t>(12 + number / 50 % 4),
                          .hdop = 0.7,
                          .vdop = 1.1}};
}

Lidar lidar_scan(std::int64_t number) {
  constexpr int kBeams = 16;
  constexpr int kSteps = 360;
  std::mt19937_64 random(static_cast<std::uint64_t>(number));
  std::normal_distribution<double> noise(0, 0.02);
  Lidar scan{.intensity = std::vector<float>(), .beam_id = std::vector<std::uint16_t>()};
  for (int step = 0; step < kSteps; ++step) {
    const double angle = step * 2 * M_PI / kSteps;
    for (int beam = 0; beam < kBeams; ++beam) {
      const double distance = 10 / std::max(0.1, std::abs(std::sin(angle))) + noise(random);
      scan.x.push_back(static_cast<float>(distance * std::cos(angle)));
      scan.y.push_back(static_cast<float>(distance * std::sin(angle)));
      scan.z.push_back(static_cast<float>(distance * std::tan((beam - 8) * 0.03)));
      scan.intensity->push_back(static_cast<float>(random() % 256));
      scan.beam_id->push_back(static_cast<std::uint16_t>(beam));
    }
  }
  return scan;
}

const char* picture_name(Picture picture) {
  return picture == Picture::Noise ? "noise" : "photograph";
}

Image raw_frame(Picture picture, std::int32_t width, std::int32_t height, std::int64_t number) {
  constexpr std::int64_t kFrames = 4;
  static std::map<std::tuple<Picture, std::int32_t, std::int64_t>, Image> made;
  const auto key = std::make_tuple(picture, width, number % kFrames);
  const auto known = made.find(key);
  if (known != made.end()) return known->second;
  return made
      .emplace(key,
               make_frame(picture, width, height, static_cast<std::uint64_t>(number % kFrames)))
      .first->second;
}

}  // namespace mosaico::bench
