#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bare_client.hpp"
#include "limits/disk_limit.hpp"
#include "limits/flight_limit.hpp"
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

// Calls a function of the writer's number in as many threads.
template <typename Function>
void at_once(int writers, const Function& function) {
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < writers; ++writer) {
      threads.emplace_back([&, writer] {
        try {
          function(writer);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
    }
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

// Sequences a second if each were no more than its calls (sequence, session, topic, upload, end),
// and a server answered those with nothing.
double sequences_of_empty_calls(const FlightLimit& flight, int writers, std::int64_t sequences) {
  constexpr std::int64_t kCalls = 5;
  const Stopwatch stopwatch;
  at_once(writers, [&](int) {
    BareClient client(flight.server().port());
    for (std::int64_t i = 0; i < kCalls * sequences / writers; ++i) {
      client.act("nothing", nlohmann::json::object());
    }
  });
  return static_cast<double>(sequences) / stopwatch.seconds();
}

void create(Bench& bench, int writers) {
  const ServerProcess server = ServerProcess::mosaicod(bench.new_path("store"));
  const std::filesystem::path limit_directory = bench.new_path("limit");
  const FlightLimit flight;
  const std::int64_t sequences = std::max<std::int64_t>(1, bench.rows() / writers) * writers;
  Series series("sequences/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("SQLite commits", commits_per_second(limit_directory, sequences));
    series.add(measured_rate(&server, static_cast<double>(sequences), [&] {
      at_once(writers, [&](int writer) {
        write_sequences(server.port(),
                        "r" + std::to_string(repeat) + "w" + std::to_string(writer) + "_",
                        sequences / writers);
      });
    }));
    series.add_detail("empty calls alone", sequences_of_empty_calls(flight, writers, sequences));
  }
  bench.report(series.outcome());
}

}  // namespace

void create_1(Bench& bench) { create(bench, 1); }
void create_8(Bench& bench) { create(bench, 8); }

}  // namespace mosaico::bench
