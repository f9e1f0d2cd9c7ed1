#include "protocol/discovery.hpp"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "golden.hpp"
#include "messages.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::protocol {
namespace {

TopicDescription topic() {
  TopicDescription description;
  description.locator = locator("run1/imu");
  description.created_at_ns = 10;
  description.completed_at_ns = 20;
  description.ended = true;
  description.ontology_tag = "IMU";
  description.serialization_format = "default";
  description.rows = 3;
  description.bytes = 512;
  description.chunks = 1;
  description.interval = Interval{1000, 1020};
  return description;
}

SequenceDescription sequence() {
  SequenceDescription description;
  description.locator = locator("run1");
  description.created_at_ns = 5;
  description.user_metadata = {{"driver", "Ada"}};
  description.sessions.push_back(
      {locator(kSessionText), 6, 20, {locator("run1/imu"), locator("run1/sensors/gps")}});
  description.sessions.push_back(
      {locator("run1:01BX5ZZKBKACTAV9WEVGEMMVRZ"), 30, std::nullopt, {}});
  return description;
}

template <typename Description>
void expect_description(const std::string& file, const Description& description) {
  const std::string text = core::dump(description.to_json());
  expect_golden(file, text);
  ASSERT_OK_AND_ASSIGN(const Description again, Description::parse(text));
  EXPECT_EQ(core::dump(again.to_json()), text);
}

TEST(TopicDescription, IsGoldenInEveryState) {
  expect_description("topic_locked.json", topic());

  TopicDescription windowed = topic();
  windowed.window = TopicDescription::WindowFigures{1, Interval{1010, 1010}};
  expect_description("topic_window.json", windowed);

  windowed.window = TopicDescription::WindowFigures{};
  expect_description("topic_window_empty.json", windowed);

  windowed.window.reset();
  windowed.window_empty = false;
  expect_description("topic_window_uncounted.json", windowed);

  TopicDescription fresh;
  fresh.locator = locator("run1/imu");
  fresh.ontology_tag = "IMU";
  fresh.serialization_format = "default";
  expect_description("topic_fresh.json", fresh);
}

TEST(TopicDescription, NeverSendsNullMetadata) {
  TopicDescription description = topic();
  description.user_metadata = nullptr;
  EXPECT_EQ(description.to_json()["user_metadata"], json::object());
  SequenceDescription other = sequence();
  other.user_metadata = nullptr;
  EXPECT_EQ(other.to_json()["user_metadata"], json::object());
}

TEST(TopicDescription, NamesTheKeyThatIsMissingOrWrong) {
  for (const char* key : {"resource_locator", "created_at_ns", "locked", "ontology_tag",
                          "serialization_format", "data_info"}) {
    json body = topic().to_json();
    body.erase(key);
    const auto result = TopicDescription::from_json(body);
    EXPECT_THAT(result, FailsAs(ErrorKind::Invalid));
    EXPECT_THAT(result.status().message(), testing::HasSubstr(key));
  }
  json body = topic().to_json();
  body["data_info"]["total_row_count"] = -1;
  EXPECT_THAT(TopicDescription::from_json(body), FailsAs(ErrorKind::Invalid));
  body = topic().to_json();
  body["window_empty"] = "no";
  EXPECT_THAT(TopicDescription::from_json(body), FailsAs(ErrorKind::Invalid));
  body = topic().to_json();
  body["data_info"]["interval"] = {{"start_ns", 2}, {"end_ns", 1}};
  EXPECT_THAT(TopicDescription::from_json(body), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(TopicDescription::parse("{"), FailsAs(ErrorKind::Corrupt));
}

TEST(SequenceDescription, IsGolden) {
  expect_description("sequence.json", sequence());
  SequenceDescription fresh;
  fresh.locator = locator("run1");
  expect_description("sequence_fresh.json", fresh);
}

TEST(SequenceDescription, NamesTheKeyThatIsMissingOrWrong) {
  for (const char* key : {"resource_locator", "created_at_ns", "sessions"}) {
    json body = sequence().to_json();
    body.erase(key);
    const auto result = SequenceDescription::from_json(body);
    EXPECT_THAT(result, FailsAs(ErrorKind::Invalid));
    EXPECT_THAT(result.status().message(), testing::HasSubstr(key));
  }
  json body = sequence().to_json();
  body["sessions"][0]["topics"][1] = 7;
  EXPECT_THAT(SequenceDescription::from_json(body), FailsAs(ErrorKind::Invalid));
  body["sessions"][0]["topics"][1] = "run1";
  EXPECT_THAT(SequenceDescription::from_json(body), FailsAs(ErrorKind::Invalid));
}

TEST(TopicProperties, IsGoldenWithAndWithoutFigures) {
  TopicProperties properties{"IMU", "default", std::nullopt, std::nullopt};
  expect_golden("properties.json", properties.to_text());
  properties.message_count = 3;
  properties.interval = Interval{1000, 1020};
  expect_golden("properties_of_stream.json", properties.to_text());
  ASSERT_OK_AND_ASSIGN(const auto again, TopicProperties::parse(properties.to_text()));
  EXPECT_EQ(again.to_text(), properties.to_text());
}

TEST(PutDescriptor, IsGoldenAsThePublishedClientsAndAsWeSendIt) {
  PutDescriptor descriptor;
  descriptor.topic = locator("run1/sensors/imu");
  descriptor.topic_uuid = kUuid;
  expect_golden("put.json", descriptor.to_text());
  descriptor.ack = descriptor.resume = descriptor.process_durability = true;
  expect_golden("put_with_additions.json", descriptor.to_text());
  ASSERT_OK_AND_ASSIGN(const auto again, PutDescriptor::parse(descriptor.to_text()));
  EXPECT_EQ(again.to_text(), descriptor.to_text());
}

TEST(PutDescriptor, RefusesForeignBytes) {
  const std::string uuid = std::string(R"("topic_uuid":")") + kUuid + "\"";
  for (const std::string& text :
       {std::string(), std::string("nonsense"), std::string(R"({"resource_locator":"run1/imu"})"),
        "{" + uuid + "}", R"({"resource_locator":"run1",)" + uuid + "}",
        R"({"resource_locator":"run1/../x",)" + uuid + "}",
        std::string(R"({"resource_locator":"run1/imu","topic_uuid":"x"})"),
        R"({"resource_locator":"run1/imu","ack":1,)" + uuid + "}",
        R"({"resource_locator":"run1/imu","durability":"tape",)" + uuid + "}"}) {
    EXPECT_THAT(PutDescriptor::parse(text), FailsAs(ErrorKind::Invalid)) << text;
  }
}

TEST(PutAck, IsGoldenAndChecked) {
  expect_golden("put_ack.json", PutAck{4096}.to_text());
  expect_golden("put_ack_failed.json", PutAck{4096, true}.to_text());
  ASSERT_OK_AND_ASSIGN(const PutAck ack, PutAck::parse(R"({"durable_rows":7})"));
  EXPECT_EQ(ack.durable_rows, 7);
  EXPECT_FALSE(ack.failed);
  EXPECT_THAT(PutAck::parse(R"({"durable_rows":-7})"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(PutAck::parse("{}"), FailsAs(ErrorKind::Invalid));
}

TEST(ReadDescriptor, IsGoldenInEveryForm) {
  ReadDescriptor descriptor;
  descriptor.locator = locator("run1");
  expect_golden("read.json", descriptor.to_text());
  descriptor.locator = locator("run1/sensors/imu");
  descriptor.window = {-5, std::numeric_limits<int64_t>::max()};
  descriptor.follow = true;
  descriptor.batch_bytes = 65536;
  descriptor.share_nulls = true;
  descriptor.uncounted = true;
  expect_golden("read_with_all.json", descriptor.to_text());
  ASSERT_OK_AND_ASSIGN(const auto again, ReadDescriptor::parse(descriptor.to_text()));
  EXPECT_EQ(again.window, descriptor.window);
  EXPECT_EQ(again.to_text(), descriptor.to_text());
}

TEST(ReadDescriptor, TakesNullAsAbsentAndEachBoundAlone) {
  ASSERT_OK_AND_ASSIGN(
      const auto all,
      ReadDescriptor::parse(
          R"({"resource_locator":"run1","timestamp_ns_start":null,"timestamp_ns_end":null})"));
  EXPECT_FALSE(all.window.bounded());
  ASSERT_OK_AND_ASSIGN(const auto half, ReadDescriptor::parse(
                                            R"({"resource_locator":"run1","timestamp_ns_end":7})"));
  EXPECT_EQ(half.window, (Window{std::nullopt, 7}));
}

TEST(ReadDescriptor, RefusesEmptyWindowsSessionsAndForeignBytes) {
  for (const char* text :
       {"", "[]", R"({"resource_locator":7})",
        R"({"resource_locator":"run1:01ARZ3NDEKTSV4RRFFQ69G5FAV"})",
        R"({"resource_locator":"run1","timestamp_ns_start":7,"timestamp_ns_end":7})",
        R"({"resource_locator":"run1","timestamp_ns_start":8,"timestamp_ns_end":7})",
        R"({"resource_locator":"run1","timestamp_ns_start":7.5})",
        R"({"resource_locator":"run1","timestamp_ns_start":9223372036854775808})",
        R"({"resource_locator":"run1","follow":"yes"})",
        R"({"resource_locator":"run1","share_nulls":1})",
        R"({"resource_locator":"run1","uncounted":0})",
        R"({"resource_locator":"run1","batch_bytes":0})"}) {
    EXPECT_THAT(ReadDescriptor::parse(text), FailsAs(ErrorKind::Invalid)) << text;
  }
}

Ticket ticket() {
  Ticket result;
  result.topic = locator("run1/sensors/imu");
  result.topic_id = 42;
  return result;
}

TEST(Ticket, IsGoldenAndReadBack) {
  Ticket full = ticket();
  expect_golden("ticket.json", full.to_text());
  full.window = {1000, 2000};
  full.follow = true;
  full.batch_bytes = 65536;
  full.share_nulls = true;
  full.uncounted = true;
  full.counted = Ticket::Counted{7, Interval{1000, 1999}};
  expect_golden("ticket_with_all.json", full.to_text());
  ASSERT_OK_AND_ASSIGN(const Ticket again, Ticket::parse(full.to_text()));
  EXPECT_EQ(again.topic.to_string(), "run1/sensors/imu");
  EXPECT_EQ(again.topic_id, 42);
  EXPECT_EQ(again.window, full.window);
  EXPECT_TRUE(again.follow);
  EXPECT_EQ(again.batch_bytes, 65536);
  EXPECT_TRUE(again.share_nulls);
  EXPECT_TRUE(again.uncounted);
  EXPECT_EQ(again.counted, full.counted);
}

TEST(Ticket, RefusesWhateverWasChanged) {
  for (const char* text :
       {"", "ticket", "{}", R"({"v":2,"topic":"run1/imu","id":1})",
        R"({"topic":"run1/imu","id":1})", R"({"v":1,"topic":"run1/imu"})",
        R"({"v":1,"topic":"run1","id":1})", R"({"v":1,"topic":"run1/../../etc","id":1})",
        R"({"v":1,"topic":"run1/imu","id":"1"})", R"({"v":1,"topic":"run1/imu","id":1.5})",
        R"({"v":1,"topic":"run1/imu","id":1,"start":9,"end":3})",
        R"({"v":1,"topic":"run1/imu","id":1,"rows":1})",
        R"({"v":1,"topic":"run1/imu","id":1,"rows":0,"first":1,"last":1})",
        R"({"v":1,"topic":"run1/imu","id":1,"rows":2,"first":2,"last":1})",
        R"({"v":1,"topic":"run1/imu","id":1,"first":1,"last":1})",
        R"({"v":1,"topic":"run1/imu","id":1,"batch_bytes":-1})"}) {
    EXPECT_THAT(Ticket::parse(text), FailsAs(ErrorKind::Invalid)) << text;
  }
}

TEST(Ticket, CutAnywhereIsRefused) {
  const std::string text = ticket().to_text();
  for (size_t bytes = 0; bytes < text.size(); ++bytes) {
    EXPECT_THAT(Ticket::parse(text.substr(0, bytes)), FailsAs(ErrorKind::Invalid)) << bytes;
  }
}

}  // namespace
}  // namespace mosaico::protocol
