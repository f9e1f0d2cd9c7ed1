#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/error.hpp"

// A catalog made again from the files of a directory.
namespace mosaico::engine {

using core::Result;
using core::Status;

// Something that is not as a catalog would have it, and what became of it.
struct ReindexNote {
  std::string path;  // Below the root.
  std::string text;
};

struct ReindexRequest {
  bool force = false;  // Also where a catalog is there, which is kept beside under another name.
  // Both from the caller's thread. An error of on_progress ends the work: nothing has changed then.
  std::function<void(const ReindexNote&)> on_note = [](const ReindexNote&) {};
  std::function<Status(double fraction, int64_t rows)> on_progress = [](double, int64_t) {
    return Status::OK();
  };
};

struct ReindexSummary {
  int64_t sequences = 0;
  int64_t topics = 0;
  int64_t chunks = 0;
  int64_t rows = 0;  // In chunks; those in journals come when the directory is opened.
  int64_t notes = 0;
  std::string kept_catalog;  // The name of the one that was there, if any.
};

// Makes catalog.sqlite out of manifests, chunks and journals. Sequences, topics and chunks come
// back with all that the catalog had of them but UUIDs, which only their writers know: open
// sessions can be claimed. What was deleted stays deleted, and what was merged is there once.
// Journals stay where they are until the directory is opened. A file that cannot be used goes to
// set-aside/, and nothing is removed.
//
// The catalog is built under another name and takes its place at the end, at once. Reads every
// file; memory: the chunks of one topic, the names of all files, and one manifest.
//
// Errors: AlreadyExists (there is a catalog, and no `force`), NotFound (no such directory), Locked
// (a process writes there), Io, LimitExceeded (no space), and those of on_progress.
Result<ReindexSummary> reindex_directory(const std::string& root, const ReindexRequest& request);

}  // namespace mosaico::engine
