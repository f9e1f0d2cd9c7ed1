#pragma once

#include <arrow/api.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "catalog/sqlite_catalog.hpp"
#include "engine/engine_impl.hpp"
#include "engine/read_rows.hpp"
#include "store/local_store.hpp"

namespace mosaico::engine {

// Waits for what an upload says of its durable rows. May go before the upload, or after it.
class DurableRows {
 public:
  explicit DurableRows(Upload& upload) {
    upload.on_durable([state = state_](const Status& status, int64_t rows) {
      const std::lock_guard lock(state->mutex);
      state->status = status;
      state->counts.push_back(rows);
      state->changed.notify_all();
    });
  }

  // False when the upload breaks before.
  bool wait_for(int64_t rows) {
    std::unique_lock lock(state_->mutex);
    const auto& counts = state_->counts;
    state_->changed.wait(
        lock, [&] { return !state_->status.ok() || (!counts.empty() && counts.back() >= rows); });
    return state_->status.ok();
  }
  Status wait_for_break() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return !state_->status.ok(); });
    return state_->status;
  }
  std::vector<int64_t> counts() const {
    const std::lock_guard lock(state_->mutex);
    return state_->counts;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    Status status;
    std::vector<int64_t> counts;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

// For tests that count chunks: they stay as they were written.
inline EngineOptions without_compaction() {
  EngineOptions options;
  options.compaction = false;
  return options;
}

// An engine over a directory as open_directory() makes it, with its inside open to tests, and the
// sequence "drive" with one session in it.
class Recording {
 public:
  using WrapStore = std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)>;
  using WrapCatalog =
      std::function<std::unique_ptr<catalog::Catalog>(std::unique_ptr<catalog::Catalog>)>;

  explicit Recording(const std::filesystem::path& root,
                     const EngineOptions& options = without_compaction(),
                     const WrapStore& wrap_store = {}, const WrapCatalog& wrap_catalog = {})
      : root_(root) {
    open(options, wrap_store, wrap_catalog);
  }

  void open(const EngineOptions& options, const WrapStore& wrap_store = {},
            const WrapCatalog& wrap_catalog = {}) {
    const auto files = options.files != nullptr ? options.files : store::kernel_files();
    auto store = store::open_local_store(root_, options.read_only, files).ValueOrDie();
    if (wrap_store) store = wrap_store(std::move(store));
    auto catalog =
        catalog::open_sqlite_catalog(root_ / "catalog.sqlite", {.read_only = options.read_only})
            .ValueOrDie();
    if (wrap_catalog) catalog = wrap_catalog(std::move(catalog));
    context_ = std::make_shared<EngineContext>(std::move(catalog), std::move(store),
                                               root_ / "journal", options);
    engine_ = EngineImpl::open(context_, nullptr).ValueOrDie();
  }

  void create_sequence() {
    ASSERT_THAT(engine_->sequence_create({.sequence = "drive", .user_metadata = {{"car", 7}}}),
                IsOk());
    ASSERT_OK_AND_ASSIGN(session_, engine_->session_create(sequence()));
  }

  Engine& engine() { return *engine_; }
  EngineImpl& engine_impl() { return *engine_; }
  EngineContext& context() { return *context_; }
  const std::shared_ptr<EngineContext>& context_pointer() { return context_; }
  const std::filesystem::path& root() const { return root_; }
  const protocol::SessionCreated& session() const { return session_; }
  static core::Locator sequence() { return {.sequence = "drive", .topic = {}, .session = {}}; }
  static core::Locator topic(const std::string& name) {
    return {.sequence = "drive", .topic = name, .session = {}};
  }

  std::string create_topic(const std::string& name, const std::string& format = "default") {
    protocol::TopicCreate request;
    request.session_uuid = session_.uuid;
    request.locator = topic(name);
    request.serialization_format = format;
    request.ontology_tag = "Row";
    return engine_->topic_create(request).ValueOrDie().uuid;
  }

  Result<std::unique_ptr<Upload>> try_upload(
      const std::string& name, const std::string& uuid, bool resume = false,
      const std::shared_ptr<arrow::Schema>& schema = row_schema()) {
    protocol::PutDescriptor descriptor;
    descriptor.topic = topic(name);
    descriptor.topic_uuid = uuid;
    descriptor.resume = resume;
    return engine_->upload(descriptor, schema);
  }

  std::unique_ptr<Upload> upload(const std::string& name, bool resume = false) {
    if (!uuids_.contains(name)) uuids_[name] = create_topic(name);
    return try_upload(name, uuids_[name], resume).ValueOrDie();
  }
  const std::string& uuid(const std::string& name) { return uuids_[name]; }

  protocol::TopicDescription describe(const std::string& name) {
    protocol::ReadDescriptor descriptor;
    descriptor.locator = topic(name);
    return engine_->discover(descriptor).ValueOrDie().endpoints.at(0).topic;
  }

  // Everything a reader gets of a topic, batch by batch.
  Result<arrow::RecordBatchVector> read_batches(const std::string& name) {
    protocol::ReadDescriptor descriptor;
    descriptor.locator = topic(name);
    ARROW_ASSIGN_OR_RAISE(const auto discovery, engine_->discover(descriptor));
    ARROW_ASSIGN_OR_RAISE(const auto ticket,
                          protocol::Ticket::parse(discovery.endpoints.at(0).ticket));
    ARROW_ASSIGN_OR_RAISE(const auto open, engine_->scan(ticket));
    arrow::RecordBatchVector batches;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, open.scan->next());
      if (batch == nullptr) return batches;
      batches.push_back(std::move(batch));
    }
  }

  std::vector<Row> read(const std::string& name) {
    std::vector<Row> rows;
    for (const auto& batch : read_batches(name).ValueOrDie()) {
      for (const Row& row : rows_of(*batch)) rows.push_back(row);
    }
    return rows;
  }

  // Files of the store below data/ whose names end so.
  std::vector<std::string> files(const std::string& extension) {
    std::vector<std::string> paths;
    for (const auto& object : context_->store->list("data").ValueOrDie()) {
      if (object.path.ends_with(extension)) paths.push_back(object.path);
    }
    return paths;
  }

 private:
  const std::filesystem::path root_;
  std::shared_ptr<EngineContext> context_;
  std::shared_ptr<EngineImpl> engine_;
  protocol::SessionCreated session_;
  std::map<std::string, std::string> uuids_;
};

}  // namespace mosaico::engine
