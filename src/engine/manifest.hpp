#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "core/error.hpp"
#include "engine/engine_impl.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// Where the manifest of a sequence lies in the store.
std::string manifest_path(const catalog::Sequence& sequence);

// A sequence's manifest.json: all that the catalog knows of it but its chunks and the proofs of
// authorship. docs/storage.md, "Manifest". NotFound when it is gone meanwhile.
Result<nlohmann::json> manifest_of(catalog::Catalog& catalog, const catalog::SequenceTree& tree);

// Keeps manifests up to date, and removes files, on a thread of its own: one after another, so that
// no manifest is written into a folder that is being removed. Thread-safe.
class ManifestWriter {
 public:
  explicit ManifestWriter(std::shared_ptr<EngineContext> context);
  ~ManifestWriter();  // close()

  // Has the manifest written soon; several changes within a second are written once.
  void request(const std::string& sequence);

  // Writes it now; nothing when the sequence is gone. What fails is logged, and tried again with
  // the next change or when the engine is opened again: the catalog has the truth. Whether it
  // tells all now.
  bool write(const std::string& sequence);

  // Runs `job` while no manifest is being written.
  void exclusively(const std::function<void()>& job);

  // Writes what was requested, then ends the thread.
  void close();

 private:
  void run();
  Status write_now(const std::string& sequence);
  bool write_or_log(const std::string& sequence);

  const std::shared_ptr<EngineContext> context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> requested_;                // Guarded by mutex_.
  std::deque<std::packaged_task<void()>> urgent_;  // Guarded by mutex_; one a waiting caller.
  bool closed_ = false;                            // Guarded by mutex_.
  std::mutex close_mutex_;
  std::thread thread_;  // Guarded by close_mutex_ once it runs.
};

}  // namespace mosaico::engine
