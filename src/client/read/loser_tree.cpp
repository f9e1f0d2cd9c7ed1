#include "client/read/loser_tree.hpp"

#include <algorithm>
#include <utility>

namespace mosaico::client {

LoserTree::LoserTree(const std::vector<MergeKey>& keys) : nodes_(keys.size()) {
  if (keys.empty()) return;
  std::vector<MergeKey> winners(keys.size());
  winners.insert(winners.end(), keys.begin(), keys.end());
  for (size_t node = keys.size() - 1; node > 0; --node) {
    const auto [less, greater] = std::minmax(winners[2 * node], winners[2 * node + 1]);
    winners[node] = less;
    nodes_[node] = greater;
  }
  nodes_[0] = winners[1];
}

MergeKey LoserTree::runner_up() const {
  MergeKey least;
  for (size_t node = parent_of_leaf(winner().topic); node > 0; node /= 2) {
    least = std::min(least, nodes_[node]);
  }
  return least;
}

void LoserTree::replace_winner(const MergeKey& key) {
  MergeKey rising = key;
  for (size_t node = parent_of_leaf(key.topic); node > 0; node /= 2) {
    if (nodes_[node] < rising) std::swap(nodes_[node], rising);
  }
  nodes_[0] = rising;
}

}  // namespace mosaico::client
