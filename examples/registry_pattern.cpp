// A message type of one's own, and a function for each type in place of a chain of ifs.

#include <cstdint>
#include <iostream>
#include <optional>
#include <string_view>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

namespace rover {

// Any struct of numbers, bools, strings, bytes, enumerations, vectors, arrays and such structs is a
// message type once its members are listed. An optional member may be absent.
struct MotorTemperature {
  double value = kUnset;  // Kelvin.
  std::optional<double> variance = {};
};
MOSAICO_ONTOLOGY(MotorTemperature, "MotorTemperature", value, variance)

}  // namespace rover

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    const char* name = "motor_test";
    if (!client.sequence_handler(name)) {
      client.record(name, {{"bench", "motor-3"}}, [](SequenceWriter& sequence) {
        auto motor = sequence.topic_create<rover::MotorTemperature>("motors/left");
        auto imu = sequence.topic_create<IMU>("sensors/imu");
        auto note = sequence.topic_create<String>("notes");
        note.push(String{.data = "full throttle"}, example::kDriveStart);
        for (int i = 0; i < 100; ++i) {
          const std::int64_t now = example::kDriveStart + i * example::kSecond / 10;
          imu.push(IMU{.acceleration = {.x = 0, .y = 0, .z = 9.81}}, now);
          if (i % 10 == 0) motor.push(rover::MotorTemperature{.value = 300.0 + i}, now);
        }
      });
    }

    double hottest = 0;
    int samples = 0;
    int others = 0;
    Dispatcher dispatcher;
    dispatcher
        .on<rover::MotorTemperature>(
            [&](std::string_view topic, std::int64_t time, const rover::MotorTemperature& motor) {
              std::cout << time << " " << topic << ": " << motor.value << " K\n";
              hottest = motor.value > hottest ? motor.value : hottest;
            })
        .on<IMU>([&](const IMU&) { ++samples; })
        .otherwise([&](const StreamEntry& entry) {
          // Messages of any type can be read by the names of their columns.
          std::cout << entry.topic << " (" << entry.message.ontology_tag()
                    << "): " << entry.message.to_json().dump() << "\n";
          ++others;
        });
    const std::int64_t calls = dispatcher.run(client.sequence_handler(name)->get_data_streamer());

    std::cout << calls << " messages; the hottest motor: " << hottest << " K\n";
    example::expect(hottest == 390.0 && samples == 100 && others == 1, "each type its function");
  });
}
