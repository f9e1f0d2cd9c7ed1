// Records a sequence with an IMU and a GPS.
//
// A sequence is one recording session of a robot. It has topics, one for each sensor, and every
// topic holds messages of one type in the order of their time.

#include <cstdint>
#include <iostream>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    const char* name = "first_recording";
    if (client.sequence_handler(name)) {
      std::cout << name << " is recorded already, and what is recorded never changes\n";
      return;
    }

    // Metadata is any JSON object. Queries find sequences and topics by it.
    const nlohmann::json metadata = {
        {"vehicle", {{"software_stack", {{"planning", "plan-4.1.7"}, {"perception", "p-2.3"}}}}},
        {"driver", "autonomous"}};
    {
      // When anything in this block throws, nothing of the recording remains: that is what
      // OnErrorPolicy::Delete means, the default. recovery_report.cpp shows the other policy.
      SequenceWriter sequence =
          client.sequence_create(name, metadata, {.on_error = OnErrorPolicy::Delete});

      TopicWriter imu = sequence.topic_create<IMU>("sensors/imu",
                                                   {{"vendor", "inertix-dynamics"}, {"rate", 200}});
      TopicWriter gps = sequence.topic_create<GPS>(
          "sensors/gps", {{"role", "primary_gps"}, {"interface", {{"type", "UART"}}}});

      for (std::int64_t i = 0; i < 2'000; ++i) {
        // Times are ns on a clock of your choice. push() copies the fields into columns and
        // returns; sending happens in the background.
        const std::int64_t now = example::kDriveStart + i * example::kSecond / 200;
        imu.push(IMU{.acceleration = {.x = 0, .y = 0, .z = 9.81},
                     .angular_velocity = {.x = 0, .y = 0, .z = 0}},
                 now);

        // Ten times a second comes a fix, here as a Message: time, object and header in one. The
        // header says when and in which frame it was measured.
        if (i % 20 == 0) {
          gps.push(Message{now, GPS{.position = {.x = 45.4642, .y = 9.19, .z = 120.0}},
                           Header{.timestamp = Time::from_nanoseconds(now), .frame_id = "map"}});
        }
      }

      // close() waits until every row is safe and makes the sequence immutable. Leaving the block
      // does the same, but only close() can throw what went wrong.
      sequence.close();
      std::cout << "recorded " << name << ": " << imu.stats().acknowledged_rows
                << " IMU messages and " << gps.stats().acknowledged_rows << " fixes\n";
      example::expect(imu.stats().acknowledged_rows == 2'000, "every message is acknowledged");
    }
    example::expect(client.sequence_handler(name).has_value(), "the sequence can be found");
  });
}
