#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "engine/chunk_origin.hpp"
#include "engine/reindex/reindex.hpp"
#include "engine/reindex/stored_manifest.hpp"
#include "engine/reindex/topic_files.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

// What lies there of one sequence, without what is dead.
struct SequenceFiles {
  catalog::SequenceId id{};
  std::string folder;                    // Where it lies, or would lie, in the store.
  std::vector<store::ObjectInfo> files;  // In it.
  // Its topics that have a journal, as those say themselves.
  std::map<catalog::TopicId, ChunkOrigin> journals;
};

// What restoring one sequence needs of its surroundings.
class RestoreContext {
 public:
  virtual ~RestoreContext() = default;
  virtual catalog::Catalog& catalog() = 0;
  virtual store::Store& store() = 0;
  virtual bool is_dead(const std::string& path) const = 0;
  virtual bool has_journal(catalog::TopicId topic) const = 0;
  virtual void note(const std::string& path, const std::string& text) = 0;
  // Keeps what is in the way of a catalog: a file of the store, a journal.
  virtual Status set_aside_file(const std::string& path) = 0;
  virtual Status set_aside_journal(catalog::TopicId topic) = 0;
  virtual Status read_bytes(int64_t bytes) = 0;
  virtual void restored_topic(catalog::TopicId topic, int64_t chunks, int64_t rows) = 0;
};

// Puts a sequence back into the catalog. True when it is there; false, with a note, where nothing
// tells whose files they are, or when its name is taken.
Result<bool> restore_sequence(RestoreContext& context, const SequenceFiles& files);

// The number behind the last '@' of a folder's name; nothing where there is none.
std::optional<int64_t> id_of_folder(const std::string& name);

}  // namespace mosaico::engine
