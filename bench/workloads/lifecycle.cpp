#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "limits/disk_limit.hpp"
#include "measure.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

// Creates and finalizes sequences of one topic.
void write_sequences(int port, const std::string& prefix, std::int64_t sequences) {
  auto client = MosaicoClient::connect("127.0.0.1", port, {.max_connections = 1});
  for (std::int64_t i = 0; i < sequences; ++i) {
    SequenceWriter sequence =
        client.sequence_create(prefix + std::to_string(i), {{"vehicle", "rover"}, {"number", i}});
    sequence.topic_create<IMU>("imu", {{"vendor", "inertix"}});
    sequence.close();
  }
}

void write_at_once(int port, const std::string& prefix, int writers, std::int64_t sequences) {
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < writers; ++writer) {
      threads.emplace_back([&, writer] {
        try {
          write_sequences(port, prefix + "w" + std::to_string(writer) + "_", sequences / writers);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
    }
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

void create(Bench& bench, int writers) {
  const ServerProcess server = ServerProcess::mosaicod(bench.new_path("store"));
  const std::filesystem::path limit_directory = bench.new_path("limit");
  const std::int64_t sequences = std::max<std::int64_t>(1, bench.rows() / writers) * writers;
  Series series("sequences/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("SQLite commits", commits_per_second(limit_directory, sequences));
    series.add(measured_rate(&server, static_cast<double>(sequences), [&] {
      write_at_once(server.port(), "r" + std::to_string(repeat), writers, sequences);
    }));
  }
  bench.report(series.outcome());
}

}  // namespace

void create_1(Bench& bench) { create(bench, 1); }
void create_8(Bench& bench) { create(bench, 8); }

}  // namespace mosaico::bench
