#include <chrono>
#include <thread>

#include <gmock/gmock.h>

#include "client/places.hpp"

namespace mosaico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Labels {
  std::vector<std::string> names = {};
};
MOSAICO_ONTOLOGY(Labels, "WritingTestLabels", names)

class Writing : public ConformanceTest {
 protected:
  std::vector<Message> messages_of(const std::string& sequence, const std::string& topic) {
    std::vector<Message> messages;
    auto stream = client_.topic_handler(sequence, topic)->get_data_streamer();
    while (auto message = stream.next()) messages.push_back(*message);
    return messages;
  }
};

TEST_P(Writing, EveryWayToPushArrives) {
  {
    auto sequence = client_.sequence_create("run");
    auto imu = sequence.topic_create<IMU>("imu", {{"vendor", "inertix-dynamics"}});
    imu.push(imu_number(0), 10);
    imu.push(imu_number(1),
             std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(11)));
    imu.push(Message{12, imu_number(2)});
    EXPECT_EQ(imu.try_push(imu_number(3), 13), PushResult::Pushed);
    EXPECT_EQ(imu.try_push(Message{14, imu_number(4)}), PushResult::Pushed);
    EXPECT_EQ(imu.try_push(imu_number(5), std::chrono::sys_time<std::chrono::nanoseconds>(
                                              std::chrono::nanoseconds(15))),
              PushResult::Pushed);
  }
  {
    // Messages of a stream go into another recording.
    auto copy = client_.sequence_create("copy");
    auto imu = copy.topic_create<IMU>("imu");
    for (const Message& message : messages_of("run", "imu")) imu.push(message);
  }
  for (const char* name : {"run", "copy"}) {
    const auto messages = messages_of(name, "imu");
    ASSERT_EQ(messages.size(), 6U) << name;
    for (int i = 0; i < 6; ++i) {
      const Message& message = messages[static_cast<size_t>(i)];
      EXPECT_EQ(message.timestamp_ns(), 10 + i);
      EXPECT_EQ(message.get_data<IMU>()->angular_velocity.x, -i);
      EXPECT_FALSE(message.get_data<IMU>()->orientation.has_value());
    }
  }
}

TEST_P(Writing, TheMessageHeaderReplacesMembersOfTheObjectsOwn) {
  {
    auto sequence = client_.sequence_create("run");
    auto imu = sequence.topic_create<IMU>("imu");
    IMU own = imu_number(1);
    own.header = Header{
        .timestamp = Time{.seconds = 5, .nanoseconds = 6}, .frame_id = "own", .sample_counter = 1};
    own.acceleration.header = Header{.frame_id = "nested"};
    imu.push(own, 1, Header{.frame_id = "imu_link"});
    imu.push(imu_number(2), 2,
             Header{.timestamp = Time{.seconds = 1, .nanoseconds = 500},
                    .frame_id = "imu_link",
                    .sample_counter = 7});
    imu.push(imu_number(3), 3);
  }
  const auto messages = messages_of("run", "imu");
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].header()->frame_id, "imu_link");
  EXPECT_EQ(messages[0].header()->timestamp->seconds, 5);
  EXPECT_EQ(messages[0].header()->sample_counter, 1U);
  EXPECT_EQ(messages[0].get_data<IMU>()->acceleration.header->frame_id, "nested");
  EXPECT_EQ(messages[1].header()->timestamp->nanoseconds, 500U);
  EXPECT_EQ(messages[1].header()->sample_counter, 7U);
  EXPECT_FALSE(messages[2].header().has_value());
}

TEST_P(Writing, AHeaderForATypeWithoutOneIsRefused) {
  auto sequence = client_.sequence_create("run");
  auto flag = sequence.topic_create<Boolean>("flag");
  EXPECT_EQ(thrown_kind([&] { flag.push(Boolean{.data = true}, 1, Header{.frame_id = "x"}); }),
            ErrorKind::Invalid);
  flag.push(Boolean{.data = true}, 1);
  sequence.close();
  EXPECT_EQ(messages_of("run", "flag").size(), 1U);
}

TEST_P(Writing, AnotherTypeThanTheTopicsIsRefused) {
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  EXPECT_EQ(thrown_kind([&] { imu.push(GPS{}, 1); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { imu.push(Message{1, GPS{}}); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { imu.push(nlohmann::json{{"x", 1}}, 1); }), ErrorKind::Invalid);
  sequence.abort();
}

TEST_P(Writing, ATextThatIsNoUtf8IsRefusedByPushAndTheTopicGoesOn) {
  auto sequence = client_.sequence_create("run");
  auto text = sequence.topic_create<String>("text");
  const auto refusal = [&](const auto& push) -> std::string {
    try {
      push();
    } catch (const InvalidError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([&] { text.push(String{.data = "caf\xe9"}, 1); }), HasSubstr("data of"));
  EXPECT_THAT(refusal([&] { text.try_push(String{.data = "an ascii text\xff"}, 1); }),
              HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal([&] { text.push(Message{1, String{.data = "\xc0\x80"}}); }),
              HasSubstr("data of"));
  auto imu = sequence.topic_create<IMU>("imu");
  EXPECT_THAT(refusal([&] { imu.push(imu_number(0), 1, Header{.frame_id = "\xff"}); }),
              HasSubstr("header.frame_id"));
  IMU nested = imu_number(0);
  nested.acceleration.header = Header{.frame_id = "\xff"};
  EXPECT_THAT(refusal([&] { imu.push(nested, 1); }), HasSubstr("acceleration.header.frame_id"));
  auto labels = sequence.topic_create<Labels>("labels");
  EXPECT_THAT(refusal([&] { labels.push(Labels{.names = {"a", "b\xff"}}, 1); }),
              HasSubstr("names[1]"));

  text.push(String{.data = "caf\xc3\xa9 \xf0\x9f\xa4\x96"}, 2);
  imu.push(imu_number(1), 2);
  labels.push(Labels{.names = {"a", "\xc3\xa9"}}, 2);
  sequence.close();
  ASSERT_EQ(messages_of("run", "text").size(), 1U);
  EXPECT_EQ(messages_of("run", "text")[0].get_data<String>()->data, "caf\xc3\xa9 \xf0\x9f\xa4\x96");
  EXPECT_EQ(messages_of("run", "labels").size(), 1U);
}

TEST_P(Writing, FlushWaitsUntilTheRowsCanBeRead) {
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  for (int i = 0; i < 100; ++i) imu.push(imu_number(i), i);
  imu.flush();
  EXPECT_EQ(imu.stats().pushed_rows, 100);
  EXPECT_EQ(imu.stats().acknowledged_rows, 100);
  EXPECT_EQ(imu.stats().dropped_rows, 0);
  EXPECT_EQ(imu.stats().queued_batches, 0);
  EXPECT_GT(imu.stats().sent_bytes, 0);
  EXPECT_EQ(messages_of("run", "imu").size(), 100U);
  imu.flush();
  sequence.close();
}

TEST_P(Writing, RowsLeaveByAgeWithoutAnyFlush) {
  WriterConfig config;
  config.max_batch_age = std::chrono::milliseconds(10);
  auto sequence = client_.sequence_create("run", {}, config);
  auto imu = sequence.topic_create<IMU>("imu");
  imu.push(imu_number(0), 0);
  while (imu.stats().acknowledged_rows < 1) std::this_thread::yield();
  EXPECT_EQ(messages_of("run", "imu").size(), 1U);
  sequence.close();
}

TEST_P(Writing, BatchesAreCutByRowsAndByBytes) {
  WriterConfig config;
  config.max_batch_size_records = 7;
  config.max_batch_age = std::chrono::minutes(10);
  auto sequence = client_.sequence_create("run", {}, config);
  auto imu = sequence.topic_create<IMU>("imu");
  for (int i = 0; i < 14; ++i) imu.push(imu_number(i), i);
  while (imu.stats().acknowledged_rows < 14) std::this_thread::yield();
  auto text = sequence.topic_create<String>("text");
  // Larger than a batch may be: each travels alone.
  for (int i = 0; i < 3; ++i) text.push(String{.data = std::string(5 << 20, 'a')}, i);
  while (text.stats().acknowledged_rows < 2) std::this_thread::yield();
  sequence.close();
  EXPECT_EQ(messages_of("run", "imu").size(), 14U);
  EXPECT_EQ(messages_of("run", "text").size(), 3U);
}

TEST_P(Writing, ARaw4KFramePassesWithDefaultSettings) {
  Image frame;
  frame.format = "raw";
  frame.width = 3840;
  frame.height = 2160;
  frame.stride = 3840 * 3;
  frame.encoding = "rgb8";
  std::vector<std::uint8_t> pixels(static_cast<size_t>(frame.stride) * 2160);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 31);
  frame.data = Bytes(pixels);
  {
    auto sequence = client_.sequence_create("run");
    auto camera = sequence.topic_create<Image>("camera");
    for (int i = 0; i < 3; ++i) camera.push(frame, i);
  }
  const auto messages = messages_of("run", "camera");
  ASSERT_EQ(messages.size(), 3U);
  for (const Message& message : messages)
    EXPECT_TRUE(message.get_data<Image>()->data == frame.data);
}

TEST_P(Writing, ARecordLargerThanAMessageArrives) {
  const std::string large(40 << 20, 'x');
  {
    auto sequence = client_.sequence_create("run");
    auto text = sequence.topic_create<String>("text");
    text.push(String{.data = "small"}, 1);
    text.push(String{.data = large}, 2);
    text.push(String{.data = "small"}, 3);
  }
  const auto messages = messages_of("run", "text");
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_TRUE(messages[1].get_data<String>()->data == large);
}

TEST_P(Writing, ARecordBeyondTheLimitIsRefusedAndTheTopicGoesOn) {
  WriterConfig config;
  config.max_record_bytes = 1 << 20;
  auto sequence = client_.sequence_create("run", {}, config);
  auto text = sequence.topic_create<String>("text");
  text.push(String{.data = "before"}, 1);
  EXPECT_EQ(thrown_kind([&] { text.push(String{.data = std::string(2 << 20, 'x')}, 2); }),
            ErrorKind::LimitExceeded);
  text.push(String{.data = "after"}, 3);
  sequence.close();
  EXPECT_EQ(messages_of("run", "text").size(), 2U);
}

TEST_P(Writing, AnImageIsEncodedOnThePoolAndDecodesToTheSamePixels) {
  std::vector<std::uint8_t> pixels(64 * 48 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i % 251);
  const std::thread::id pusher = std::this_thread::get_id();
  std::thread::id encoder;
  {
    auto sequence = client_.sequence_create("run");
    auto camera = sequence.topic_create<Image>("camera");
    Image image = Image::from_pixels(
        PixelView{.data = pixels, .width = 64, .height = 48, .encoding = PixelEncoding::Rgb8});
    image.data = Bytes::lazy(image.data.size_hint(), [&encoder, data = image.data] {
      encoder = std::this_thread::get_id();
      return Bytes::copy_of(data.span());
    });
    camera.push(image, 1);
  }
  EXPECT_NE(encoder, std::thread::id());
  EXPECT_NE(encoder, pusher);
  const auto decoded = messages_of("run", "camera")[0].get_data<Image>()->decode();
  EXPECT_EQ(decoded.width, 64);
  EXPECT_TRUE(std::ranges::equal(decoded.data.span(), pixels));
}

TEST_P(Writing, SentBytesAreThoseOfTheEncodedPicture) {
  auto sequence = client_.sequence_create("run");
  auto camera = sequence.topic_create<Image>("camera");
  Image image{.width = 1, .height = 1};
  image.data = Bytes::lazy(1 << 20, [] { return Bytes(std::vector<std::uint8_t>(100)); });
  camera.push(image, 1);
  camera.flush();
  EXPECT_GE(camera.stats().sent_bytes, 100);
  EXPECT_LT(camera.stats().sent_bytes, 10'000);
}

TEST_P(Writing, ATypeKnownOnlyAtRunTimeIsWrittenAsJson) {
  const Schema schema{
      .ontology_tag = "Gripper",
      .fields = {{.name = "force", .type = {.kind = TypeKind::Float64}, .nullable = false},
                 {.name = "state", .type = {.kind = TypeKind::String}},
                 {.name = "fingers",
                  .type = DataType::list_of(DataType::struct_of(
                      {{.name = "angle", .type = {.kind = TypeKind::Float32}}}))}}};
  {
    auto sequence = client_.sequence_create("run");
    auto gripper = sequence.topic_create("gripper", {}, schema);
    gripper.push({{"force", 1.5}, {"state", "open"}, {"fingers", {{{"angle", 0.5}}}}}, 1);
    gripper.push({{"force", 2}}, 2);
    EXPECT_EQ(thrown_kind([&] { gripper.push({{"state", "open"}}, 3); }), ErrorKind::Invalid);
    EXPECT_EQ(thrown_kind([&] { gripper.push({{"force", "much"}}, 3); }), ErrorKind::Invalid);
    EXPECT_EQ(gripper.try_push({{"force", 3}, {"state", nullptr}}, 3), PushResult::Pushed);
  }
  const auto messages = messages_of("run", "gripper");
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].ontology_tag(), "Gripper");
  EXPECT_EQ(messages[0].field("force"), 1.5);
  EXPECT_EQ(messages[0].field("state"), "open");
  EXPECT_EQ(messages[1].field("state"), nlohmann::json(nullptr));
  EXPECT_FALSE(messages[1].field("nothing").has_value());
  EXPECT_EQ(messages[0].to_json()["fingers"][0]["angle"], 0.5);
}

TEST_P(Writing, WholeColumnsGoInAndComeOut) {
  client_.record("run", {}, [](SequenceWriter& sequence) {
    auto imu = sequence.topic_create<IMU>("imu");
    for (int i = 0; i < 1000; ++i) imu.push(imu_number(i), i);
  });
  int64_t rows = 0;
  client_.record("copy", {}, [&](SequenceWriter& sequence) {
    auto imu = sequence.topic_create<IMU>("imu");
    auto gps = sequence.topic_create<GPS>("gps");
    auto stream = client_.topic_handler("run", "imu")->get_data_streamer();
    while (auto columns = stream.next_batch()) {
      rows += columns->rows();
      imu.push_columns(std::move(*columns));
    }
    auto again = client_.topic_handler("run", "imu")->get_data_streamer();
    EXPECT_EQ(thrown_kind([&] { gps.push_columns(*again.next_batch()); }), ErrorKind::Invalid);
    imu.flush();
    EXPECT_EQ(imu.stats().pushed_rows, 1000);
  });
  EXPECT_EQ(rows, 1000);
  const auto messages = messages_of("copy", "imu");
  ASSERT_EQ(messages.size(), 1000U);
  EXPECT_EQ(messages[999].get_data<IMU>()->acceleration.y, 999.25);
}

TEST_P(Writing, ManyThreadsWriteOneATopic) {
  constexpr int kTopics = 16;
  constexpr int kRows = 500;
  client_.record("run", {}, [&](SequenceWriter& sequence) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kTopics; ++t) {
      threads.emplace_back([&sequence, t] {
        auto imu = sequence.topic_create<IMU>("imu" + std::to_string(t));
        for (int i = 0; i < kRows; ++i) imu.push(imu_number(i), i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  for (int t = 0; t < kTopics; ++t) {
    EXPECT_EQ(client_.topic_handler("run", "imu" + std::to_string(t))->topic_info().total_rows,
              kRows);
  }
}

MOSAICO_EVERY_PLACE(Writing);

}  // namespace
}  // namespace mosaico
