#include "client/read/loser_tree.hpp"

#include <algorithm>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace mosaico::client {
namespace {

MergeKey key(int64_t timestamp_ns, size_t topic) {
  return {.absent = false, .timestamp_ns = timestamp_ns, .topic = topic};
}

MergeKey absent(size_t topic) { return {.absent = true, .topic = topic}; }

TEST(LoserTree, ASingleTopicHasNoRival) {
  LoserTree tree({key(7, 0)});
  EXPECT_EQ(tree.winner(), key(7, 0));
  EXPECT_TRUE(tree.runner_up().absent);
  tree.replace_winner(absent(0));
  EXPECT_TRUE(tree.winner().absent);
}

TEST(LoserTree, WithoutTopicsItIsEmpty) {
  EXPECT_TRUE(LoserTree().empty());
  EXPECT_TRUE(LoserTree(std::vector<MergeKey>()).empty());
}

TEST(LoserTree, EqualTimesAreInOrderOfTopic) {
  LoserTree tree({key(5, 0), key(5, 1), key(5, 2)});
  for (size_t topic = 0; topic < 3; ++topic) {
    EXPECT_EQ(tree.winner(), key(5, topic));
    tree.replace_winner(absent(topic));
  }
}

TEST(LoserTree, TheLastTimeComesBeforeAnAbsentRow) {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  LoserTree tree({absent(0), key(kLast, 1)});
  EXPECT_EQ(tree.winner(), key(kLast, 1));
}

// For any number of topics and any keys, winner and runner-up are the two least of all.
TEST(LoserTree, FindsTheTwoLeastKeys) {
  std::mt19937 random(20260501);
  for (size_t topics = 1; topics <= 70; ++topics) {
    std::vector<MergeKey> keys;
    const auto random_key = [&](size_t topic) {
      return random() % 8 == 0 ? absent(topic)
                               : key(static_cast<int64_t>(random() % 20) - 10, topic);
    };
    for (size_t topic = 0; topic < topics; ++topic) keys.push_back(random_key(topic));
    LoserTree tree(keys);
    for (int round = 0; round < 200; ++round) {
      std::vector<MergeKey> sorted = keys;
      std::sort(sorted.begin(), sorted.end());
      ASSERT_EQ(tree.winner(), sorted[0]);
      if (topics > 1 && !sorted[1].absent) {
        ASSERT_EQ(tree.runner_up(), sorted[1]);
      } else {
        ASSERT_TRUE(tree.runner_up().absent);
      }
      const size_t topic = tree.winner().topic;
      keys[topic] = random_key(topic);
      tree.replace_winner(keys[topic]);
    }
  }
}

}  // namespace
}  // namespace mosaico::client
