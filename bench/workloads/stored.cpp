#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "limits/disk_limit.hpp"
#include "limits/parquet_limit.hpp"
#include "limits/read_counter.hpp"
#include "measure.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

namespace fs = std::filesystem;
using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

constexpr const char* kSequence = "stored";
constexpr const char* kTopic = "data";
constexpr int kWindows = 100;  // Of 1 %, of which the row groups that are read are counted.

// Rows of a table of numbers with a header line; the first column is the time.
std::vector<std::vector<double>> read_table(const fs::path& path,
                                            std::vector<std::int64_t>* times) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string field;
    std::getline(fields, field, ',');
    times->push_back(std::stoll(field));
    auto& row = rows.emplace_back();
    while (std::getline(fields, field, ',')) row.push_back(std::stod(field));
  }
  return rows;
}

// Two flights one after the other in one topic.
template <typename T, typename Make>
std::int64_t push_flights(TopicWriter& topic, const fs::path& data, const char* file, Make make) {
  std::int64_t rows = 0;
  for (const char* flight : {"flight_a", "flight_b"}) {
    std::vector<std::int64_t> times;
    const auto table = read_table(data / flight / file, &times);
    for (std::size_t i = 0; i < table.size(); ++i) topic.push<T>(make(table[i]), times[i]);
    rows += static_cast<std::int64_t>(table.size());
  }
  return rows;
}

IMU flight_imu(const std::vector<double>& row) {
  return IMU{.acceleration = {.x = row.at(0), .y = row.at(1), .z = row.at(2)},
             .angular_velocity = {.x = row.at(3), .y = row.at(4), .z = row.at(5)}};
}

Quaternion flight_attitude(const std::vector<double>& row) {
  return Quaternion{.x = row.at(1), .y = row.at(2), .z = row.at(3), .w = row.at(0)};
}

// The batches of the topic that was just recorded.
Batches read_back(MosaicoClient& client) {
  Batches batches;
  auto streamer = client.topic_handler(kSequence, kTopic).value().get_data_streamer();
  while (auto columns = streamer.next_batch()) {
    batches.push_back(
        core::value_or_throw(arrow::ImportRecordBatch(&columns->array(), &columns->schema())));
  }
  return batches;
}

Outcome compare_sizes(const Bench& bench, const std::string& variant, const fs::path& store,
                      const Batches& batches, std::int64_t rows) {
  Outcome outcome{.variant = variant, .unit = "B/row"};
  const double amount = static_cast<double>(rows);
  outcome.value = static_cast<double>(stored_bytes(store, ".parquet")) / amount;
  outcome.min = outcome.max = outcome.value;
  std::vector<double> speeds;
  for (int repeat = 0; repeat < std::max(bench.repeats(), 3); ++repeat) {
    Encoded ours;
    const Run run = measured(nullptr, [&] { ours = encode(batches, ParquetSettings::Ours); });
    const Encoded zstd = encode(batches, ParquetSettings::ArrowZstd);
    outcome.client_cpu_s = run.client_cpu_s;
    outcome.client_peak_bytes = std::max(outcome.client_peak_bytes, run.client_peak_bytes);
    outcome.limit = static_cast<double>(zstd.bytes) / amount;
    speeds.push_back(zstd.seconds / ours.seconds);
    outcome.details["encoded_bytes_per_row"] = static_cast<double>(ours.bytes) / amount;
    outcome.details["rows_per_s"] = amount / ours.seconds;
  }
  outcome.details["write_speed"] = median(speeds);
  outcome.details["rows"] = rows;
  return outcome;
}

// Records what `fill` pushes in a new store, and compares sizes.
template <typename T>
Outcome measure_topic(Bench& bench, const std::string& variant,
                      const std::function<std::int64_t(TopicWriter&)>& fill) {
  const fs::path store = bench.new_path("stored");
  auto client = MosaicoClient::open(store.string());
  std::int64_t rows = 0;
  client.record(kSequence, nlohmann::json::object(), [&](SequenceWriter& sequence) {
    TopicWriter topic = sequence.topic_create<T>(kTopic);
    rows = fill(topic);
  });
  Outcome outcome = compare_sizes(bench, variant, store, read_back(client), rows);
  client.close();
  if (std::is_same_v<T, IMU>) {
    const WindowReads reads = count_window_reads(store, kSequence, kTopic, kWindows);
    outcome.details["row_groups_extra_max"] = reads.groups_extra_max;
    outcome.details["row_groups_needed"] = static_cast<double>(reads.groups_needed) / kWindows;
    outcome.details["row_groups_read"] = static_cast<double>(reads.groups_read) / kWindows;
  }
  return outcome;
}

void measure_flights(Bench& bench) {
  const char* const data = std::getenv("MOSAICO_FLIGHT_DATA");
  if (data == nullptr || !fs::exists(fs::path(data) / "flight_a" / "imu.csv")) {
    Bench::note("MOSAICO_FLIGHT_DATA names no folder of flights: simulated data only");
    return;
  }
  bench.report(measure_topic<IMU>(bench, "real flights, IMU", [&](TopicWriter& topic) {
    return push_flights<IMU>(topic, data, "imu.csv", flight_imu);
  }));
  bench.report(measure_topic<Quaternion>(bench, "real flights, attitude", [&](TopicWriter& topic) {
    return push_flights<Quaternion>(topic, data, "attitude.csv", flight_attitude);
  }));
}

}  // namespace

void stored(Bench& bench) {
  measure_flights(bench);
  const std::int64_t rows = bench.rows();
  const RowTimes times;
  bench.report(measure_topic<IMU>(bench, "IMU", [&](TopicWriter& topic) {
    IMU imu;
    for (std::int64_t row = 0; row < rows; ++row) {
      set_values(imu, imu_values()[static_cast<std::size_t>(row) % kImuCycle]);
      topic.push(imu, times.of(row));
    }
    return rows;
  }));
  bench.report(measure_topic<GPS>(bench, "GPS", [&](TopicWriter& topic) {
    for (std::int64_t row = 0; row < rows; ++row) topic.push(gps_fix(row), times.of(row));
    return rows;
  }));
  bench.report(measure_topic<Lidar>(bench, "lidar", [&](TopicWriter& topic) {
    const std::int64_t scans = std::max<std::int64_t>(1, rows / 1000);
    for (std::int64_t scan = 0; scan < scans; ++scan) topic.push(lidar_scan(scan), times.of(scan));
    return scans;
  }));
}

}  // namespace mosaico::bench
