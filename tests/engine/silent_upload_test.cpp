// Writers whose machine vanished: their connection never breaks, and nothing comes any more.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "recording.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

class SilentUpload : public testing::Test {
 protected:
  SilentUpload() {
    EngineOptions options;
    options.steady_clock = [this] { return now_ns_.load(); };
    recording_.emplace(directory_.path(), options);
    recording_->create_sequence();
    uuid_ = recording_->create_topic("imu");
  }

  Result<std::unique_ptr<Upload>> upload(bool ack, bool resume) {
    protocol::PutDescriptor descriptor;
    descriptor.topic = Recording::topic("imu");
    descriptor.topic_uuid = uuid_;
    descriptor.ack = ack;
    descriptor.resume = resume;
    return recording_->engine().upload(descriptor, row_schema());
  }
  Result<protocol::SessionClaimed> claim() {
    return recording_->engine().session_claim(recording_->session().locator);
  }
  void pass(std::chrono::nanoseconds time) { now_ns_ += time.count(); }
  static std::shared_ptr<arrow::RecordBatch> sign_of_life() {
    return batch_of(numbered({1}))->Slice(0, 0);
  }

  std::atomic<int64_t> now_ns_ = 1'000'000'000'000;
  const TemporaryDirectory directory_;
  std::optional<Recording> recording_;
  std::string uuid_;
  const std::chrono::nanoseconds limit_ = EngineOptions().silent_upload;
};

TEST_F(SilentUpload, is_resumed_by_its_own_writer_behind_the_last_durable_row) {
  ASSERT_OK_AND_ASSIGN(const auto dead, upload(/*ack=*/true, /*resume=*/false));
  ASSERT_THAT(dead->append(batch_of(numbered({3, 1, 2}))), IsOk());
  pass(limit_);
  EXPECT_THAT(upload(true, true), FailsAs(ErrorKind::Locked)) << "not yet silent for too long";
  pass(std::chrono::nanoseconds(1));
  ASSERT_OK_AND_ASSIGN(const auto next, upload(true, true));
  EXPECT_EQ(next->durable_rows(), 3);
  EXPECT_THAT(dead->append(batch_of(numbered({9}))), FailsAs(ErrorKind::Cancelled));
  ASSERT_THAT(next->append(batch_of(numbered({4}, 3))), IsOk());
  ASSERT_THAT(next->finish(), IsOk());
  EXPECT_EQ(recording_->read("imu"), in_time_order(numbered({3, 1, 2, 4})));
}

TEST_F(SilentUpload, is_claimed_by_another_writer) {
  ASSERT_OK_AND_ASSIGN(const auto dead, upload(true, false));
  ASSERT_THAT(dead->append(batch_of(numbered({1}))), IsOk());
  EXPECT_THAT(claim(), FailsAs(ErrorKind::Locked));
  pass(limit_ + std::chrono::nanoseconds(1));
  ASSERT_OK_AND_ASSIGN(const auto claimed, claim());
  ASSERT_EQ(claimed.topics.size(), 1U);
  EXPECT_EQ(claimed.topics[0].durable_rows, 1);
  EXPECT_THAT(upload(true, true), FailsAs(ErrorKind::NotFound)) << "the former owner's UUID";
}

TEST_F(SilentUpload, is_none_while_batches_come_if_only_without_rows) {
  ASSERT_OK_AND_ASSIGN(const auto quiet, upload(true, false));
  for (int i = 0; i < 5; ++i) {
    pass(limit_);
    ASSERT_THAT(quiet->append(sign_of_life()), IsOk());
  }
  EXPECT_THAT(claim(), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(upload(true, true), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(quiet->finish(), IsOk());
}

TEST_F(SilentUpload, is_not_that_of_a_client_which_gives_no_signs) {
  ASSERT_OK_AND_ASSIGN(const auto python, upload(/*ack=*/false, false));
  pass(100 * limit_);
  EXPECT_THAT(claim(), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(python->finish(), IsOk());
}

TEST_F(SilentUpload, of_one_topic_leaves_a_session_with_a_live_one_alone) {
  ASSERT_OK_AND_ASSIGN(const auto silent, upload(true, false));
  uuid_ = recording_->create_topic("gps");
  protocol::PutDescriptor descriptor;
  descriptor.topic = Recording::topic("gps");
  descriptor.topic_uuid = uuid_;
  descriptor.ack = true;
  ASSERT_OK_AND_ASSIGN(const auto live, recording_->engine().upload(descriptor, row_schema()));
  pass(limit_ + std::chrono::nanoseconds(1));
  ASSERT_THAT(live->append(sign_of_life()), IsOk());
  EXPECT_THAT(claim(), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(silent->append(batch_of(numbered({1}))), IsOk()) << "it was left running";
}

}  // namespace
}  // namespace mosaico::engine
