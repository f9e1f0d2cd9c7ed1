#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mosaico::client {

// Where a topic's next row stands in the order of a merge: by time, ties by topic.
struct MergeKey {
  bool absent = true;  // No row: behind all others.
  int64_t timestamp_ns = 0;
  size_t topic = 0;

  auto operator<=>(const MergeKey&) const = default;
};

// Finds the least of many keys again and again with one comparison a level: each inner node keeps
// the key that lost there (Knuth, The Art of Computer Programming 3, section 5.4.1). One thread.
class LoserTree {
 public:
  LoserTree() = default;
  // Key i is that of topic i.
  explicit LoserTree(const std::vector<MergeKey>& keys);

  bool empty() const { return nodes_.empty(); }
  // The least key. Not of an empty tree.
  const MergeKey& winner() const { return nodes_[0]; }
  // The least key but the winner; absent when there is none.
  MergeKey runner_up() const;
  // Gives the winner's topic another key.
  void replace_winner(const MergeKey& key);

 private:
  // The node above topic's leaf; leaves are not stored.
  size_t parent_of_leaf(size_t topic) const { return (nodes_.size() + topic) / 2; }

  std::vector<MergeKey>
      nodes_;  // [0]: the winner. [i]: the loser at i, below which are 2i, 2i + 1.
};

}  // namespace mosaico::client
