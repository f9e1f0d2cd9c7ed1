#include "mosaico/handler.hpp"

#include "client/snapshots.hpp"
#include "client/stream_fixture.hpp"

namespace mosaico::client {
namespace {

using testing::ElementsAre;

class Handler : public StreamTest {
 protected:
  SequenceHandler sequence() {
    return SequenceHandler(core::value_or_throw(take_sequence_snapshot(session_, "run")));
  }
  TopicHandler topic(const std::string& name) {
    return TopicHandler(core::value_or_throw(take_topic_snapshot(session_, "run", name)));
  }
};

TEST_F(Handler, OfASequenceTellsWhatIsThere) {
  add("imu", {{5, 7}});
  add("gps", {{-3}, {4}});
  add("empty", {});
  const SequenceHandler handler = sequence();
  EXPECT_EQ(handler.name(), "run");
  EXPECT_THAT(handler.topics(), ElementsAre("/imu", "/gps", "/empty"));
  EXPECT_EQ(handler.timestamp_ns_min(), -3);
  EXPECT_EQ(handler.timestamp_ns_max(), 7);
  const SequenceInfo& info = handler.sequence_info();
  EXPECT_EQ(info.created_at_ns, 1'000'000'000);
  EXPECT_EQ(info.created_datetime, "1970-01-01 00:00:01.000000 UTC");
  EXPECT_EQ(info.total_size_bytes, 4 * 16);
  ASSERT_EQ(info.sessions.size(), 1U);
  EXPECT_TRUE(info.sessions[0].is_locked);
  EXPECT_EQ(info.sessions[0].completed_at_ns, 2'000'000'000);
  EXPECT_EQ(transport_->downloads(), 0);
}

TEST_F(Handler, OfATopicTellsWhatIsThere) {
  FakeTopic numbers = number_topic({{5, 7}});
  numbers.user_metadata = {{"vendor", "inertix"}};
  transport_->add_topic("run/sensors/numbers", std::move(numbers));
  for (const char* name : {"sensors/numbers", "/sensors/numbers"}) {
    const TopicHandler handler = topic(name);
    EXPECT_EQ(handler.name(), "/sensors/numbers");
    EXPECT_EQ(handler.sequence_name(), "run");
    EXPECT_EQ(handler.user_metadata()["vendor"], "inertix");
    EXPECT_EQ(handler.timestamp_ns_min(), 5);
    EXPECT_EQ(handler.timestamp_ns_max(), 7);
    EXPECT_EQ(handler.ontology_type(), ontology_type<TestNumber>());
    const TopicInfo& info = handler.topic_info();
    EXPECT_EQ(info.ontology_tag, "TestNumber");
    EXPECT_EQ(info.serialization_format, "default");
    EXPECT_EQ(info.created_datetime, "1970-01-01 00:00:01.000000 UTC");
    EXPECT_EQ(info.total_size_bytes, 2 * 16);
    EXPECT_EQ(info.total_rows, 2);
    EXPECT_EQ(info.chunks_number, 1);
    EXPECT_TRUE(info.is_locked);
  }
  EXPECT_EQ(transport_->downloads(), 0);
}

TEST_F(Handler, OfATopicThatNeverSawAnUploadHasNoColumns) {
  transport_->add_topic("run/new", FakeTopic{.completed_at_ns = std::nullopt});
  const TopicHandler handler = topic("new");
  EXPECT_TRUE(handler.ontology_type().schema().fields.empty());
  EXPECT_EQ(handler.ontology_type().tag(), "TestNumber");
  EXPECT_FALSE(handler.timestamp_ns_min().has_value());
  EXPECT_FALSE(handler.topic_info().is_locked);
}

TEST_F(Handler, OfWhatIsNotThereIsNull) {
  add("a", {{1}});
  for (const char* name :
       {"other", "run/a", "", "no such name", "run:01HZZZZZZZZZZZZZZZZZZZZZZZ"}) {
    ASSERT_OK_AND_ASSIGN(const auto none, take_sequence_snapshot(session_, name));
    EXPECT_EQ(none, nullptr) << name;
  }
  for (const char* name : {"b", "", "/", "a/../a", "a//a"}) {
    ASSERT_OK_AND_ASSIGN(const auto none, take_topic_snapshot(session_, "run", name));
    EXPECT_EQ(none, nullptr) << name;
    EXPECT_FALSE(sequence().get_topic_handler(name).has_value()) << name;
  }
  ASSERT_OK_AND_ASSIGN(const auto none, take_topic_snapshot(session_, "other", "a"));
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(sequence().get_topic_handler("/a")->name(), "/a");
}

TEST_F(Handler, OtherErrorsAreTold) {
  transport_->fail_actions(core::error(ErrorKind::Unavailable, "the server is gone"));
  EXPECT_THAT(take_sequence_snapshot(session_, "run"), FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(take_topic_snapshot(session_, "run", "a"), FailsAs(ErrorKind::Unavailable));
}

// --- The state of a sequence ---

class StateOfASequence : public Handler {
 protected:
  void add_open_topic() {
    transport_->add_topic("run/a", FakeTopic{.completed_at_ns = std::nullopt});
  }
  void notify(const std::string& topic, int64_t at_second) {
    const std::string second = std::to_string(at_second);
    transport_->add_notification({.sequence = "run", .topic = topic, .session = ""},
                                 "1970-01-01 00:00:0" + second + ".000000 UTC");
  }
  std::pair<SequenceState, bool> state() {
    const SequenceHandler handler = sequence();
    return {handler.sequence_info().state, handler.sequence_info().is_locked};
  }
};

TEST_F(StateOfASequence, IsPendingUntilASessionIsFinalized) {
  add_open_topic();
  EXPECT_EQ(state(), std::pair(SequenceState::Pending, false));
}

TEST_F(StateOfASequence, IsFinalizedAndLockedWhenHealthy) {
  add("a", {{1}});
  EXPECT_EQ(state(), std::pair(SequenceState::Finalized, true));
}

TEST_F(StateOfASequence, IsUnlockedByAnErrorOfTheSequence) {
  add_open_topic();
  notify("", 1);
  EXPECT_EQ(state(), std::pair(SequenceState::Unlocked, false));
}

TEST_F(StateOfASequence, IsUnlockedByAnErrorToldBeforeItWasFinalized) {
  add("a", {{1}});
  notify("", 1);
  EXPECT_EQ(state(), std::pair(SequenceState::Unlocked, false));
}

// Else anybody who may notify could make recordings deletable.
TEST_F(StateOfASequence, IsNotUnlockedByAnErrorToldLater) {
  add("a", {{1}});
  notify("", 3);
  EXPECT_EQ(state(), std::pair(SequenceState::Finalized, true));
}

TEST_F(StateOfASequence, IsNotUnlockedByAnErrorOfATopic) {
  add("a", {{1}});
  notify("a", 1);
  EXPECT_EQ(state(), std::pair(SequenceState::Finalized, true));
}

// --- Streamers ---

TEST_F(Handler, StreamsOutliveIt) {
  add("a", {{1}, {2}});
  auto stream = [&] {
    SequenceHandler handler = sequence();
    auto made = handler.get_data_streamer();
    handler.close();
    return made;
  }();
  EXPECT_EQ(rows_of(std::move(stream)).size(), 2U);
}

TEST_F(Handler, GivesNothingAfterItsCloseButWhatItKnows) {
  add("a", {{1}});
  SequenceHandler handler = sequence();
  TopicHandler topic_handler = topic("a");
  handler.close();
  topic_handler.close();
  EXPECT_EQ(thrown_by([&] { handler.get_data_streamer(); })->first, ErrorKind::Unavailable);
  EXPECT_EQ(thrown_by([&] { handler.get_topic_handler("a"); })->first, ErrorKind::Unavailable);
  EXPECT_EQ(thrown_by([&] { topic_handler.get_data_streamer(); })->first, ErrorKind::Unavailable);
  EXPECT_EQ(handler.name(), "run");
  EXPECT_EQ(topic_handler.name(), "/a");
}

TEST_F(Handler, OfATopicStreamsItAlone) {
  add("a", {{1}, {3}});
  add("b", {{2}});
  auto stream = topic("a").get_data_streamer({.start_timestamp_ns = 2});
  EXPECT_EQ(stream.name(), "/a");
  EXPECT_EQ(stream.ontology_type(), ontology_type<TestNumber>());
  EXPECT_EQ(stream.next()->timestamp_ns(), 3);
  EXPECT_FALSE(stream.next().has_value());
  EXPECT_EQ(thrown_by([&] { topic("a").get_data_streamer({.topics = {"a"}}); })->first,
            ErrorKind::Invalid);
}

TEST_F(Handler, SeesTopicsThatCameLaterInItsStreamsOnly) {
  add("a", {{1}});
  const SequenceHandler handler = sequence();
  add("b", {{2}});
  EXPECT_THAT(handler.topics(), ElementsAre("/a"));
  EXPECT_THAT(handler.get_data_streamer().topics(), ElementsAre("/a", "/b"));
}

}  // namespace
}  // namespace mosaico::client
