#include <stdexcept>
#include <utility>

#include <gmock/gmock.h>

#include "client/places.hpp"

namespace mosaico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Endings : public ConformanceTest {
 protected:
  static void push_three(SequenceWriter& sequence) {
    auto imu = sequence.topic_create<IMU>("imu");
    for (int i = 0; i < 3; ++i) imu.push(imu_number(i), i);
  }

  int64_t rows_of(const std::string& sequence, const std::string& topic = "imu") {
    const auto handler = client_.topic_handler(sequence, topic);
    return handler.has_value() ? handler->topic_info().total_rows : -1;
  }

  static WriterConfig report() { return {.on_error = OnErrorPolicy::Report}; }
};

TEST_P(Endings, LeavingTheBlockFinalizes) {
  {
    auto sequence = client_.sequence_create("run");
    push_three(sequence);
    EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Pending);
  }
  const auto handler = client_.sequence_handler("run");
  ASSERT_TRUE(handler.has_value());
  EXPECT_EQ(handler->sequence_info().state, SequenceState::Finalized);
  EXPECT_TRUE(handler->sequence_info().is_locked);
  EXPECT_EQ(rows_of("run"), 3);
}

TEST_P(Endings, CloseFinalizesAndASecondCloseDoesNothing) {
  auto sequence = client_.sequence_create("run");
  push_three(sequence);
  sequence.close();
  sequence.close();
  EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Finalized);
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
}

TEST_P(Endings, AnExceptionThroughTheBlockDeletesByDefault) {
  EXPECT_THROW(
      {
        auto sequence = client_.sequence_create("run");
        push_three(sequence);
        throw std::runtime_error("the robot fell over");
      },
      std::runtime_error);
  EXPECT_FALSE(client_.sequence_handler("run").has_value());
  // The name is free again.
  client_.record("run", {}, push_three);
  EXPECT_EQ(rows_of("run"), 3);
}

TEST_P(Endings, AnExceptionUnderReportKeepsTheRowsAndTellsTheError) {
  EXPECT_THROW(
      {
        auto sequence = client_.sequence_create("run", {}, report());
        push_three(sequence);
        throw std::runtime_error("the robot fell over");
      },
      std::runtime_error);
  const auto handler = client_.sequence_handler("run");
  ASSERT_TRUE(handler.has_value());
  EXPECT_EQ(handler->sequence_info().state, SequenceState::Unlocked);
  EXPECT_FALSE(handler->sequence_info().is_locked);
  EXPECT_EQ(rows_of("run"), 3);
  ASSERT_THAT(client_.sequence_notifications("run"), SizeIs(1));
  EXPECT_EQ(client_.sequence_notifications("run")[0].type, "error");
  client_.sequence_delete("run");
  EXPECT_FALSE(client_.sequence_handler("run").has_value());
}

TEST_P(Endings, RecordTellsTheTextOfTheException) {
  EXPECT_THROW(client_.record(
                   "run", {},
                   [](SequenceWriter& sequence) {
                     push_three(sequence);
                     throw std::runtime_error("the robot fell over");
                   },
                   report()),
               std::runtime_error);
  ASSERT_THAT(client_.sequence_notifications("run"), SizeIs(1));
  EXPECT_THAT(client_.sequence_notifications("run")[0].message, HasSubstr("the robot fell over"));
}

TEST_P(Endings, RecordAppliesThePolicyToWhatIsNoStdException) {
  // NOLINTNEXTLINE(bugprone-std-exception-baseclass)
  EXPECT_THROW(client_.record("run", {}, [](SequenceWriter&) { throw 42; }), int);
  EXPECT_FALSE(client_.sequence_handler("run").has_value());
}

TEST_P(Endings, RecordFinalizesANormalEnd) {
  client_.record("run", {{"robot", "rover"}}, push_three);
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
}

TEST_P(Endings, RecordLeavesAloneWhatItsFunctionEnded) {
  client_.record("kept", {}, [](SequenceWriter& sequence) {
    push_three(sequence);
    sequence.close();
  });
  client_.record("gone", {}, [](SequenceWriter& sequence) {
    push_three(sequence);
    sequence.abort();
  });
  EXPECT_TRUE(client_.sequence_handler("kept").has_value());
  EXPECT_FALSE(client_.sequence_handler("gone").has_value());
}

TEST_P(Endings, AnExceptionCaughtInsideTheBlockIsNobodysBusiness) {
  {
    auto sequence = client_.sequence_create("run");
    push_three(sequence);
    try {
      throw std::runtime_error("handled");
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "handled");
    }
  }
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
}

TEST_P(Endings, AWriterMadeAndEndedInsideACatchBlockFinalizes) {
  try {
    throw std::runtime_error("first");
  } catch (const std::runtime_error&) {
    auto sequence = client_.sequence_create("run");
    push_three(sequence);
  }
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
}

TEST_P(Endings, AWriterEndedWhileAnotherExceptionPassesFinalizes) {
  struct RecordsWhileUnwinding {
    MosaicoClient& client;
    ~RecordsWhileUnwinding() {
      auto sequence = client.sequence_create("run");
      push_three(sequence);
    }
  };
  EXPECT_THROW(
      {
        RecordsWhileUnwinding recorder{client_};
        throw std::runtime_error("passing by");
      },
      std::runtime_error);
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
}

TEST_P(Endings, FailAppliesThePolicyByHand) {
  auto kept = client_.sequence_create("kept", {}, report());
  push_three(kept);
  kept.fail(std::string("lidar on fire"));
  EXPECT_EQ(kept.sequence_status(), SequenceStatus::Error);
  EXPECT_EQ(client_.sequence_notifications("kept")[0].message, "lidar on fire");
  EXPECT_EQ(rows_of("kept"), 3);

  auto gone = client_.sequence_create("gone");
  push_three(gone);
  gone.fail(std::runtime_error("lidar on fire"));
  EXPECT_FALSE(client_.sequence_handler("gone").has_value());
}

TEST_P(Endings, AbortLeavesNothingWhateverThePolicy) {
  auto sequence = client_.sequence_create("run", {}, report());
  push_three(sequence);
  sequence.abort();
  EXPECT_FALSE(client_.sequence_handler("run").has_value());
}

TEST_P(Endings, AMovedWriterEndsOnceWhereItIsNow) {
  {
    auto outer = [&] {
      auto sequence = client_.sequence_create("run");
      push_three(sequence);
      SequenceWriter moved = std::move(sequence);
      // NOLINTNEXTLINE(bugprone-use-after-move)
      EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Null);
      return moved;
    }();
    EXPECT_EQ(outer.sequence_status(), SequenceStatus::Pending);
  }
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
}

TEST_P(Endings, AWriterThatWasMovedFromSaysSo) {
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  auto moved = std::move(sequence);
  // NOLINTBEGIN(bugprone-use-after-move,performance-move-const-arg): that is the matter.
  EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Null);
  EXPECT_EQ(thrown_kind([&] { sequence.name(); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.topic_create<IMU>("other"); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.get_topic("imu"); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.topic_exists("imu"); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.list_topics(); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.close(); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.abort(); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { sequence.fail("x"); }), ErrorKind::Invalid);

  // Writers of topics are handles: the former one writes on.
  auto imu_moved = std::move(imu);
  imu.push(imu_number(0), 0);
  imu_moved.push(imu_number(1), 1);
  EXPECT_EQ(imu.name(), "/imu");
  // NOLINTEND(bugprone-use-after-move,performance-move-const-arg)

  SequenceWriter& itself = moved;
  moved = std::move(itself);
  EXPECT_EQ(moved.sequence_status(), SequenceStatus::Pending);
  sequence = std::move(moved);
  sequence.close();
  EXPECT_EQ(rows_of("run"), 2);
}

// Whoever was made before goes on; the last of them to go lets go of the directory.
TEST_P(Endings, AClosedClientTakesNothingNewAndLetsItsWritersEnd) {
  client_.record("before", {}, push_three);
  const auto handler = client_.sequence_handler("before");
  auto stream = handler->get_data_streamer();
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  imu.push(imu_number(0), 0);
  MosaicoClient copy = client_;
  client_.close();
  client_.close();

  EXPECT_EQ(thrown_kind([&] { client_.sequence_create("other"); }), ErrorKind::Unavailable);
  EXPECT_EQ(thrown_kind([&] { copy.list_sequences(); }), ErrorKind::Unavailable);
  EXPECT_EQ(thrown_kind([&] { copy.sequence_handler("before"); }), ErrorKind::Unavailable);

  imu.push(imu_number(1), 1);
  imu.flush();
  sequence.topic_create<IMU>("second").push(imu_number(2), 2);
  sequence.close();
  EXPECT_EQ(sequence.sequence_status(), SequenceStatus::Finalized);
  int rows = 0;
  while (stream.next_view()) ++rows;
  EXPECT_EQ(rows, 3);
  EXPECT_TRUE(handler->get_topic_handler("imu").has_value());
}

TEST_P(Endings, TheLastUserOfAClosedClientReleasesTheStore) {
  {
    auto sequence = client_.sequence_create("run");
    push_three(sequence);
    client_.close();
  }
  client_ = place_->client();
  EXPECT_TRUE(client_.sequence_handler("run")->sequence_info().is_locked);
  EXPECT_EQ(rows_of("run"), 3);
}

TEST_P(Endings, AnExecutorOfOneThreadIsEnough) {
  client_.close();
  client_ = place_->client({.max_connections = 1, .max_threads = 1});
  client_.record("run", {}, [](SequenceWriter& sequence) {
    std::vector<TopicWriter> topics;
    for (int t = 0; t < 8; ++t) topics.push_back(sequence.topic_create<IMU>(std::to_string(t)));
    for (int i = 0; i < 200; ++i) {
      for (auto& topic : topics) topic.push(imu_number(i), i);
      if (i % 50 == 0) topics[0].flush();
    }
  });
  int rows = 0;
  for ([[maybe_unused]] const auto& entry : client_.sequence_handler("run")->get_data_streamer()) {
    ++rows;
  }
  EXPECT_EQ(rows, 1600);
}

TEST_P(Endings, ThreadsAndConnectionsAreChecked) {
  client_.close();
  EXPECT_EQ(thrown_kind([&] { place_->client({.max_threads = 0}); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { place_->client({.max_connections = 0}); }), ErrorKind::Invalid);
}

TEST_P(Endings, AssigningAWriterEndsTheOneThatWasThere) {
  auto sequence = client_.sequence_create("first");
  push_three(sequence);
  sequence = client_.sequence_create("second");
  EXPECT_TRUE(client_.sequence_handler("first")->sequence_info().is_locked);
  push_three(sequence);
  sequence.close();
  EXPECT_TRUE(client_.sequence_handler("second")->sequence_info().is_locked);
}

TEST_P(Endings, PushAfterTheEndThrows) {
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  imu.push(imu_number(0), 0);
  sequence.close();
  EXPECT_EQ(thrown_kind([&] { imu.push(imu_number(1), 1); }), ErrorKind::Locked);
  EXPECT_EQ(thrown_kind([&] { sequence.topic_create<IMU>("other"); }), ErrorKind::Locked);
  EXPECT_EQ(rows_of("run"), 1);
}

TEST_P(Endings, ATopicMayEndBeforeItsSequence) {
  auto sequence = client_.sequence_create("run");
  auto imu = sequence.topic_create<IMU>("imu");
  auto gps = sequence.topic_create<GPS>("gps");
  imu.push(imu_number(0), 0);
  imu.finalize();
  imu.finalize();
  EXPECT_TRUE(imu.finalized());
  EXPECT_FALSE(gps.finalized());
  EXPECT_EQ(thrown_kind([&] { imu.push(imu_number(1), 1); }), ErrorKind::Locked);
  gps.push(GPS{.position = {.x = 1, .y = 2, .z = 3}}, 5);
  sequence.close();
  EXPECT_EQ(rows_of("run", "imu"), 1);
  EXPECT_EQ(rows_of("run", "gps"), 1);
}

TEST_P(Endings, ASequenceWithoutTopicsCannotBeClosed) {
  auto sequence = client_.sequence_create("run");
  EXPECT_EQ(thrown_kind([&] { sequence.close(); }), ErrorKind::Locked);
  EXPECT_FALSE(client_.sequence_handler("run").has_value());
}

TEST_P(Endings, ADestructorTellsItsErrorAndThrowsNothing) {
  std::vector<std::string> told;
  {
    WriterConfig config;
    config.on_destructor_error = [&](const Error& error) { told.emplace_back(error.what()); };
    auto sequence = client_.sequence_create("run", {}, config);
  }
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0], HasSubstr("run"));
}

TEST_P(Endings, ALaneThatFailedIsThrownByPushFlushAndClose) {
  auto sequence = client_.sequence_create("run", {}, report());
  auto good = sequence.topic_create<IMU>("good");
  auto bad = sequence.topic_create<CompressedImage>("bad");
  good.push(imu_number(0), 0);
  CompressedImage image;
  image.format = "png";
  image.data = Bytes::lazy(10, []() -> Bytes { throw InvalidError("no such camera"); });
  bad.push(image, 0);
  EXPECT_EQ(thrown_kind([&] { bad.flush(); }), ErrorKind::Invalid);
  EXPECT_EQ(thrown_kind([&] { bad.push(image, 1); }), ErrorKind::Invalid);
  good.flush();
  good.push(imu_number(1), 1);
  EXPECT_EQ(thrown_kind([&] { sequence.close(); }), ErrorKind::Invalid);
  EXPECT_EQ(rows_of("run", "good"), 2);
  ASSERT_THAT(client_.sequence_notifications("run"), SizeIs(1));
  EXPECT_THAT(client_.sequence_notifications("run")[0].message, HasSubstr("no such camera"));
}

// A picture whose encoder fails, and with it the lane.
CompressedImage bad_picture() {
  CompressedImage image;
  image.format = "png";
  image.data = Bytes::lazy(10, []() -> Bytes { throw InvalidError("no such camera"); });
  return image;
}

TEST_P(Endings, ALaneThatFailedEarlierIsMetByTheDestructor) {
  for (const auto policy : {OnErrorPolicy::Delete, OnErrorPolicy::Report}) {
    std::vector<std::string> told;
    {
      WriterConfig config;
      config.on_error = policy;
      config.on_destructor_error = [&](const Error& error) { told.emplace_back(error.what()); };
      auto sequence = client_.sequence_create("run", {}, config);
      push_three(sequence);
      auto bad = sequence.topic_create<CompressedImage>("bad");
      bad.push(bad_picture(), 0);
      EXPECT_EQ(thrown_kind([&] { bad.flush(); }), ErrorKind::Invalid);
    }
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_THAT(told[0], HasSubstr("no such camera"));
    EXPECT_EQ(client_.sequence_handler("run").has_value(), policy == OnErrorPolicy::Report);
  }
  EXPECT_EQ(rows_of("run"), 3);
  EXPECT_EQ(client_.sequence_handler("run")->sequence_info().state, SequenceState::Unlocked);
  EXPECT_THAT(client_.sequence_notifications("run").at(0).message, HasSubstr("no such camera"));
}

TEST_P(Endings, ALaneThatFailedEarlierIsThrownByRecord) {
  const auto swallow_the_error = [](SequenceWriter& sequence) {
    push_three(sequence);
    auto bad = sequence.topic_create<CompressedImage>("bad");
    bad.push(bad_picture(), 0);
    EXPECT_EQ(thrown_kind([&] { bad.flush(); }), ErrorKind::Invalid);
  };
  EXPECT_EQ(thrown_kind([&] { client_.record("gone", {}, swallow_the_error); }),
            ErrorKind::Invalid);
  EXPECT_FALSE(client_.sequence_handler("gone").has_value());
  EXPECT_EQ(thrown_kind([&] { client_.record("kept", {}, swallow_the_error, report()); }),
            ErrorKind::Invalid);
  EXPECT_EQ(rows_of("kept"), 3);
  EXPECT_THAT(client_.sequence_notifications("kept").at(0).message, HasSubstr("no such camera"));
}

TEST_P(Endings, AFinalizedSequenceRefusesDeletion) {
  client_.record("run", {}, push_three);
  EXPECT_EQ(thrown_kind([&] { client_.sequence_delete("run"); }), ErrorKind::Locked);
  EXPECT_EQ(rows_of("run"), 3);
}

TEST_P(Endings, ClearingTheNotificationsOfAReportedSequenceIsAllowed) {
  auto sequence = client_.sequence_create("run", {}, report());
  push_three(sequence);
  sequence.fail(std::string("x"));
  client_.clear_sequence_notifications("run");
  EXPECT_THAT(client_.sequence_notifications("run"), IsEmpty());
  EXPECT_EQ(client_.sequence_handler("run")->sequence_info().state, SequenceState::Pending);
}

TEST_P(Endings, NamesAreChecked) {
  for (const char* name : {"", "../up", "a/b", "-a", "a b", "caf\xc3\xa9", "a:b"}) {
    EXPECT_EQ(thrown_kind([&] { client_.sequence_create(name); }), ErrorKind::Invalid) << name;
  }
  auto sequence = client_.sequence_create("run");
  for (const char* name : {"", "/", "a//b", "a/", "../up", "a/../b", "-a"}) {
    EXPECT_EQ(thrown_kind([&] { sequence.topic_create<IMU>(name); }), ErrorKind::Invalid) << name;
  }
  push_three(sequence);
  EXPECT_EQ(thrown_kind([&] { sequence.topic_create<IMU>("/imu"); }), ErrorKind::AlreadyExists);
  EXPECT_EQ(thrown_kind([&] { client_.sequence_create("run"); }), ErrorKind::AlreadyExists);
}

TEST_P(Endings, MetadataMustBeAnObject) {
  EXPECT_EQ(thrown_kind([&] { client_.sequence_create("run", nlohmann::json::array({1})); }),
            ErrorKind::Invalid);
  client_.record("run", nullptr, push_three);
  EXPECT_EQ(client_.sequence_handler("run")->user_metadata(), nlohmann::json::object());
}

TEST_P(Endings, TheDeepestMetadataGoesBothWays) {
  const auto nested = [](int levels) {
    nlohmann::json value = "x";
    for (int i = 0; i < levels; ++i) value = nlohmann::json::object({{"a", std::move(value)}});
    return value;
  };
  const auto deepest = nested(64);
  client_.record("run", deepest, [&](SequenceWriter& sequence) {
    sequence.topic_create<IMU>("imu", deepest).push(imu_number(0), 0);
    EXPECT_EQ(thrown_kind([&] { sequence.topic_create<IMU>("deeper", nested(65)); }),
              ErrorKind::Invalid);
  });
  EXPECT_EQ(client_.sequence_handler("run")->user_metadata(), deepest);
  EXPECT_EQ(client_.topic_handler("run", "imu")->user_metadata(), deepest);
  EXPECT_EQ(client_.sequence_handler("run")->get_topic_handler("imu")->user_metadata(), deepest);
  EXPECT_EQ(client_.topic_handler("run", "imu")->get_data_streamer().next()->timestamp_ns(), 0);
  EXPECT_THAT(client_.query(QuerySequence(Sequence::Q.user_metadata["a.**"].eq("x"))).items,
              SizeIs(1));
  try {
    client_.sequence_create("deeper", nested(65));
    ADD_FAILURE() << "taken";
  } catch (const InvalidError& error) {
    EXPECT_THAT(error.what(), HasSubstr("nested deeper than 64 levels"));
  }
}

TEST_P(Endings, WritersKnowTheirTopics) {
  auto sequence = client_.sequence_create("run");
  EXPECT_EQ(sequence.name(), "run");
  sequence.topic_create<IMU>("sensors/imu");
  sequence.topic_create<GPS>("/gps");
  EXPECT_THAT(sequence.list_topics(), ElementsAre("/sensors/imu", "/gps"));
  EXPECT_TRUE(sequence.topic_exists("/sensors/imu"));
  EXPECT_TRUE(sequence.topic_exists("gps"));
  EXPECT_FALSE(sequence.topic_exists("lidar"));
  ASSERT_TRUE(sequence.get_topic("gps").has_value());
  EXPECT_EQ(sequence.get_topic("gps")->name(), "/gps");
  EXPECT_EQ(sequence.get_topic("gps")->ontology_type(), ontology_type<GPS>());
  EXPECT_FALSE(sequence.get_topic("lidar").has_value());
  sequence.abort();
}

MOSAICO_EVERY_PLACE(Endings);

}  // namespace
}  // namespace mosaico
