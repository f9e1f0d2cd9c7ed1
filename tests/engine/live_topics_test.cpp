#include "engine/live_topics.hpp"

#include <atomic>
#include <thread>

#include "read_rows.hpp"

namespace mosaico::engine {
namespace {

constexpr catalog::TopicId kTopic{7};

TailBatch tail_of(const std::vector<Row>& rows) {
  TailBatch tail;
  tail.batch = batch_of(rows);
  tail.first_row = rows.front().number;
  return tail;
}

std::vector<int64_t> first_rows(const LiveTopic& live) {
  std::vector<int64_t> rows;
  for (const TailBatch& batch : live.snapshot().batches) rows.push_back(batch.first_row);
  return rows;
}

TEST(LiveTopic, shows_what_was_added_until_chunks_hold_it) {
  LiveTopic live;
  for (int64_t first : {0, 2, 4}) live.add(tail_of(numbered({1, 2}, first)));
  const auto before = live.snapshot();
  live.drop_before(4);
  EXPECT_EQ(first_rows(live), std::vector<int64_t>{4});
  EXPECT_EQ(before.batches.size(), 3U);  // A snapshot does not change.
  EXPECT_GT(live.snapshot().version, before.version);
}

TEST(LiveTopic, replaces_the_last_batches_by_one) {
  LiveTopic live;
  for (int64_t first : {0, 2, 4}) live.add(tail_of(numbered({1, 2}, first)));
  live.add(tail_of(numbered({1, 2, 1, 2}, 2)), 2);
  EXPECT_EQ(first_rows(live), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(live.snapshot().batches[1].batch->num_rows(), 4);
}

TEST(LiveTopic, keeps_its_first_end) {
  LiveTopic live;
  EXPECT_FALSE(live.snapshot().ended);
  live.end(core::error(ErrorKind::NotFound, "deleted"));
  live.end(core::Status::OK());
  EXPECT_TRUE(live.snapshot().ended);
  EXPECT_THAT(live.snapshot().why, FailsAs(ErrorKind::NotFound));
}

TEST(LiveTopic, wakes_who_waits_for_rows_the_end_or_a_stop) {
  const auto never = [] { return false; };
  LiveTopic live;
  std::thread adds([&] { live.add(tail_of(numbered({1}))); });
  live.wait_for_change(0, never);
  adds.join();

  std::atomic<bool> stopped = false;
  std::thread stops([&] {
    stopped = true;
    live.wake();
  });
  live.wait_for_change(live.snapshot().version, [&] { return stopped.load(); });
  stops.join();

  const uint64_t version = live.snapshot().version;
  std::thread ends([&] { live.end(core::Status::OK()); });
  live.wait_for_change(version, never);
  ends.join();
}

TEST(LiveTopics, share_one_while_somebody_holds_it) {
  LiveTopics topics;
  EXPECT_EQ(topics.find(kTopic), nullptr);
  auto live = topics.find_or_make(kTopic);
  EXPECT_EQ(topics.find(kTopic), live);
  EXPECT_EQ(topics.find_or_make(kTopic), live);
  live.reset();
  EXPECT_EQ(topics.find(kTopic), nullptr);
}

TEST(LiveTopics, end_one_or_all) {
  LiveTopics topics;
  const auto first = topics.find_or_make(kTopic);
  const auto second = topics.find_or_make(catalog::TopicId{8});
  topics.end(kTopic, core::error(ErrorKind::NotFound, "deleted"));
  EXPECT_FALSE(second->snapshot().ended);
  topics.end_all(core::error(ErrorKind::Unavailable, "closing"));
  EXPECT_THAT(first->snapshot().why, FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(second->snapshot().why, FailsAs(ErrorKind::Unavailable));
}

}  // namespace
}  // namespace mosaico::engine
