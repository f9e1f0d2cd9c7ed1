#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/directory/tombstones.hpp"
#include "engine/engine_impl.hpp"

namespace mosaico::engine {

// The removal of files that the catalog has forgotten. docs/storage.md, "Deletion": first a
// tombstone in the store, then the files, then the tombstone. What fails is logged, and tried again
// when the engine is opened the next time. One thread.
class Removal {
 public:
  explicit Removal(EngineContext& context) : context_(context) {}

  // Puts `paths`, which the catalog notes as tombstones, into a tombstone of the store.
  void begin(std::vector<std::string> paths);
  // Takes up one that a crash broke off.
  void take_up(Tombstone tombstone);

  void remove_journals(const std::vector<catalog::TopicId>& topics);
  void remove_files();

  // Forgets the tombstones of what is gone. `keep_stone`: a manifest that names it may still lie
  // there, so the one in the store has to stay.
  void end(bool keep_stone);

 private:
  EngineContext& context_;
  std::vector<std::string> paths_;
  std::vector<Tombstone> stones_;
  bool failed_ = false;
};

// Removes what earlier runs left: tombstones in the catalog and in the store. A path that the
// catalog names is alive, whatever a tombstone says. Whether there was anything.
Result<bool> resume_removal(EngineContext& context, Removal* removal);

}  // namespace mosaico::engine
