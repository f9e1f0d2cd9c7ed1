#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "imu_load.hpp"
#include "isolated.hpp"
#include "recordings.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Run ingest_once(Bench& bench, std::int64_t rows) {
  imu_values();
  const fs::path store = bench.new_path("store");
  Run run;
  {
    const ServerProcess server = ServerProcess::mosaicod(store);
    auto client = MosaicoClient::connect("127.0.0.1", server.port());
    SequenceWriter sequence = client.sequence_create("grow");
    std::vector<TopicWriter> topics = {sequence.topic_create<IMU>("imu")};
    run = measured_rate(&server, static_cast<double>(rows), [&] { push_in_turn(topics, rows); });
    sequence.close();
  }
  fs::remove_all(store);
  return run;
}

Run read_once(Bench& bench, std::int64_t rows) {
  const ImuRecording recording = imu_recording(bench, 1, rows);
  const ServerProcess server = ServerProcess::mosaicod(recording.store);
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  const auto topic = client.topic_handler(recording.sequence, ImuRecording::topic(0)).value();
  return read_topic(server, topic, recording.rows);
}

// A run in a process of its own, so that its memory is that of this run alone.
Run run_apart(const std::function<Run()>& once) {
  Run run;
  const std::string failure = run_isolated(
      [&](const EmitLine& emit) {
        const Run done = once();
        emit({{"value", done.value},
              {"client_cpu_s", done.client_cpu_s},
              {"server_cpu_s", done.server_cpu_s},
              {"client_peak_bytes", done.client_peak_bytes},
              {"server_peak_bytes", done.server_peak_bytes}});
      },
      [&](const json& line) {
        run = {.value = line["value"].get<double>(),
               .client_cpu_s = line["client_cpu_s"].get<double>(),
               .server_cpu_s = line["server_cpu_s"].get<double>(),
               .client_peak_bytes = line["client_peak_bytes"].get<std::int64_t>(),
               .server_peak_bytes = line["server_peak_bytes"].get<std::int64_t>()};
      });
  if (!failure.empty()) throw std::runtime_error(failure);
  return run;
}

double share(std::int64_t bytes, std::int64_t of_bytes) {
  return static_cast<double>(bytes) / static_cast<double>(of_bytes);
}

using Once = Run (*)(Bench& bench, std::int64_t rows);

// Three sizes, each ten times the one before; the limit is the speed of the smallest.
void measure_sizes(Bench& bench, const std::string& name, Once once) {
  const std::vector<std::int64_t> parts = {100, 10, 1};
  std::vector<Series> series(parts.size(), Series("msg/s"));
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::int64_t rows = std::max<std::int64_t>(1, bench.rows() / parts[i]);
      series[i].add(run_apart([&] { return once(bench, rows); }));
    }
  }
  const Outcome smallest = series.front().outcome();
  Outcome before = smallest;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t rows = std::max<std::int64_t>(1, bench.rows() / parts[i]);
    Outcome outcome = series[i].outcome(name + ", " + std::to_string(rows) + " rows");
    outcome.limit = smallest.value;
    outcome.details["client_memory_of_smallest"] =
        share(outcome.client_peak_bytes, smallest.client_peak_bytes);
    outcome.details["server_memory_of_smallest"] =
        share(outcome.server_peak_bytes, smallest.server_peak_bytes);
    outcome.details["client_memory_of_smaller"] =
        share(outcome.client_peak_bytes, before.client_peak_bytes);
    outcome.details["server_memory_of_smaller"] =
        share(outcome.server_peak_bytes, before.server_peak_bytes);
    bench.report(outcome);
    before = outcome;
  }
}

}  // namespace

void grow(Bench& bench) {
  measure_sizes(bench, "ingest", ingest_once);
  measure_sizes(bench, "read", read_once);
}

}  // namespace mosaico::bench
