#include "faults/disk_image.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace mosaico::engine {

namespace fs = std::filesystem;

namespace {

// What a disk writes whole or not at all.
constexpr size_t kSectorBytes = 512;

size_t below(DiskImage::Random& random, size_t end) {
  return std::uniform_int_distribution<size_t>(0, end - 1)(random);
}

// What stands where a file has grown and its bytes have not arrived.
void fill(DiskImage::Random& random, std::string* bytes, size_t from) {
  if (below(random, 2) == 0) return;  // They are zeros already.
  for (size_t i = from; i < bytes->size(); ++i) (*bytes)[i] = static_cast<char>(random());
}

}  // namespace

DiskImage::DiskImage() { nodes_[kRoot].is_folder = true; }

DiskImage::NodeId DiskImage::make(bool is_folder) {
  const NodeId id = nodes_.rbegin()->first + 1;
  nodes_[id].is_folder = is_folder;
  return id;
}

void DiskImage::name(NodeId folder, const std::string& name, NodeId node) {
  nodes_.at(folder).renames.emplace_back(name, node);
}

void DiskImage::write(NodeId file, int64_t offset, std::string_view bytes) {
  nodes_.at(file).changes.push_back({.offset = offset, .bytes = std::string(bytes)});
}

void DiskImage::truncate(NodeId file, int64_t bytes) {
  nodes_.at(file).changes.push_back({.offset = bytes, .bytes = {}, .truncates = true});
}

void DiskImage::sync(NodeId id) {
  Node& node = nodes_.at(id);
  if (!node.changes.empty()) {
    std::string bytes = *node.bytes;
    for (const Change& change : node.changes) apply(change, change.bytes.size(), &bytes);
    node.bytes = std::make_shared<const std::string>(std::move(bytes));
    node.changes.clear();
  }
  for (const auto& [name, child] : node.renames) {
    if (child == kNone) {
      node.names.erase(name);
    } else {
      node.names[name] = child;
    }
  }
  node.renames.clear();
}

void DiskImage::lose_unsynced(NodeId file) { nodes_.at(file).changes.clear(); }

void DiskImage::apply(const Change& change, size_t length, std::string* bytes) {
  const auto offset = static_cast<size_t>(change.offset);
  if (change.truncates) {
    bytes->resize(offset);
    return;
  }
  if (bytes->size() < offset + length) bytes->resize(offset + length);
  bytes->replace(offset, length, change.bytes, 0, length);
}

void DiskImage::apply_some_sectors(const Change& change, Random& random, std::string* bytes) {
  const auto offset = static_cast<size_t>(change.offset);
  const size_t end = offset + change.bytes.size();
  if (change.truncates) {
    if (below(random, 2) == 0) bytes->resize(offset);
    return;
  }
  const size_t former = bytes->size();
  if (end > former && below(random, 2) == 0) {
    bytes->resize(end);
    fill(random, bytes, former);
  }
  for (size_t begin = offset; begin < std::min(end, bytes->size());) {
    const size_t sector_end =
        std::min({begin - begin % kSectorBytes + kSectorBytes, end, bytes->size()});
    if (below(random, 2) == 0) {
      bytes->replace(begin, sector_end - begin, change.bytes, begin - offset, sector_end - begin);
    }
    begin = sector_end;
  }
}

std::string DiskImage::bytes_after(const Node& file, Fate fate, Random& random) {
  std::string bytes = *file.bytes;
  const size_t changes = file.changes.size();
  if (fate == Fate::Lost || changes == 0) return bytes;
  if (fate == Fate::Mixed && below(random, 2) == 0) {
    for (const Change& change : file.changes) apply_some_sectors(change, random, &bytes);
    return bytes;
  }
  const size_t kept = fate == Fate::Kept ? changes : below(random, changes + 1);
  for (size_t i = 0; i < kept; ++i) {
    apply(file.changes[i], file.changes[i].bytes.size(), &bytes);
  }
  if (kept == changes || file.changes[kept].truncates) return bytes;
  const Change& torn = file.changes[kept];
  const size_t former = bytes.size();
  apply(torn, below(random, torn.bytes.size() + 1), &bytes);
  const size_t whole = static_cast<size_t>(torn.offset) + torn.bytes.size();
  if (bytes.size() < whole && below(random, 2) == 0) {
    const size_t written = std::max(bytes.size(), former);
    bytes.resize(whole);
    fill(random, &bytes, written);
  }
  return bytes;
}

std::map<std::string, DiskImage::NodeId> DiskImage::names_after(const Node& folder, Fate fate,
                                                                Random& random) {
  auto names = folder.names;
  std::map<std::string, std::vector<NodeId>> changes;
  for (const auto& [name, node] : folder.renames) changes[name].push_back(node);
  for (const auto& [name, nodes] : changes) {
    size_t kept = nodes.size();
    if (fate == Fate::Lost) kept = 0;
    if (fate == Fate::Mixed) kept = below(random, nodes.size() + 1);
    if (kept == 0) continue;
    if (nodes[kept - 1] == kNone) {
      names.erase(name);
    } else {
      names[name] = nodes[kept - 1];
    }
  }
  return names;
}

void DiskImage::restore_node(NodeId id, const fs::path& path, Fate fate, Random& random) const {
  const Node& node = nodes_.at(id);
  if (!node.is_folder) {
    std::ofstream(path, std::ios::binary) << bytes_after(node, fate, random);
    return;
  }
  fs::create_directories(path);
  for (const auto& [name, child] : names_after(node, fate, random)) {
    restore_node(child, path / name, fate, random);
  }
}

void DiskImage::restore(const fs::path& path, Fate fate, Random& random) const {
  restore_node(kRoot, path, fate, random);
}

}  // namespace mosaico::engine
