#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace mosaico {

// The crash points of the engine that the tests aim at.
inline constexpr std::array kCrashPoints = {
    "journal.create.before",     "journal.folder_sync.before", "journal.folder_sync.after",
    "journal.append.after",      "journal.sync.before",        "journal.sync.after",
    "journal.remove.before",     "journal.remove.after",       "journal.remove_all.before",
    "journal.remove_all.after",  "store.make_folder.before",   "store.make_folder.after",
    "store.file_sync.before",    "store.file_sync.after",      "store.rename.before",
    "store.rename.after",        "store.folder_sync.after",    "chunk.publish.before",
    "chunk.publish.after",       "catalog.commit.before",      "catalog.commit.after",
    "manifest.put.before",       "manifest.put.after",         "journal.describe.before",
    "journal.describe.after",    "compaction.note.before",     "compaction.write.before",
    "compaction.replace.before", "compaction.replace.after",   "compaction.remove.before",
    "compaction.remove.after",   "compaction.forget.after"};

// Those on the way of a deletion.
inline constexpr std::array kRemovalPoints = {
    "removal.tombstone.before", "removal.tombstone.after",   "removal.file.after",
    "removal.stone.after",      "journal.remove_all.before", "journal.remove_all.after",
    "store.file_sync.before",   "store.file_sync.after",     "store.rename.before",
    "store.rename.after",       "store.folder_sync.after",   "catalog.commit.before",
    "catalog.commit.after"};

// What was killed where, and what was compared afterwards.
struct Tally {
  std::map<std::string, int> kills_by_point = {};
  int kills = 0;
  std::int64_t readings = 0;
  std::int64_t rows_compared = 0;

  void add_kill(const std::string& point);
  void print(const std::string& victim) const;
};

}  // namespace mosaico
