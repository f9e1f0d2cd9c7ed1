// What each member of WriterConfig does, on both transports.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "client/places.hpp"

namespace mosaico {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

// A picture that is encoded only when the test lets it be: its lane stands until then, whatever
// carries the rows.
class HeldPicture {
 public:
  CompressedImage image() {
    CompressedImage image;
    image.format = "png";
    image.data = Bytes::lazy(10, [this] {
      std::unique_lock lock(mutex_);
      encoding_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
      return Bytes(std::vector<std::uint8_t>(10));
    });
    return image;
  }
  void wait_until_encoding() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return encoding_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool encoding_ = false;
  bool released_ = false;
};

CompressedImage picture(std::size_t bytes = 10) {
  CompressedImage image;
  image.format = "png";
  image.data = Bytes(std::vector<std::uint8_t>(bytes));
  return image;
}

class ConfiguredWriter : public ConformanceTest {
 protected:
  // A row a batch, and none by age.
  static WriterConfig single_rows() {
    WriterConfig config;
    config.max_batch_size_records = 1;
    config.max_batch_age = std::chrono::hours(1);
    return config;
  }

  // Pushes rows at 0, 1, … of which the first one holds the lane, until it takes no more.
  static std::int64_t fill(TopicWriter& topic, HeldPicture& held, std::size_t bytes = 10) {
    topic.push(held.image(), 0);
    held.wait_until_encoding();
    std::int64_t taken = 1;
    while (topic.try_push(picture(bytes), taken) == PushResult::Pushed) ++taken;
    return taken;
  }

  std::vector<std::int64_t> times_of(const std::string& topic) {
    std::vector<std::int64_t> times;
    for (const auto& message : client_.topic_handler("run", topic)->get_data_streamer()) {
      times.push_back(message.timestamp_ns());
    }
    return times;
  }

  // {rows, timestamp_ns_min, timestamp_ns_max} of the gaps that a topic tells.
  std::vector<std::vector<std::int64_t>> gaps_of(const std::string& topic) {
    std::vector<std::vector<std::int64_t>> gaps;
    for (const Notification& notification : client_.topic_notifications("run", topic)) {
      EXPECT_EQ(notification.type, "error");
      EXPECT_EQ(notification.topic, "/" + topic);
      const json body = json::parse(notification.message);
      EXPECT_EQ(body.size(), 1U);
      EXPECT_EQ(body.at("gap").size(), 3U);
      gaps.push_back(
          {body["gap"]["rows"], body["gap"]["timestamp_ns_min"], body["gap"]["timestamp_ns_max"]});
    }
    return gaps;
  }
};

TEST_P(ConfiguredWriter, MaxPendingBatchesBoundsTheQueue) {
  for (const std::size_t pending : {1U, 3U, 8U}) {
    WriterConfig config = single_rows();
    config.max_pending_batches = pending;
    auto sequence = client_.sequence_create("run", {}, config);
    auto camera = sequence.topic_create<CompressedImage>("camera");
    HeldPicture held;
    // One in the encoder's hand, the queue, and the one being filled.
    EXPECT_EQ(fill(camera, held), static_cast<std::int64_t>(pending) + 2);
    EXPECT_EQ(camera.stats().queued_batches, static_cast<std::int64_t>(pending));
    held.release();
    sequence.abort();
  }
}

TEST_P(ConfiguredWriter, MemoryBudgetBytesBoundsTheQueueToo) {
  constexpr std::size_t kPictureBytes = 200 << 10;
  WriterConfig config = single_rows();
  config.max_pending_batches = 100;
  config.memory_budget_bytes = 1 << 20;
  auto sequence = client_.sequence_create("run", {}, config);
  auto camera = sequence.topic_create<CompressedImage>("camera");
  HeldPicture held;
  EXPECT_THAT(fill(camera, held, kPictureBytes), AllOf(Ge(4), Le(8)));
  held.release();
  sequence.close();
}

TEST_P(ConfiguredWriter, MaxBatchSizesCutBatches) {
  WriterConfig config;
  config.max_batch_size_bytes = 100 << 10;
  config.max_batch_age = std::chrono::hours(1);
  auto sequence = client_.sequence_create("run", {}, config);
  auto camera = sequence.topic_create<CompressedImage>("camera");
  // Two fit, so the third seals them; nothing else would send them.
  for (int i = 0; i < 3; ++i) camera.push(picture(40 << 10), i);
  while (camera.stats().acknowledged_rows < 2) std::this_thread::yield();
  EXPECT_THAT(times_of("camera"), ElementsAre(0, 1));
  sequence.abort();

  config.max_batch_size_bytes = 4 << 20;
  config.max_batch_size_records = 3;
  auto second = client_.sequence_create("run", {}, config);
  auto rows = second.topic_create<CompressedImage>("camera");
  for (int i = 0; i < 5; ++i) rows.push(picture(), i);
  while (rows.stats().acknowledged_rows < 3) std::this_thread::yield();
  EXPECT_THAT(times_of("camera"), ElementsAre(0, 1, 2));
  second.abort();
}

TEST_P(ConfiguredWriter, MaxBatchAgeSendsWhatIsThere) {
  WriterConfig config;
  config.max_batch_age = std::chrono::milliseconds(5);
  auto sequence = client_.sequence_create("run", {}, config);
  auto camera = sequence.topic_create<CompressedImage>("camera");
  camera.push(picture(), 7);
  while (camera.stats().acknowledged_rows < 1) std::this_thread::yield();
  EXPECT_THAT(times_of("camera"), ElementsAre(7));
  sequence.abort();
}

TEST_P(ConfiguredWriter, DropNewestTellsWhatItDidNotTake) {
  WriterConfig config = single_rows();
  config.when_full = WhenFull::DropNewest;
  {
    auto sequence = client_.sequence_create("run", {}, config);
    auto camera = sequence.topic_create<CompressedImage>("camera");
    HeldPicture held;
    const std::int64_t taken = fill(camera, held);  // And the one at `taken` was dropped.
    for (int i = 1; i < 5; ++i) {
      EXPECT_EQ(camera.try_push(picture(), taken + i), PushResult::DroppedNewest);
    }
    camera.push(picture(), taken + 5);
    EXPECT_EQ(camera.stats().dropped_rows, 6);
    EXPECT_EQ(camera.stats().pushed_rows, taken + 6);
    held.release();
    camera.flush();
    camera.push(picture(), taken + 6);
    sequence.close();
    EXPECT_EQ(times_of("camera").size(), static_cast<std::size_t>(taken + 1));
    EXPECT_EQ(times_of("camera").back(), taken + 6);
    EXPECT_THAT(gaps_of("camera"), ElementsAre(ElementsAre(6, taken, taken + 5)));
  }
  client_.clear_topic_notifications("run", "camera");
  EXPECT_THAT(gaps_of("camera"), IsEmpty());
}

TEST_P(ConfiguredWriter, DropOldestTellsWhatItLetGo) {
  WriterConfig config = single_rows();
  config.max_pending_batches = 2;
  config.when_full = WhenFull::DropOldest;
  auto sequence = client_.sequence_create("run", {}, config);
  auto camera = sequence.topic_create<CompressedImage>("camera");
  HeldPicture held;
  const std::int64_t taken = fill(camera, held);  // The last push let the oldest waiting one go.
  for (std::int64_t i = 1; i < 4; ++i) {
    EXPECT_EQ(camera.try_push(picture(), taken + i), PushResult::DroppedOldest);
  }
  EXPECT_EQ(camera.stats().dropped_rows, 4);
  held.release();
  sequence.close();
  // 0 was in the encoder's hand; the queue began with 1.
  std::vector<std::int64_t> kept = {0};
  for (std::int64_t time = 5; time < taken + 4; ++time) kept.push_back(time);
  EXPECT_EQ(times_of("camera"), kept);
  EXPECT_THAT(gaps_of("camera"), ElementsAre(ElementsAre(4, 1, 4)));
}

TEST_P(ConfiguredWriter, WhenFullByTopicGoesBeforeThatOfAll) {
  WriterConfig config = single_rows();
  config.when_full = WhenFull::DropNewest;
  config.when_full_by_topic = {{"keep", WhenFull::Block}, {"/latest", WhenFull::DropOldest}};
  auto sequence = client_.sequence_create("run", {}, config);
  HeldPicture held;
  const auto answer_of = [&](const std::string& name) {
    auto topic = sequence.topic_create<CompressedImage>(name);
    topic.push(held.image(), 0);
    held.wait_until_encoding();
    while (true) {
      const PushResult result = topic.try_push(picture(), 1);
      if (result != PushResult::Pushed) return result;
    }
  };
  EXPECT_EQ(answer_of("other"), PushResult::DroppedNewest);
  EXPECT_EQ(answer_of("keep"), PushResult::Full);
  EXPECT_EQ(answer_of("latest"), PushResult::DroppedOldest);
  held.release();
  sequence.abort();
}

TEST_P(ConfiguredWriter, DurabilityOfAProcessIsAcknowledgedToo) {
  WriterConfig config;
  config.durability = Durability::Process;
  auto sequence = client_.sequence_create("run", {}, config);
  auto camera = sequence.topic_create<CompressedImage>("camera");
  camera.push(picture(), 1);
  camera.flush();
  EXPECT_EQ(camera.stats().acknowledged_rows, 1);
  EXPECT_THAT(times_of("camera"), ElementsAre(1));
  sequence.close();
}

TEST_P(ConfiguredWriter, MaxRecordBytesBoundsARow) {
  WriterConfig config;
  config.max_record_bytes = 1 << 10;
  auto sequence = client_.sequence_create("run", {}, config);
  auto camera = sequence.topic_create<CompressedImage>("camera");
  EXPECT_EQ(thrown_kind([&] { camera.push(picture(2 << 10), 1); }), ErrorKind::LimitExceeded);
  camera.push(picture(), 2);
  sequence.close();
  EXPECT_THAT(times_of("camera"), ElementsAre(2));
}

TEST_P(ConfiguredWriter, OnDestructorErrorIsToldWhatNobodyCouldCatch) {
  std::vector<ErrorKind> told;
  WriterConfig config;
  config.on_destructor_error = [&](const Error& error) { told.push_back(error.code()); };
  // Without a topic it cannot be finalized.
  {
    auto sequence = client_.sequence_create("run", {}, config);
  }
  EXPECT_THAT(told, ElementsAre(ErrorKind::Locked));
  client_.record(
      "run", {},
      [](SequenceWriter& sequence) {
        sequence.topic_create<CompressedImage>("camera").push(picture(), 1);
      },
      config);
  EXPECT_THAT(told, SizeIs(1));
}

TEST_P(ConfiguredWriter, MembersOutOfTheirBoundsAreNamed) {
  const auto refusal = [&](const auto& change) -> std::string {
    WriterConfig config;
    change(config);
    try {
      client_.sequence_create("run", {}, config);
    } catch (const InvalidError& error) {
      return error.what();
    }
    return "";
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal([](WriterConfig& c) { c.max_batch_size_bytes = 0; }),
              HasSubstr("max_batch_size_bytes"));
  EXPECT_THAT(refusal([](WriterConfig& c) { c.max_batch_size_records = 0; }),
              HasSubstr("max_batch_size_records"));
  EXPECT_THAT(refusal([](WriterConfig& c) { c.max_batch_age = {}; }), HasSubstr("max_batch_age"));
  EXPECT_THAT(refusal([](WriterConfig& c) { c.max_pending_batches = 0; }),
              HasSubstr("max_pending_batches"));
  EXPECT_THAT(refusal([](WriterConfig& c) { c.max_record_bytes = 0; }),
              HasSubstr("max_record_bytes"));
  EXPECT_FALSE(client_.sequence_handler("run").has_value());
}

MOSAICO_EVERY_PLACE(ConfiguredWriter);

}  // namespace
}  // namespace mosaico
