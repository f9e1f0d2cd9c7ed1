#include "imu_load.hpp"

#include <cmath>

#include "core/error.hpp"
#include "samples.hpp"

namespace mosaico::bench {

namespace {

// The message of a step of a stream.
const MessageView& message_of(const MessageView& message) { return message; }
const MessageView& message_of(const StreamEntry& entry) { return entry.message; }

template <typename Handler>
Run read_messages(const ServerProcess& server, const Handler& handler, std::int64_t rows) {
  double sum = 0;
  const Run run = measured_rate(&server, static_cast<double>(rows), [&] {
    std::int64_t read = 0;
    for (const auto& entry : handler.get_data_streamer()) {
      sum += message_of(entry).template get_data<IMU>()->acceleration.x;
      ++read;
    }
    expect_rows(read, rows);
  });
  if (std::isnan(sum)) throw InternalError("values came back as NaN");
  return run;
}

}  // namespace

void push_in_turn(std::vector<TopicWriter>& topics, std::int64_t rows) {
  const auto& samples = imu_values();
  const RowTimes times;
  IMU imu;
  std::size_t topic = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    set_values(imu, samples[static_cast<std::size_t>(row) % kImuCycle]);
    topics[topic].push(imu, times.of(row));
    if (++topic == topics.size()) topic = 0;
  }
  for (TopicWriter& writer : topics) writer.flush();
}

Run read_topic(const ServerProcess& server, const TopicHandler& topic, std::int64_t rows) {
  return read_messages(server, topic, rows);
}

Run read_sequence(const ServerProcess& server, const SequenceHandler& sequence, std::int64_t rows) {
  return read_messages(server, sequence, rows);
}

void expect_rows(std::int64_t actual, std::int64_t expected) {
  if (actual == expected) return;
  core::throw_if_error(
      core::error(ErrorKind::Internal, "there are ", actual, " rows in place of ", expected));
}

}  // namespace mosaico::bench
