#include "engine/reindex/reindex.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "catalog/rules.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "engine/directory/directory_lock.hpp"
#include "engine/directory/layout.hpp"
#include "engine/directory/tombstones.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/reindex/catalog_file.hpp"
#include "engine/reindex/sequence_restore.hpp"
#include "store/local_store.hpp"

namespace mosaico::engine {

namespace {

namespace fs = std::filesystem;
using catalog::SequenceId;
using catalog::TopicId;

Status failed(const std::error_code& failure, const std::string& path) {
  return core::error(ErrorKind::Io, "cannot set aside: ", failure.message(), ": ", path);
}

class Reindexer : public RestoreContext {
 public:
  Reindexer(std::string root, const ReindexRequest& request)
      : root_(std::move(root)), journals_folder_(root_ + kJournalFolder), request_(request) {}

  Result<ReindexSummary> run() {
    std::error_code failure;
    if (!fs::is_directory(root_, failure)) {
      return core::error(ErrorKind::NotFound, "no such directory: ", root_);
    }
    ARROW_ASSIGN_OR_RAISE(const auto lock, DirectoryLock::take(root_));
    if (!request_.force && fs::exists(catalog_path(root_), failure)) {
      return core::error(ErrorKind::AlreadyExists,
                         "there is a catalog already; with --force it is made again, and the one "
                         "there is kept under another name: ",
                         root_);
    }
    ARROW_ASSIGN_OR_RAISE(store_, store::open_local_store(root_));
    ARROW_ASSIGN_OR_RAISE(auto file, NewCatalogFile::begin(root_));
    catalog_ = &file.catalog();
    ARROW_RETURN_NOT_OK(take_over_keys());
    ARROW_RETURN_NOT_OK(restore());
    ARROW_ASSIGN_OR_RAISE(summary_.kept_catalog, file.take_place());
    return summary_;
  }

  catalog::Catalog& catalog() override { return *catalog_; }
  store::Store& store() override { return *store_; }
  bool is_dead(const std::string& path) const override { return engine::is_dead(path, dead_); }
  bool has_journal(TopicId topic) const override { return journals_.contains(topic); }

  void note(const std::string& path, const std::string& text) override {
    ++summary_.notes;
    request_.on_note({.path = path, .text = text});
  }

  Status set_aside_file(const std::string& path) override {
    const std::string to = root_ + kSetAsideFolder + "/" + path;
    std::error_code failure;
    fs::create_directories(fs::path(to).parent_path(), failure);
    if (!failure) fs::rename(root_ + "/" + path, to, failure);
    return failure && failure != std::errc::no_such_file_or_directory ? failed(failure, path)
                                                                      : Status::OK();
  }

  // A copy: if this work ends before its catalog counts, the journal is where it was.
  Status set_aside_journal(TopicId topic) override {
    const std::string from = journal_folder(journals_folder_, topic);
    const std::string to = root_ + kSetAsideFolder + from.substr(root_.size());
    std::error_code failure;
    fs::create_directories(fs::path(to).parent_path(), failure);
    if (!failure) {
      fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing,
               failure);
    }
    return failure ? failed(failure, from) : Status::OK();
  }

  Status read_bytes(int64_t bytes) override {
    bytes_done_ += bytes;
    return request_.on_progress(
        static_cast<double>(bytes_done_) / static_cast<double>(std::max<int64_t>(1, bytes_)),
        summary_.rows);
  }

  void restored_topic(TopicId topic, int64_t chunks, int64_t rows) override {
    restored_.insert(topic);
    ++summary_.topics;
    summary_.chunks += chunks;
    summary_.rows += rows;
  }

 private:
  Status restore() {
    ARROW_RETURN_NOT_OK(read_tombstones());
    ARROW_RETURN_NOT_OK(list_files());
    ARROW_RETURN_NOT_OK(list_journals());
    // The latest first: of two that have one name it is the one that was not deleted.
    for (auto files = sequences_.rbegin(); files != sequences_.rend(); ++files) {
      ARROW_ASSIGN_OR_RAISE(const bool restored, restore_sequence(*this, files->second));
      if (restored) ++summary_.sequences;
    }
    for (const TopicId topic : journals_) {
      if (restored_.contains(topic) || dead_journals_.contains(topic)) continue;
      note(journal_folder(journals_folder_, topic).substr(root_.size() + 1),
           "a journal of no topic that is known; a copy is set aside");
      ARROW_RETURN_NOT_OK(set_aside_journal(topic));
    }
    return catalog_->restore_ids(last_sequence_, last_topic_);
  }

  // API keys are in no file but a catalog that is replaced.
  Status take_over_keys() {
    std::error_code failure;
    if (!fs::exists(catalog_path(root_), failure)) return Status::OK();
    const auto before = catalog::open_sqlite_catalog(catalog_path(root_), {.read_only = true});
    const auto keys = before.ok() ? (*before)->list_api_keys() : before.status();
    if (!keys.ok()) {
      note(kCatalogFile,
           "its API keys are not taken over, make new ones: " + keys.status().message());
      return Status::OK();
    }
    for (const catalog::ApiKey& key : *keys) ARROW_RETURN_NOT_OK(catalog_->create_api_key(key));
    return Status::OK();
  }

  Status read_tombstones() {
    ARROW_ASSIGN_OR_RAISE(const auto tombstones, list_tombstones(*store_));
    for (const auto& [tombstone, readable] : tombstones) {
      if (!readable.ok()) {
        note(tombstone.path, readable.message() + "; what it names may come back");
      }
      for (const std::string& path : tombstone.paths) {
        dead_.push_back(path);
        see_ids(path);
      }
    }
    std::sort(dead_.begin(), dead_.end());
    return Status::OK();
  }

  // Ids that stand in paths are not given again: data/<sequence>@<id>/<topic>@<id>/…
  void see_ids(const std::string& path) {
    const fs::path segments(path);
    int depth = 0;
    for (const fs::path& segment : segments) {
      const auto id = id_of_folder(segment.string());
      if (depth == 1 && id) last_sequence_ = std::max(last_sequence_, SequenceId{*id});
      if (depth == 2 && id) last_topic_ = std::max(last_topic_, TopicId{*id});
      ++depth;
    }
  }

  Status list_files() {
    ARROW_ASSIGN_OR_RAISE(auto objects, store_->list(kDataFolder));
    for (store::ObjectInfo& object : objects) {
      see_ids(object.path);
      if (is_dead(object.path)) continue;
      const size_t begin = std::string(kDataFolder).size() + 1;
      const size_t slash = object.path.find('/', begin);
      const auto id = id_of_folder(object.path.substr(begin, slash - begin));
      if (slash == std::string::npos || !id) {
        note(object.path, "it lies in no folder of a sequence, and stays");
        continue;
      }
      SequenceFiles& files = sequences_[SequenceId{*id}];
      files.id = SequenceId{*id};
      files.folder = object.path.substr(0, slash);
      bytes_ += object.bytes;
      files.files.push_back(std::move(object));
    }
    return Status::OK();
  }

  Status list_journals() {
    ARROW_ASSIGN_OR_RAISE(const auto topics, topics_with_journal(journals_folder_));
    journals_.insert(topics.begin(), topics.end());
    for (const TopicId topic : topics) {
      last_topic_ = std::max(last_topic_, topic);
      auto origin = read_journal_description(journals_folder_, topic);
      // Journals of older engines have none; a manifest may know them.
      if (core::is_kind(origin.status(), ErrorKind::Io)) return origin.status();
      if (!origin.ok() || origin->topic.id != topic) continue;
      const SequenceId id = origin->sequence.id;
      last_sequence_ = std::max(last_sequence_, id);
      origin->sequence.data_path = catalog::sequence_data_path(origin->sequence.name, id);
      if (is_dead(topic_folder(origin->sequence, origin->topic))) {
        dead_journals_.insert(topic);
        continue;
      }
      SequenceFiles& files = sequences_[id];
      files.id = id;
      if (files.folder.empty()) files.folder = origin->sequence.data_path;
      files.journals.emplace(topic, std::move(origin).ValueUnsafe());
    }
    return Status::OK();
  }

  const std::string root_;
  const std::string journals_folder_;
  const ReindexRequest& request_;
  std::unique_ptr<store::Store> store_;
  catalog::Catalog* catalog_ = nullptr;

  std::vector<std::string> dead_;  // Sorted.
  std::map<SequenceId, SequenceFiles> sequences_;
  std::set<TopicId> journals_;
  std::set<TopicId> dead_journals_;
  std::set<TopicId> restored_;
  SequenceId last_sequence_{};
  TopicId last_topic_{};
  int64_t bytes_ = 0;
  int64_t bytes_done_ = 0;
  ReindexSummary summary_;
};

}  // namespace

Result<ReindexSummary> reindex_directory(const std::string& root, const ReindexRequest& request) {
  return Reindexer(root, request).run();
}

}  // namespace mosaico::engine
