// Copies from a directory to every kind of place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/copy/sequence_copy.hpp"
#include "client/places.hpp"
#include "core/error.hpp"
#include "support/numbered.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {
namespace {

using client::ClientAccess;
using client::CopyOptions;
using client::CopyReport;
using testing::ElementsAre;
using testing::HasSubstr;

struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class SequenceCopyTest : public ConformanceTest {
 protected:
  static constexpr std::int64_t kRows = 20'000;

  SequenceCopyTest() {
    source_.record("drive", {{"robot", {{"name", "rover"}, {"wheels", 4}}}}, [](auto& sequence) {
      auto imu = sequence.template topic_create<IMU>("sensors/imu", {{"rate", 200}});
      auto numbers = sequence.template topic_create<Numbered>("numbers");
      sequence.template topic_create<GPS>("silent");
      // Out of order, and two rows at each time.
      for (std::int64_t i = 0; i < kRows; ++i) {
        imu.push(imu_number(static_cast<double>(i)), (i ^ 3) / 2);
        numbers.push(Numbered{.number = i}, i);
      }
    });
  }

  core::Result<CopyReport> copy(const CopyOptions& options = {}, const char* name = "drive") {
    return client::copy_sequence(ClientAccess::session(source_), ClientAccess::session(client_),
                                 name, options);
  }

  // Breaks the copy off once so many rows were read.
  void copy_and_break_off(std::int64_t rows) {
    CopyOptions options;
    options.on_progress = [rows](CopyOptions::Phase, std::int64_t done, std::int64_t) {
      if (done >= rows) throw Interrupted("enough");
    };
    EXPECT_THROW(static_cast<void>(copy(options)), Interrupted);
  }

  static std::vector<std::string> rows_of(MosaicoClient& client, const std::string& name) {
    std::vector<std::string> rows;
    auto stream = client.sequence_handler(name).value().get_data_streamer();
    for (const auto& [topic, message] : stream) {
      rows.push_back(std::string(topic) + " " + std::to_string(message.timestamp_ns()) + " " +
                     message.to_json().dump());
    }
    return rows;
  }

  MosaicoClient source_ = MosaicoClient::open((directory_.path() / "source").string());
};

MOSAICO_EVERY_PLACE(SequenceCopyTest);

TEST_P(SequenceCopyTest, HoldsEverythingThatTheSourceHolds) {
  ASSERT_OK_AND_ASSIGN(const CopyReport report, copy());
  EXPECT_FALSE(report.was_there);
  ASSERT_EQ(report.topics.size(), 3U);
  EXPECT_EQ(report.topics[0].rows, kRows);
  EXPECT_EQ(report.topics[0].rows_before, 0);

  const auto from = source_.sequence_handler("drive").value();
  const auto to = client_.sequence_handler("drive").value();
  EXPECT_EQ(to.user_metadata(), from.user_metadata());
  EXPECT_EQ(to.topics(), from.topics());
  EXPECT_EQ(to.sequence_info().state, SequenceState::Finalized);
  for (const std::string& name : from.topics()) {
    const auto a = from.get_topic_handler(name).value();
    const auto b = to.get_topic_handler(name).value();
    EXPECT_EQ(b.user_metadata(), a.user_metadata());
    EXPECT_EQ(b.topic_info().ontology_tag, a.topic_info().ontology_tag);
    EXPECT_EQ(b.ontology_type(), a.ontology_type());
  }
  EXPECT_EQ(rows_of(client_, "drive"), rows_of(source_, "drive"));
}

TEST_P(SequenceCopyTest, ThatBrokeOffGoesOnWhereItWas) {
  for (const std::int64_t rows : {1L, 9'000L, 23'000L, 39'999L}) {
    copy_and_break_off(rows);
    EXPECT_EQ(client_.sequence_handler("drive").value().sequence_info().state,
              SequenceState::Pending);
  }
  ASSERT_OK_AND_ASSIGN(const CopyReport report, copy());
  EXPECT_EQ(report.topics[0].rows_before, kRows) << "the first topic had ended";
  EXPECT_EQ(rows_of(client_, "drive"), rows_of(source_, "drive"));
}

TEST_P(SequenceCopyTest, IsOnlyComparedWhereItIsThereAlready) {
  ASSERT_THAT(copy(), IsOk());
  ASSERT_OK_AND_ASSIGN(const CopyReport again, copy());
  EXPECT_TRUE(again.was_there);
  EXPECT_EQ(again.topics.size(), 3U);
}

TEST_P(SequenceCopyTest, GoesUnderAnotherName) {
  ASSERT_OK_AND_ASSIGN(const CopyReport report, copy({.name = "drive_b"}));
  EXPECT_EQ(report.name, "drive_b");
  EXPECT_FALSE(client_.sequence_handler("drive").has_value());
  EXPECT_EQ(rows_of(client_, "drive_b"), rows_of(source_, "drive"));
}

TEST_P(SequenceCopyTest, KeepsNotificationsAndTheStateTheyMake) {
  {
    auto sequence = source_.sequence_create("failed", {}, {.on_error = OnErrorPolicy::Report});
    auto topic = sequence.topic_create<Numbered>("numbers");
    topic.push(Numbered{.number = 7}, 7);
    sequence.fail("the arm hit the wall");
  }
  ASSERT_THAT(copy({}, "failed"), IsOk());
  ASSERT_EQ(client_.sequence_notifications("failed").size(), 1U);
  EXPECT_EQ(client_.sequence_notifications("failed")[0].message, "the arm hit the wall");
  EXPECT_EQ(client_.sequence_handler("failed").value().sequence_info().state,
            SequenceState::Unlocked);
  ASSERT_THAT(copy({}, "failed"), IsOk());
  EXPECT_EQ(client_.sequence_notifications("failed").size(), 1U) << "copied once";
}

TEST_P(SequenceCopyTest, RefusesWhatIsStillBeingRecorded) {
  auto sequence = source_.sequence_create("open");
  EXPECT_THAT(copy({}, "open"), FailsAs(ErrorKind::Locked));
  EXPECT_FALSE(client_.sequence_handler("open").has_value());
  EXPECT_THAT(copy({}, "nothing"), FailsAs(ErrorKind::NotFound));
}

TEST_P(SequenceCopyTest, LeavesAnotherSequenceOfThatNameAlone) {
  client_.record("drive", {{"robot", "another"}}, [](SequenceWriter& sequence) {
    sequence.topic_create<Numbered>("numbers").push(Numbered{.number = 1}, 1);
  });
  EXPECT_THAT(copy(), FailsAs(ErrorKind::AlreadyExists));
  EXPECT_EQ(rows_of(client_, "drive").size(), 1U);
}

// Same name, metadata, topic and number of rows.
TEST_P(SequenceCopyTest, NoticesASingleRowThatDiffers) {
  const auto record = [](MosaicoClient& client, std::int64_t last) {
    client.record("pair", {}, [last](SequenceWriter& sequence) {
      auto topic = sequence.topic_create<Numbered>("numbers");
      topic.push(Numbered{.number = 1}, 1);
      topic.push(Numbered{.number = last}, 2);
    });
  };
  record(source_, 2);
  record(client_, 3);
  const auto report = copy({}, "pair");
  EXPECT_THAT(report, FailsAs(ErrorKind::Corrupt));
  EXPECT_THAT(report.status().message(), HasSubstr("/numbers"));
}

}  // namespace
}  // namespace mosaico
