#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mosaico::engine {

// What of a disk is durable at one moment, and what was changed and not synced. POSIX promises
// nothing of the latter: a power cut may leave any part of it, in any order.
class DiskImage {
 public:
  using NodeId = int64_t;
  static constexpr NodeId kNone = 0;
  static constexpr NodeId kRoot = 1;

  using Random = std::mt19937_64;

  // Unsynced changes after a cut: all lost; all there, as when only the process dies; or each file
  // and folder by itself, with torn writes, zeros and garbage.
  enum class Fate { Lost, Kept, Mixed };

  DiskImage();

  // Writes into the empty or absent folder `path` what a power cut may leave.
  void restore(const std::filesystem::path& path, Fate fate, Random& random) const;

  // --- What happens to the disk ---
  NodeId make(bool is_folder);
  void name(NodeId folder, const std::string& name, NodeId node);  // kNone: the name goes.
  void write(NodeId file, int64_t offset, std::string_view bytes);
  void truncate(NodeId file, int64_t bytes);
  void sync(NodeId node);
  // A failed sync of a file: what the kernel could not write it forgets.
  void lose_unsynced(NodeId file);

 private:
  struct Change {
    int64_t offset = 0;
    std::string bytes;
    bool truncates = false;  // To `offset` bytes.
  };
  struct Node {
    bool is_folder = false;
    // Of a file.
    std::shared_ptr<const std::string> bytes = std::make_shared<const std::string>();
    std::vector<Change> changes;
    // Of a folder.
    std::map<std::string, NodeId> names;
    std::vector<std::pair<std::string, NodeId>> renames;
  };

  static void apply(const Change& change, size_t length, std::string* bytes);
  static void apply_some_sectors(const Change& change, Random& random, std::string* bytes);
  static std::string bytes_after(const Node& file, Fate fate, Random& random);
  static std::map<std::string, NodeId> names_after(const Node& folder, Fate fate, Random& random);
  void restore_node(NodeId node, const std::filesystem::path& path, Fate fate,
                    Random& random) const;

  std::map<NodeId, Node> nodes_;
};

}  // namespace mosaico::engine
