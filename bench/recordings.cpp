#include "recordings.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <vector>

#include "bare_client.hpp"
#include "core/error.hpp"
#include "mosaico/detail/record_buffer.hpp"
#include "ontology/record_batch.hpp"
#include "samples.hpp"

namespace mosaico::bench {

namespace {

constexpr std::int64_t kBatchRows = 16'384;

std::shared_ptr<arrow::RecordBatch> spike_batch(std::int64_t timestamp_ns, double spike) {
  auto buffer = std::make_shared<detail::TypedRecordBuffer<IMU>>();
  IMU imu;
  set_values(imu, imu_values().front());
  imu.acceleration.x = spike;
  buffer->append(timestamp_ns, imu, buffer->bytes_of(imu));
  buffer->finish();
  return core::value_or_throw(ontology::to_record_batch(imu_schema(), buffer));
}

void write_recording(const ImuRecording& recording, double spike) {
  const ServerProcess server = ServerProcess::mosaicod(recording.store);
  BareClient client(server.port());
  const auto sequence = client.begin(recording.sequence);
  const ImuBatches batches(std::min(kBatchRows, recording.rows_per_topic()));
  for (int topic = 0; topic < recording.topics; ++topic) {
    const RowTimes times{.start_ns = kStartNs + topic * kImuPeriodNs / recording.topics};
    const bool has_spike = spike != 0 && topic == recording.topics - 1;
    const std::int64_t rows = recording.rows_per_topic() - (has_spike ? 1 : 0);
    auto upload = client.upload(sequence, ImuRecording::topic(topic), "IMU", imu_schema());
    for (std::int64_t first = 0; first < rows; first += batches.batch_rows()) {
      upload.write(*batches.at(first, std::min(batches.batch_rows(), rows - first), times));
    }
    if (has_spike) upload.write(*spike_batch(times.of(rows), spike));
    upload.finish();
  }
  client.finalize(sequence);
}

}  // namespace

ImuRecording imu_recording(const Bench& bench, int topics, std::int64_t rows, double spike) {
  ImuRecording recording{.topics = topics};
  recording.rows = std::max<std::int64_t>(rows / topics, 1) * topics;
  const std::string name = "imu_" + std::to_string(topics) + "x" +
                           std::to_string(recording.rows_per_topic()) +
                           (spike != 0 ? "_spike" : "");
  recording.store = bench.directory() / name;
  if (std::filesystem::exists(recording.store)) return recording;
  Bench::note("recording " + std::to_string(recording.rows) + " rows");
  // It gets its name when it is whole.
  ImuRecording part = recording;
  part.store += ".part";
  std::filesystem::remove_all(part.store);
  write_recording(part, spike);
  std::filesystem::rename(part.store, recording.store);
  return recording;
}

}  // namespace mosaico::bench
