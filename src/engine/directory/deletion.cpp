#include "engine/directory/deletion.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "core/crash_point.hpp"
#include "core/log.hpp"
#include "engine/ingest/chunk_writer.hpp"
#include "engine/ingest/journal.hpp"

namespace mosaico::engine {

namespace {

Result<std::vector<Tombstone>> readable_tombstones(store::Store& store) {
  ARROW_ASSIGN_OR_RAISE(auto found, list_tombstones(store));
  std::vector<Tombstone> tombstones;
  for (FoundTombstone& one : found) {
    if (one.readable.ok()) {
      tombstones.push_back(std::move(one.tombstone));
    } else {
      core::log().error("{}: {}", one.tombstone.path, one.readable.message());
    }
  }
  return tombstones;
}

}  // namespace

void Removal::begin(std::vector<std::string> paths) {
  if (paths.empty()) return;
  core::crash_point("removal.tombstone.before");
  auto stone = put_tombstone(*context_.store, paths, context_.options.clock());
  core::crash_point("removal.tombstone.after");
  if (stone.ok()) {
    stones_.push_back(std::move(stone).ValueUnsafe());
  } else {
    // A full disk must not keep anybody from deleting. The catalog has the truth.
    core::log().warn("a tombstone cannot be written: {}", stone.status().message());
  }
  paths_.insert(paths_.end(), std::make_move_iterator(paths.begin()),
                std::make_move_iterator(paths.end()));
}

void Removal::take_up(Tombstone tombstone) {
  paths_.insert(paths_.end(), tombstone.paths.begin(), tombstone.paths.end());
  stones_.push_back(std::move(tombstone));
}

void Removal::remove_journals(const std::vector<catalog::TopicId>& topics) {
  for (const catalog::TopicId topic : topics) {
    const Status removed = remove_journal({context_.journal_directory, context_.files}, topic);
    if (!removed.ok()) core::log().warn("{}", removed.message());
  }
}

void Removal::remove_files() {
  for (const std::string& path : paths_) {
    // A folder, or a single chunk; no folder of ours is called so.
    const bool is_chunk = path.ends_with(kChunkExtension);
    const Status removed =
        is_chunk ? context_.store->remove(path) : context_.store->remove_all(path);
    core::crash_point("removal.file.after");
    if (removed.ok()) continue;
    failed_ = true;
    core::log().warn("removing {}: {}", path, removed.message());
  }
}

void Removal::end(bool keep_stone) {
  if (failed_) return;
  const Status forgotten = context_.catalog->forget_tombstones(paths_);
  if (!forgotten.ok()) core::log().warn("forgetting tombstones: {}", forgotten.message());
  if (keep_stone) return;
  for (const Tombstone& stone : stones_) {
    const Status removed = context_.store->remove(stone.path);
    core::crash_point("removal.stone.after");
    if (!removed.ok()) core::log().warn("removing {}: {}", stone.path, removed.message());
  }
}

Result<bool> resume_removal(EngineContext& context, Removal* removal) {
  ARROW_ASSIGN_OR_RAISE(auto noted, context.catalog->tombstones());
  ARROW_ASSIGN_OR_RAISE(auto stones, readable_tombstones(*context.store));
  if (noted.empty() && stones.empty()) return false;
  std::vector<std::string> dead;
  for (const Tombstone& stone : stones) {
    dead.insert(dead.end(), stone.paths.begin(), stone.paths.end());
  }
  std::sort(dead.begin(), dead.end());
  std::set<std::string> alive;
  if (!stones.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto chunks, context.catalog->chunk_paths());
    for (const std::string& chunk : chunks) {
      for (size_t end = chunk.find('/'); end != std::string::npos; end = chunk.find('/', end + 1)) {
        if (std::binary_search(dead.begin(), dead.end(), chunk.substr(0, end))) {
          alive.insert(chunk.substr(0, end));
        }
      }
      if (std::binary_search(dead.begin(), dead.end(), chunk)) alive.insert(chunk);
    }
  }
  for (Tombstone& stone : stones) {
    std::erase_if(stone.paths, [&alive](const std::string& path) { return alive.contains(path); });
    removal->take_up(std::move(stone));
  }
  std::erase_if(noted, [&dead](const std::string& path) { return is_dead(path, dead); });
  removal->begin(std::move(noted));
  removal->remove_files();
  return true;
}

}  // namespace mosaico::engine
