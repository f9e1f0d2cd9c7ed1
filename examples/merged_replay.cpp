// Replays a window of two topics as one stream in the order of time.

#include <cstdint>
#include <iostream>
#include <limits>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    example::record_drive_if_absent(client);
    const auto sequence = client.sequence_handler(example::kDrive);

    // One second of the drive: the start belongs to the window, the end does not.
    const std::int64_t start = example::kDriveStart + 2 * example::kSecond;
    const std::int64_t end = start + example::kSecond;
    SequenceDataStreamer stream =
        sequence->get_data_streamer({.topics = TopicFilter{"/sensors/gps", "/sensors/imu"},
                                     .start_timestamp_ns = start,
                                     .end_timestamp_ns = end});

    // The time of the next message, without taking it.
    const auto first = stream.next_timestamp();
    example::expect(first == start, "the first message is that of the start");
    std::cout << "replay from " << *first << " ns\n";

    int fixes = 0;
    int samples = 0;
    std::int64_t before = std::numeric_limits<std::int64_t>::min();
    // A message of the loop is a view, valid until the next step; nothing is copied until
    // get_data() asks for an object. It is empty when the message is of another type.
    for (const auto& [topic, message] : stream) {
      example::expect(message.timestamp_ns() >= before, "strict order of time");
      before = message.timestamp_ns();
      if (const auto fix = message.get_data<GPS>()) {
        ++fixes;
        std::cout << message.timestamp_ns() << " " << topic << ": " << fix->position.x << "° N, "
                  << fix->position.y << "° E\n";
      } else if (const auto sample = message.get_data<IMU>()) {
        ++samples;
      }
    }
    std::cout << fixes << " fixes and " << samples << " IMU samples\n";
    example::expect(fixes == 10 && samples == 200, "10 Hz and 200 Hz, for one second");
  });
}
