#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.hpp"

// Whether a directory still holds what its catalog says.
namespace mosaico::engine {

using core::Result;
using core::Status;

// One thing that is wrong.
struct Finding {
  std::string path;      // Of the file, below the root.
  std::string sequence;  // Whose file it is; empty where that is not known, as for the topic.
  std::string topic;
  std::string problem;    // What is wrong, as a sentence without its end.
  nlohmann::json wanted;  // What the catalog (or, for pages, the footer) says; null: nothing.
  nlohmann::json found;   // What is there.
};

struct VerifyProgress {
  double fraction = 0;  // From 0 to 1.
  int64_t rows = 0;     // Read so far.
};

struct VerifyRequest {
  std::string sequence;  // Only this one; empty: all of them, and what belongs to none.
  // From the caller's thread. A finding is not an error: the check goes on.
  std::function<void(const Finding&)> on_finding = [](const Finding&) {};
  // From the caller's thread, often. An error ends the check and is returned.
  std::function<Status(const VerifyProgress&)> on_progress = [](const VerifyProgress&) {
    return Status::OK();
  };
};

struct VerifySummary {
  int64_t sequences = 0;
  int64_t topics = 0;
  int64_t chunks = 0;
  int64_t rows = 0;  // In chunks.
  int64_t findings = 0;
  // False while a process writes to the directory: a file that the catalog does not name, and a
  // journal that does not end where its rows do, may then be about to be right.
  bool unnamed_files_checked = false;
};

// Compares the catalog of a directory with every file in it, reading all of them: the checksum,
// size, footer, metadata, schema, rows, their order and times of each chunk, its statistics in the
// catalog and in its footer against its values, the sums of topics, manifests, journals, and files
// that nothing names. Changes nothing, and may run beside the process that writes: what that
// changes meanwhile is looked at again, and is no finding.
//
// Order within equal times cannot be seen in a file.
//
// Memory: a row group, the list of the chunks of one topic, and the names of all files.
// Errors: NotFound (no catalog there, or no such sequence), Io, Corrupt (the catalog cannot be
// read), Locked (of another version), and those of on_progress.
Result<VerifySummary> verify_directory(const std::string& root, const VerifyRequest& request);

}  // namespace mosaico::engine
