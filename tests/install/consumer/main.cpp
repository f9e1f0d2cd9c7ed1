#include <mosaico/mosaico.hpp>

int main(int, char** arguments) {
  auto client = mosaico::MosaicoClient::open(arguments[1]);
  auto sequence = client.sequence_create("drive", {{"weather", "dry"}});
  auto imu = sequence.topic_create<mosaico::IMU>("imu", {{"vendor", "inertix-dynamics"}});
  imu.push(mosaico::IMU{.acceleration = {.x = 0, .y = 0, .z = 9.81}}, 1'700'000'000'000);
  sequence.close();
  const auto message = client.topic_handler("drive", "imu")->get_data_streamer().next();
  return message && message->get_data<mosaico::IMU>()->acceleration.z == 9.81 ? 0 : 1;
}
