#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "discard_transport.hpp"
#include "measure.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

// Keeps the compiler from leaving out work whose result nobody reads.
void keep(const void* memory) { asm volatile("" : : "g"(memory) : "memory"); }

// Messages as a driver has them, few enough for the cache: what is pushed, and the limit reads.
using Messages = std::array<IMU, 16>;

const Messages& messages() {
  static const Messages kMessages = [] {
    Messages made;
    for (std::size_t i = 0; i < made.size(); ++i) set_values(made[i], imu_values()[i]);
    return made;
  }();
  return kMessages;
}

const IMU& message(const Messages& all, std::int64_t row) {
  return all[static_cast<std::size_t>(row) % all.size()];
}

void push_rows(TopicWriter& topic, std::int64_t first, std::int64_t rows) {
  const Messages& all = messages();
  for (std::int64_t row = first; row < first + rows; ++row) {
    topic.push(message(all, row), kStartNs + row * kImuPeriodNs);
  }
}

// The limit: a plain vector for each column that has values, emptied where a batch would be sealed.
class PlainVectors {
 public:
  double append_seconds(std::int64_t first, std::int64_t rows) {
    const Messages& all = messages();
    const Stopwatch stopwatch;
    for (std::int64_t row = first; row < first + rows; ++row) {
      const IMU& imu = message(all, row);
      times_.push_back(kStartNs + row * kImuPeriodNs);
      columns_[0].push_back(imu.acceleration.x);
      columns_[1].push_back(imu.acceleration.y);
      columns_[2].push_back(imu.acceleration.z);
      columns_[3].push_back(imu.angular_velocity.x);
      columns_[4].push_back(imu.angular_velocity.y);
      columns_[5].push_back(imu.angular_velocity.z);
      if (times_.size() == kSealedImuRows) clear();
    }
    clear();
    return stopwatch.seconds();
  }

 private:
  void clear() {
    keep(times_.data());
    times_.clear();
    for (auto& column : columns_) {
      keep(column.data());
      column.clear();
    }
  }

  std::vector<std::int64_t> times_;
  std::array<std::vector<double>, 6> columns_;
};

// The time of each push, in ns. A clock is read once a push, which is part of it.
std::vector<std::uint32_t> push_latencies(TopicWriter& topic, std::int64_t first,
                                          std::int64_t rows) {
  using Clock = std::chrono::steady_clock;
  const Messages& all = messages();
  std::vector<std::uint32_t> latencies;
  latencies.reserve(static_cast<std::size_t>(rows));
  auto before = Clock::now();
  for (std::int64_t row = first; row < first + rows; ++row) {
    topic.push(message(all, row), kStartNs + row * kImuPeriodNs);
    const auto after = Clock::now();
    latencies.push_back(static_cast<std::uint32_t>((after - before).count()));
    before = after;
  }
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

void add_latencies(const std::vector<std::uint32_t>& sorted, Series* series) {
  series->add_detail("p50_ns", percentile(sorted, 0.5));
  series->add_detail("p99_ns", percentile(sorted, 0.99));
  series->add_detail("p99_9_ns", percentile(sorted, 0.999));
  series->add_detail("p99_99_ns", percentile(sorted, 0.9999));
  series->add_detail("longest_ns", sorted.back());
}

}  // namespace

void push_imu(Bench& bench) {
  const std::int64_t rows = bench.rows();
  SequenceWriter sequence = discarding_sequence("push");
  TopicWriter topic = sequence.topic_create<IMU>("imu");
  PlainVectors plain;
  // Buffers grow, pages are touched.
  constexpr std::int64_t kWarmupRows = 20 * kSealedImuRows;
  push_rows(topic, 0, std::min(rows, kWarmupRows));
  plain.append_seconds(0, std::min(rows, kWarmupRows));
  Series series("msg/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    const double amount = static_cast<double>(rows);
    const double cpu_before = thread_cpu_seconds();
    series.add_limit("plain vectors", amount / plain.append_seconds(0, rows));
    series.add_detail("plain_cpu_ns", (thread_cpu_seconds() - cpu_before) / amount * 1e9);
    std::int64_t allocations = 0;
    std::int64_t waits = 0;
    double cpu_s = 0;
    series.add(measured_rate(nullptr, amount, [&] {
      allocations = thread_allocations();
      waits = thread_waits();
      cpu_s = thread_cpu_seconds();
      push_rows(topic, 0, rows);
      cpu_s = thread_cpu_seconds() - cpu_s;
      allocations = thread_allocations() - allocations;
      waits = thread_waits() - waits;
    }));
    series.add_detail("push_cpu_ns", cpu_s / amount * 1e9);
    series.add_detail("allocations_per_message", static_cast<double>(allocations) / amount);
    series.add_detail("waits_per_million_messages", static_cast<double>(waits) / amount * 1e6);
    add_latencies(push_latencies(topic, 0, rows), &series);
  }
  sequence.close();
  bench.report(series.outcome());
}

namespace {

// A batch as a user of the Arrow C Data Interface hands it over.
Columns exported(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ArrowArray array{};
  ArrowSchema schema{};
  core::throw_if_error(arrow::ExportRecordBatch(*batch, &array, &schema));
  return {array, schema};
}

std::int64_t buffer_bytes(const arrow::ArrayData& data) {
  std::int64_t bytes = 0;
  for (const auto& buffer : data.buffers) bytes += buffer != nullptr ? buffer->size() : 0;
  for (const auto& child : data.child_data) bytes += buffer_bytes(*child);
  return bytes;
}

void copy_buffers(const arrow::ArrayData& data, std::vector<char>* target) {
  for (const auto& buffer : data.buffers) {
    if (buffer == nullptr) continue;
    std::memcpy(target->data(), buffer->data(), static_cast<std::size_t>(buffer->size()));
    keep(target->data());
  }
  for (const auto& child : data.child_data) copy_buffers(*child, target);
}

}  // namespace

void push_columns(Bench& bench) {
  const auto batches = ImuBatches(kSealedImuRows).all(bench.rows());
  std::int64_t batch_bytes = 0;
  for (const auto& column : batches.front()->columns())
    batch_bytes += buffer_bytes(*column->data());
  std::vector<char> copy(static_cast<std::size_t>(batch_bytes));
  SequenceWriter sequence = discarding_sequence("push");
  TopicWriter topic = sequence.topic_create<IMU>("imu");
  Series series("msg/s");
  const double amount = static_cast<double>(bench.rows());
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    const Stopwatch stopwatch;
    for (const auto& batch : batches) {
      for (const auto& column : batch->columns()) copy_buffers(*column->data(), &copy);
    }
    series.add_limit("memcpy", amount / stopwatch.seconds());
    std::vector<Columns> columns;  // The caller's to make.
    columns.reserve(batches.size());
    for (const auto& batch : batches) columns.push_back(exported(batch));
    series.add(measured_rate(nullptr, amount, [&] {
      for (Columns& part : columns) topic.push_columns(std::move(part));
    }));
  }
  sequence.close();
  Outcome outcome = series.outcome();
  outcome.details["bytes_per_message"] =
      static_cast<double>(batch_bytes) / static_cast<double>(batches.front()->num_rows());
  bench.report(outcome);
}

}  // namespace mosaico::bench
