#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "mosaico/mosaico.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

using Clock = std::chrono::steady_clock;

// A fast robot: a message every 10 µs, so that a dropping writer has no reason to drop unless the
// server stands still.
constexpr std::chrono::nanoseconds kPeriod{10'000};
constexpr std::size_t kBudgetBytes = std::size_t{64} << 20U;

// Lets a server stand still while it lives.
class Stall {
 public:
  explicit Stall(const ServerProcess& server) : server_(server) { server_.signal(SIGSTOP); }
  Stall(const Stall&) = delete;
  Stall& operator=(const Stall&) = delete;
  ~Stall() { server_.signal(SIGCONT); }

 private:
  const ServerProcess& server_;
};

// Pushes at an even pace; what each push took, in ns, ascending.
std::vector<std::uint32_t> paced_pushes(TopicWriter& topic, std::int64_t first, std::int64_t rows) {
  const auto& samples = imu_values();
  std::vector<std::uint32_t> latencies;
  latencies.reserve(static_cast<std::size_t>(rows));
  IMU imu;
  auto next = Clock::now();
  for (std::int64_t row = first; row < first + rows; ++row) {
    next += kPeriod;
    while (Clock::now() < next) {
    }
    set_values(imu, samples[static_cast<std::size_t>(row) % kImuCycle]);
    const auto before = Clock::now();
    topic.push(imu, kStartNs + row * kImuPeriodNs);
    latencies.push_back(static_cast<std::uint32_t>((Clock::now() - before).count()));
  }
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

// The longest pushes of a writer that drops, with the server at work and with it standing still.
void measure_dropping(Bench& bench) {
  const ServerProcess server = ServerProcess::mosaicod(bench.new_path("store"));
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  SequenceWriter sequence = client.sequence_create("dropping", nlohmann::json::object(),
                                                   {.when_full = WhenFull::DropNewest});
  TopicWriter topic = sequence.topic_create<IMU>("imu");
  const std::int64_t rows = bench.rows();
  paced_pushes(topic, 0, rows / 10 + 1);
  Series series("ns");
  std::int64_t row = rows;
  for (int repeat = 0; repeat < bench.repeats(); ++repeat, row += 2 * rows) {
    const auto calm = paced_pushes(topic, row, rows);
    series.add_limit("p99.99 without a stall", percentile(calm, 0.9999));
    std::vector<std::uint32_t> stalled;
    Run run = measured(&server, [&] {
      const Stall stall(server);
      stalled = paced_pushes(topic, row + rows, rows);
    });
    run.value = percentile(stalled, 0.9999);
    series.add(run);
    series.add_detail("longest_ns", stalled.back());
    series.add_detail("longest_without_a_stall_ns", calm.back());
    topic.flush();
  }
  Outcome outcome = series.outcome("dropping writer");
  outcome.details["dropped_rows"] = topic.stats().dropped_rows;
  sequence.close();
  bench.report(outcome);
}

// What a writer that waits takes of memory while it cannot get rid of anything.
void measure_blocking(Bench& bench) {
  const ServerProcess server = ServerProcess::mosaicod(bench.new_path("store"));
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  imu_values();
  Series series("B");
  series.add_limit("memory_budget_bytes", static_cast<double>(kBudgetBytes));
  const auto stall_time = kPeriod * bench.rows();
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    const std::int64_t before = resident_bytes(::getpid());
    SequenceWriter sequence =
        client.sequence_create("blocking_" + std::to_string(repeat), nlohmann::json::object(),
                               {.memory_budget_bytes = kBudgetBytes});
    TopicWriter topic = sequence.topic_create<IMU>("imu");
    std::atomic<bool> stop = false;
    Run run = measured(&server, [&] {
      std::jthread pusher([&] {
        IMU imu;
        for (std::int64_t row = 0; !stop; ++row) {
          set_values(imu, imu_values()[static_cast<std::size_t>(row) % kImuCycle]);
          topic.push(imu, kStartNs + row * kImuPeriodNs);
        }
      });
      {
        const Stall stall(server);
        std::this_thread::sleep_for(stall_time);
      }
      stop = true;
    });
    run.value = static_cast<double>(run.client_peak_bytes - before);
    series.add(run);
    sequence.close();
  }
  bench.report(series.outcome("blocking writer"));
}

}  // namespace

void stall(Bench& bench) {
  measure_dropping(bench);
  measure_blocking(bench);
}

}  // namespace mosaico::bench
