// Replays one topic: message by message, and as whole columns.

#include <cstdint>
#include <iostream>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    example::record_drive_if_absent(client);
    const auto imu = client.topic_handler(example::kDrive, "/sensors/imu");

    // next() gives an owning message that may be kept as long as you like.
    TopicDataStreamer stream = imu->get_data_streamer();
    std::cout << imu->name() << " starts at " << stream.next_timestamp().value_or(0) << " ns\n";
    double turned = 0;
    std::int64_t messages = 0;
    while (const auto message = stream.next()) {
      const auto sample = message->get_data<IMU>();
      turned += sample->angular_velocity.z / 200;
      ++messages;
    }
    std::cout << messages << " samples; the heading changed by " << turned << " rad\n";
    example::expect(messages == 200 * example::kDriveSeconds, "all samples");

    // The same rows as columns, in the Arrow C Data Interface: what analysis tools want. Only one
    // batch is in memory at a time, however long the topic is.
    std::int64_t rows = 0;
    int batches = 0;
    TopicDataStreamer columns = imu->get_data_streamer();
    while (const auto batch = columns.next_batch()) {
      rows += batch->rows();
      ++batches;
    }
    std::cout << "the same as columns: " << rows << " rows in " << batches << " batch(es)\n";
    example::expect(rows == messages, "both ways give the same rows");
  });
}
