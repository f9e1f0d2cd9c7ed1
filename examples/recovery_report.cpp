// Keeps what was recorded before something went wrong.
//
// With OnErrorPolicy::Report every row that reached the platform stays readable, and the error is
// kept beside the recording as a notification.

#include <cstdint>
#include <iostream>
#include <stdexcept>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

namespace {

void drive_into_trouble(MosaicoClient& client, const char* name) {
  SequenceWriter sequence =
      client.sequence_create(name, {{"weather", "hail"}}, {.on_error = OnErrorPolicy::Report});
  TopicWriter imu = sequence.topic_create<IMU>("sensors/imu");
  for (std::int64_t i = 0; i < 500; ++i) {
    imu.push(IMU{.acceleration = {.x = 0, .y = 0, .z = 9.81}},
             example::kDriveStart + i * example::kSecond / 200);
  }
  imu.flush();  // From here on the 500 rows survive whatever comes.
  throw std::runtime_error("the lidar's cable came off");
  // The exception passes the SequenceWriter, whose destructor applies the policy.
}

}  // namespace

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    const char* name = "interrupted_drive";
    try {
      drive_into_trouble(client, name);
    } catch (const std::runtime_error& error) {
      std::cout << "the drive ended early: " << error.what() << "\n";
    }

    const auto sequence = client.sequence_handler(name);
    example::expect(sequence.has_value(), "the sequence is kept");
    example::expect(sequence->sequence_info().state == SequenceState::Unlocked,
                    "it is marked as not healthy");

    std::int64_t rows = 0;
    SequenceDataStreamer stream = sequence->get_data_streamer();
    while (stream.next_view()) ++rows;
    std::cout << rows << " messages were saved\n";
    example::expect(rows == 500, "every acknowledged row is readable");

    const auto notifications = client.sequence_notifications(name);
    for (const Notification& notification : notifications) {
      std::cout << notification.created_datetime << " " << notification.type << ": "
                << notification.message << "\n";
    }
    example::expect(!notifications.empty(), "the error is kept as a notification");

    // A healthy sequence refuses to be deleted; this one may go when nobody needs it any more.
    client.sequence_delete(name);
    example::expect(!client.sequence_handler(name), "it is gone");
  });
}
