#pragma once

#include <arrow/ipc/type_fwd.h>
#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "engine/chunk_origin.hpp"
#include "engine/live_topics.hpp"
#include "store/posix_file.hpp"

// The journal: rows of a topic that no chunk holds yet, in files of checksummed frames. The format
// is docs/storage.md, "Journal".
namespace mosaico::engine {

using core::Result;
using core::Status;

// Which topic a journal belongs to, and of which schema its rows are.
struct JournalIdentity {
  catalog::TopicId topic{};
  std::shared_ptr<arrow::Schema> schema;
  std::string schema_bytes;  // As in the catalog.
};

// Where the journals of an engine lie, and the calls that reach them.
struct JournalDirectory {
  // NOLINTNEXTLINE(google-explicit-constructor): a path alone is a directory of the kernel's.
  JournalDirectory(std::string path_in,
                   std::shared_ptr<store::FileSystem> files_in = store::kernel_files())
      : path(std::move(path_in)), files(std::move(files_in)) {}

  std::string path;
  std::shared_ptr<store::FileSystem> files;
};

// The folder of a topic's journal files.
std::string journal_folder(const std::string& journal_directory, catalog::TopicId topic);

// Says durably whose rows the journal of a topic holds, in its folder, which is made. Before any
// row: so that its rows have an owner when the catalog is lost. Errors: Io, LimitExceeded.
Status describe_journal(const JournalDirectory& directory, const ChunkOrigin& origin);
// What it says, with the schema. NotFound; Corrupt; Io.
Result<ChunkOrigin> read_journal_description(const JournalDirectory& directory,
                                             catalog::TopicId topic);

// One journal file being written. append() belongs to one thread, sync() to any; a file whose
// append() failed is not written again.
class JournalSegment {
 public:
  // Makes the file, its folder too, durably. Errors: Io (also: the journal directory is gone),
  // LimitExceeded (no space), NotFound (the folder was removed meanwhile).
  static Result<std::shared_ptr<JournalSegment>> create(const JournalDirectory& directory,
                                                        const JournalIdentity& identity,
                                                        int64_t first_row, bool compress);
  JournalSegment(std::shared_ptr<store::FileSystem> files, store::FileDescriptor file,
                 std::string path, bool compress);
  ~JournalSegment();

  // Writes one frame; it is durable after the next sync(). Takes memory for one copy of the
  // batch's data, none when it is not compressed. Compresses no more once that did not pay. Errors:
  // Io, LimitExceeded, Invalid (a batch that Arrow's IPC format cannot carry).
  Status append(const TailBatch& batch);

  // Makes the frames appended before the call durable. Does nothing when they are. Once it has
  // failed it fails for ever: the kernel forgets what it could not write.
  Status sync();

  // Removes the file. What cannot be removed goes when the engine is opened the next time.
  void remove();

  const std::string& path() const { return path_; }

 private:
  // Constant after construction.
  const std::shared_ptr<store::FileSystem> files_;
  const store::FileDescriptor file_;
  const std::string path_;
  const std::unique_ptr<arrow::ipc::IpcWriteOptions> options_;

  std::atomic<int64_t> written_frames_ = 0;
  // One sync after another: the kernel tells a failure to one of two at once.
  std::mutex sync_mutex_;
  int64_t synced_frames_ = 0;  // Guarded by sync_mutex_.
  Status sync_failure_;        // Guarded by sync_mutex_.
};

// The journal files of a topic in the order of their rows; none when there is no folder.
Result<std::vector<std::string>> list_journal(const JournalDirectory& directory,
                                              catalog::TopicId topic);
// The topics that have a journal folder.
Result<std::vector<catalog::TopicId>> topics_with_journal(const JournalDirectory& directory);
Status remove_journal(const JournalDirectory& directory, catalog::TopicId topic);

struct JournalContents {
  std::vector<TailBatch> batches;
  int64_t cut_bytes = 0;  // At the end: torn or damaged, and not read.
};

// Reads the frames of a file up to the first one that is incomplete or damaged. Rows below
// `from_row` are left out. A file of another topic or schema, or with a torn header, has none.
// Errors: Io.
Result<JournalContents> read_journal(
    const std::string& path, const JournalIdentity& identity, int64_t from_row,
    const std::shared_ptr<store::FileSystem>& files = store::kernel_files());

// What a journal file is made of, for a check.
struct JournalCondition {
  bool is_ours = false;     // Its header is whole, and of this topic and schema.
  int64_t first_row = 0;    // Of its whole frames.
  int64_t rows = 0;         // In its whole frames.
  int64_t torn_bytes = 0;   // Behind them.
  bool is_damaged = false;  // What follows the whole frames is more than a torn end.
};

// Reads all frames of a file, one in memory at a time. Errors: NotFound, Io.
Result<JournalCondition> inspect_journal(const std::string& path, const JournalIdentity& identity);

}  // namespace mosaico::engine
