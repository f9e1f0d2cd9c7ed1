#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaico/message.hpp"
#include "mosaico/ontology.hpp"
#include "mosaico/writer.hpp"

namespace mosaico {
namespace {

using nlohmann::json;

TEST(Message, ToBePushedTellsWhatItWillBe) {
  const Message message(
      5, IMU{.header = Header{.frame_id = "base", .sample_counter = 3}, .acceleration = {.x = 1.5}},
      Header{.frame_id = "imu_link"});
  EXPECT_EQ(message.timestamp_ns(), 5);
  EXPECT_EQ(message.ontology_tag(), "IMU");
  EXPECT_EQ(message.ontology_type(), ontology_type<IMU>());
  EXPECT_EQ(message.header(), (Header{.frame_id = "imu_link", .sample_counter = 3}));
  EXPECT_EQ(message.field("header.frame_id"), "imu_link");
  EXPECT_EQ(message.field("acceleration.x"), 1.5);
  EXPECT_EQ(message.field("acceleration.y"), json());
  EXPECT_EQ(message.field("acceleration.w"), std::nullopt);
  EXPECT_EQ(message.to_json()["header"]["sample_counter"], 3);
  EXPECT_EQ(message.get_data<IMU>()->acceleration.x, 1.5);
  EXPECT_FALSE(message.get_data<GPS>().has_value());
}

TEST(Message, WithoutHeaderHasNone) {
  EXPECT_FALSE(Message(0, IMU{}).header().has_value());
  EXPECT_FALSE(Message(0, IMU{.header = Header{}}).header().has_value());
  EXPECT_FALSE(Message(0, Integer8{.data = 1}).header().has_value());
}

struct Oddity {
  std::string header;
};
MOSAICO_ONTOLOGY(Oddity, "TestOddity", header)

// A column of that name need not be the header of the data classes.
TEST(MessageView, AnotherColumnCalledHeaderIsNoHeader) {
  const auto type = ontology_type<Oddity>();
  auto buffer = std::make_shared<detail::TypedRecordBuffer<Oddity>>();
  buffer->append(1, Oddity{.header = "some text"}, 16);
  const auto batch = detail::batch_of(type, buffer);
  const MessageView view(batch, 0);
  EXPECT_FALSE(view.header().has_value());
  EXPECT_EQ(view.field("header"), "some text");
}

TEST(Header, MembersOfTheSecondReplaceThoseOfTheFirst) {
  const Header first{.timestamp = Time{1, 2}, .frame_id = "a"};
  EXPECT_EQ(merge_headers(first, Header{}), first);
  EXPECT_EQ(merge_headers(std::nullopt, first), first);
  EXPECT_EQ(merge_headers(first, Header{.frame_id = "b", .sample_counter = 7}),
            (Header{.timestamp = Time{1, 2}, .frame_id = "b", .sample_counter = 7}));
  EXPECT_TRUE(is_empty(Header{}));
  EXPECT_FALSE(is_empty(Header{.sample_counter = 0}));
}

}  // namespace
}  // namespace mosaico
