#include <arrow/record_batch.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "bare_client.hpp"
#include "imu_load.hpp"
#include "limits/disk_limit.hpp"
#include "limits/flight_limit.hpp"
#include "limits/parquet_limit.hpp"
#include "measure.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRawBatchRows = 16'384;

// The parts that ingesting the same rows is made of.
class IngestLimits {
 public:
  IngestLimits(std::int64_t rows, std::int64_t batch_rows, int streams, fs::path directory)
      : rows_(static_cast<double>(rows)),
        streams_(streams),
        directory_(std::move(directory)),
        batches_(ImuBatches(batch_rows).all(rows)) {}

  void add_to(Series* series, std::int64_t stored) {
    series->add_limit("Flight DoPut", rows_ / flight_.put_seconds(batches_, streams_));
    series->add_limit("Parquet, one core", rows_ / encode(batches_, ParquetSettings::Ours).seconds);
    series->add_limit("write and sync", rows_ / write_seconds(directory_, stored));
  }

  const FlightLimit::Batches& batches() const { return batches_; }

 private:
  const double rows_;
  const int streams_;
  const fs::path directory_;
  const FlightLimit::Batches batches_;
  FlightLimit flight_;
};

void ingest(Bench& bench, int topic_count) {
  const std::int64_t rows = bench.rows();
  Series series("msg/s");
  IngestLimits limits(rows, kSealedImuRows, topic_count, bench.new_path("limit"));
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    const fs::path store = bench.new_path("store");
    {
      const ServerProcess server = ServerProcess::mosaicod(store);
      auto client = MosaicoClient::connect("127.0.0.1", server.port());
      SequenceWriter sequence = client.sequence_create("ingest");
      std::vector<TopicWriter> topics;
      for (int i = 0; i < topic_count; ++i) {
        topics.push_back(sequence.topic_create<IMU>("imu_" + std::to_string(i)));
      }
      const Stopwatch stopwatch;
      series.add(
          measured_rate(&server, static_cast<double>(rows), [&] { push_in_turn(topics, rows); }));
      sequence.close();
      series.add_detail("value_with_close", static_cast<double>(rows) / stopwatch.seconds());
      std::int64_t acknowledged = 0;
      for (const TopicWriter& topic : topics) acknowledged += topic.stats().acknowledged_rows;
      expect_rows(acknowledged, rows);
    }
    const std::int64_t stored = stored_bytes(store, ".parquet");
    series.add_detail("stored_bytes_per_row",
                      static_cast<double>(stored) / static_cast<double>(rows));
    fs::remove_all(store);
    limits.add_to(&series, stored);
  }
  bench.report(series.outcome());
}

}  // namespace

void ingest_imu(Bench& bench) { ingest(bench, 1); }
void ingest_imu_8(Bench& bench) { ingest(bench, 8); }

void doput_raw(Bench& bench) {
  const std::int64_t rows = bench.rows();
  Series series("rows/s");
  IngestLimits limits(rows, kRawBatchRows, 1, bench.new_path("limit"));
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    const fs::path store = bench.new_path("store");
    {
      const ServerProcess server = ServerProcess::mosaicod(store);
      BareClient client(server.port());
      const auto recording = client.begin("raw");
      auto upload = client.upload(recording, "imu", "IMU", imu_schema());
      series.add(measured_rate(&server, static_cast<double>(rows), [&] {
        for (const auto& batch : limits.batches()) upload.write(*batch);
        expect_rows(upload.finish(), rows);
      }));
      client.finalize(recording);
    }
    const std::int64_t stored = stored_bytes(store, ".parquet");
    fs::remove_all(store);
    limits.add_to(&series, stored);
  }
  bench.report(series.outcome());
}

}  // namespace mosaico::bench
