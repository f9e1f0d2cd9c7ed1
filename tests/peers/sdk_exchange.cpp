// The C++ side of the exchange with the published clients. It prints one JSON line a message:
// {"topic","timestamp_ns","data"}, from the objects it pushed or from those it was given.
//
//   sdk_exchange write PORT SEQUENCE   every built-in type, an own one, one of run time, pictures
//   sdk_exchange read PORT SEQUENCE    any sequence; "modeled": whether there is a C++ class for it
#include <cstdint>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/mosaico.hpp"
#include "motor_reading.hpp"
#include "object_json.hpp"
#include "ontology/random_object.hpp"
#include "plausible_object.hpp"

namespace mosaico::peers {

namespace {

constexpr int kRows = 6;

void print(const std::string& topic, std::int64_t timestamp_ns, nlohmann::json line) {
  line["topic"] = topic;
  line["timestamp_ns"] = timestamp_ns;
  std::cout << line.dump() << '\n';
}

template <Described T>
void push(TopicWriter& writer, const std::string& topic, const T& object,
          std::int64_t timestamp_ns) {
  print(topic, timestamp_ns, {{"data", object_json(object)}});
  writer.push(object, timestamp_ns);
}

template <Described T>
void write_random(SequenceWriter& sequence, RandomObjects& random, const std::string& topic) {
  TopicWriter writer = sequence.topic_create<T>(topic);
  for (int row = 0; row < kRows; ++row) {
    T object = random.make<T>();
    make_plausible(object);
    push(writer, "/" + topic, object, row);
  }
}

template <typename... Types>
void write_builtin_types(SequenceWriter& sequence, RandomObjects& random,
                         detail::TypeList<Types...>) {
  (write_random<Types>(sequence, random, std::string("types/") + description_of<Types>().tag), ...);
}

void write_type_of_run_time(SequenceWriter& sequence) {
  const Field angle{.name = "angle", .type = {.kind = TypeKind::Float32}, .nullable = false};
  const Schema schema{
      .ontology_tag = "Gripper",
      .fields = {{.name = "force", .type = {.kind = TypeKind::Float64}, .nullable = false},
                 {.name = "state", .type = {.kind = TypeKind::String}},
                 {.name = "fingers", .type = DataType::list_of(DataType::struct_of({angle}))},
                 {.name = "wrist", .type = DataType::struct_of({angle})}}};
  TopicWriter writer = sequence.topic_create("run_time/gripper", {}, schema);
  const std::vector<nlohmann::json> rows{
      {{"force", 1.5},
       {"state", "open"},
       {"fingers", {{{"angle", 0.5}}, {{"angle", -2.25}}}},
       {"wrist", {{"angle", 8}}}},
      {{"force", -2}, {"state", nullptr}, {"fingers", nullptr}, {"wrist", nullptr}}};
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto timestamp_ns = static_cast<std::int64_t>(row);
    print("/run_time/gripper", timestamp_ns, {{"data", rows[row]}});
    writer.push(rows[row], timestamp_ns);
  }
}

void write_pictures(SequenceWriter& sequence) {
  constexpr int kWidth = 40;
  constexpr int kHeight = 30;
  std::vector<std::uint8_t> pixels(size_t{3} * kWidth * kHeight);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 120);
  const PixelView view{
      .data = pixels, .width = kWidth, .height = kHeight, .encoding = PixelEncoding::Rgb8};
  const nlohmann::json line{{"pixels", hex_of(Bytes::copy_of(pixels))}};
  TopicWriter stills = sequence.topic_create<Image>("pictures/still");
  std::int64_t timestamp_ns = 0;
  for (const ImageFormat format : {ImageFormat::Raw, ImageFormat::Png}) {
    stills.push(Image::from_pixels(view, format), timestamp_ns);
    print("/pictures/still", timestamp_ns++, line);
  }
  TopicWriter files = sequence.topic_create<CompressedImage>("pictures/file");
  files.push(CompressedImage::encode(view, {.format = ImageFormat::Png}), 0);
  print("/pictures/file", 0, line);
}

void write(MosaicoClient& client, const std::string& name) {
  client.record(name, {{"by", "C++"}}, [](SequenceWriter& sequence) {
    RandomObjects random(7);
    write_builtin_types(sequence, random, detail::BuiltinTypes());
    write_random<MotorReading>(sequence, random, "own/motor");
    write_type_of_run_time(sequence);
    write_pictures(sequence);
  });
}

template <Described T>
bool take(const MessageView& message, nlohmann::json& line) {
  const std::optional<T> data = message.get_data<T>();
  if (!data) return false;
  line["data"] = object_json(*data);
  return true;
}

template <typename... Types>
bool take_any(const MessageView& message, nlohmann::json& line, detail::TypeList<Types...>) {
  return (take<Types>(message, line) || ...);
}

void read(MosaicoClient& client, const std::string& name) {
  auto stream = client.sequence_handler(name).value().get_data_streamer();
  for (const auto& [topic, message] : stream) {
    nlohmann::json line;
    const bool modeled =
        take<MotorReading>(message, line) || take_any(message, line, detail::BuiltinTypes());
    if (!modeled) line["data"] = message.to_json();
    line["modeled"] = modeled;
    line["tag"] = message.ontology_tag();
    if (topic.starts_with("/pictures/")) {
      const auto still = message.get_data<Image>();
      const PixelImage picture =
          still ? still->decode() : message.get_data<CompressedImage>().value().decode();
      line["pixels"] = hex_of(picture.data);
    }
    print(std::string(topic), message.timestamp_ns(), std::move(line));
  }
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 3 || (arguments[0] != "write" && arguments[0] != "read")) {
    std::cerr << "usage: sdk_exchange write|read PORT SEQUENCE\n";
    return 2;
  }
  MosaicoClient client = MosaicoClient::connect("127.0.0.1", std::stoi(arguments[1]));
  (arguments[0] == "write" ? write : read)(client, arguments[2]);
  return 0;
}

}  // namespace

}  // namespace mosaico::peers

int main(int argc, char** argv) {
  try {
    return mosaico::peers::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "sdk_exchange: " << error.what() << '\n';
    return 1;
  }
}
