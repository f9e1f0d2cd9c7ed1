#include "engine/verify/verify.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "catalog/sqlite_catalog.hpp"
#include "engine/directory/directory_lock.hpp"
#include "engine/directory/layout.hpp"
#include "engine/directory/tombstones.hpp"
#include "engine/manifest.hpp"
#include "engine/stored_schema.hpp"
#include "engine/verify/chunk_check.hpp"
#include "engine/verify/journal_check.hpp"
#include "engine/verify/manifest_check.hpp"
#include "store/local_store.hpp"

namespace mosaico::engine {

namespace {

using catalog::Chunk;
using catalog::SequenceTree;
using catalog::Topic;

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();
constexpr int64_t kPage = 100;
// How often the sums of a topic that is being written are looked at again.
constexpr int kLooks = 5;

class Verifier {
 public:
  Verifier(std::string root, const VerifyRequest& request)
      : root_(std::move(root)), request_(request), findings_(request) {}

  Result<VerifySummary> run() {
    ARROW_ASSIGN_OR_RAISE(catalog_,
                          catalog::open_sqlite_catalog(catalog_path(root_), {.read_only = true}));
    ARROW_ASSIGN_OR_RAISE(store_, store::open_local_store(root_, /*read_only=*/true));
    if (request_.sequence.empty()) {
      ARROW_RETURN_NOT_OK(check_all());
    } else {
      ARROW_ASSIGN_OR_RAISE(const SequenceTree tree, catalog_->find_sequence(request_.sequence));
      for (const Topic& topic : tree.topics) bytes_ += topic.bytes;
      ARROW_RETURN_NOT_OK(check_sequence(tree));
    }
    ARROW_RETURN_NOT_OK(check_rest());
    summary_.findings = findings_.count();
    return summary_;
  }

 private:
  Status check_all() {
    std::vector<std::string> names;
    std::string cursor;
    do {
      ARROW_ASSIGN_OR_RAISE(auto page, catalog_->list_sequences("", cursor, kPage));
      for (auto& sequence : page.sequences) {
        bytes_ += sequence.bytes;
        names.push_back(std::move(sequence.name));
      }
      cursor = page.cursor;
    } while (!cursor.empty());
    for (const std::string& name : names) {
      const auto tree = catalog_->find_sequence(name);
      if (core::is_kind(tree.status(), ErrorKind::NotFound)) continue;
      ARROW_RETURN_NOT_OK(tree.status());
      ARROW_RETURN_NOT_OK(check_sequence(*tree));
    }
    return Status::OK();
  }

  Status check_sequence(const SequenceTree& tree) {
    ++summary_.sequences;
    ARROW_RETURN_NOT_OK(check_manifest(*catalog_, *store_, tree, findings_));
    for (const Topic& topic : tree.topics) ARROW_RETURN_NOT_OK(check_topic(tree, topic));
    return Status::OK();
  }

  // A topic and its chunks as they were at one moment.
  struct Contents {
    bool is_there = false;
    Topic topic;
    std::vector<Chunk> chunks;
  };

  Status check_topic(const SequenceTree& tree, const Topic& topic) {
    ++summary_.topics;
    ARROW_ASSIGN_OR_RAISE(const Contents contents, look_at(tree, topic));
    if (!contents.is_there) return Status::OK();
    ChunkOrigin origin;
    origin.sequence = tree.sequence;
    if (const auto* session = tree.session(topic.session)) origin.session = *session;
    origin.topic = contents.topic;
    if (contents.chunks.empty()) return Status::OK();
    const auto schema = deserialize_schema(contents.topic.schema);
    if (!schema.ok()) {
      Subject(findings_, kCatalogFile, tree.sequence.name, topic.name)
          .add("the schema of the topic cannot be read: " + schema.status().message());
      return Status::OK();
    }
    origin.schema = *schema;
    for (const Chunk& chunk : contents.chunks) {
      ARROW_RETURN_NOT_OK(check_chunk(origin, chunk));
    }
    return Status::OK();
  }

  Result<Contents> look_at(const SequenceTree& tree, const Topic& topic) {
    Contents contents;
    std::string problem;
    for (int look = 0; look < kLooks; ++look) {
      const auto found = catalog_->find_topic(tree.sequence.name, topic.name);
      if (core::is_kind(found.status(), ErrorKind::NotFound)) return Contents{};
      ARROW_RETURN_NOT_OK(found.status());
      if (found->id != topic.id) return Contents{};
      contents.is_there = true;
      contents.topic = *found;
      ARROW_ASSIGN_OR_RAISE(contents.chunks, catalog_->find_chunks(topic.id, kEarliest, kLatest));
      // Published between the two looks.
      std::erase_if(contents.chunks,
                    [&found](const Chunk& chunk) { return chunk.first_row >= found->rows; });
      problem = problem_of(contents);
      if (problem.empty()) return contents;
    }
    Subject(findings_, kCatalogFile, tree.sequence.name, topic.name).add(problem);
    return contents;
  }

  // What is wrong with the sums of a topic, if anything.
  static std::string problem_of(const Contents& contents) {
    Topic sums;
    for (const Chunk& chunk : contents.chunks) {
      if (chunk.first_row != sums.rows) {
        return "the rows of its chunks do not follow each other: a chunk begins at row " +
               std::to_string(chunk.first_row) + " where row " + std::to_string(sums.rows) +
               " is due";
      }
      sums.rows += chunk.rows;
      sums.bytes += chunk.bytes;
      ++sums.chunks;
      sums.timestamp_ns_min =
          std::min(sums.timestamp_ns_min.value_or(chunk.timestamp_ns_min), chunk.timestamp_ns_min);
      sums.timestamp_ns_max =
          std::max(sums.timestamp_ns_max.value_or(chunk.timestamp_ns_max), chunk.timestamp_ns_max);
    }
    const Topic& topic = contents.topic;
    const bool right = sums.rows == topic.rows && sums.bytes == topic.bytes &&
                       sums.chunks == topic.chunks &&
                       sums.timestamp_ns_min == topic.timestamp_ns_min &&
                       sums.timestamp_ns_max == topic.timestamp_ns_max;
    return right ? "" : "the sums of the topic are not those of its chunks";
  }

  Status check_chunk(const ChunkOrigin& origin, const Chunk& listed) {
    const auto chunk = catalog_->find_chunk(listed.id);
    if (core::is_kind(chunk.status(), ErrorKind::NotFound)) return Status::OK();
    ARROW_RETURN_NOT_OK(chunk.status());
    Subject subject(findings_, chunk->path, origin.sequence.name, origin.topic.name);
    const double before = bytes_done_;
    int64_t read = 0;
    const Status checked =
        check_chunk_file(*store_, origin, *chunk, subject, [&](int64_t bytes, int64_t rows) {
          read += bytes;
          summary_.rows += rows;
          const double share = static_cast<double>(read) /
                               static_cast<double>(std::max<int64_t>(1, 2 * chunk->file_bytes));
          bytes_done_ = before + std::min(share, 1.0) * static_cast<double>(chunk->bytes);
          return tell_progress();
        });
    bytes_done_ = before + static_cast<double>(chunk->bytes);
    ++summary_.chunks;
    ARROW_RETURN_NOT_OK(tell_progress());
    if (!core::is_kind(checked, ErrorKind::NotFound)) return checked;
    if (catalog_->find_chunk(listed.id).ok()) subject.add("the file is missing");
    return Status::OK();
  }

  Status tell_progress() {
    return request_.on_progress(
        {.fraction = bytes_done_ / static_cast<double>(std::max<int64_t>(1, bytes_)),
         .rows = summary_.rows});
  }

  // What no sequence leads to.
  Status check_rest() {
    const auto lock = DirectoryLock::keep_writers_out(root_);
    summary_.unnamed_files_checked = lock != nullptr;
    ARROW_RETURN_NOT_OK(check_journals(
        *catalog_,
        {.root = root_, .sequence = request_.sequence, .writers_are_out = lock != nullptr},
        findings_));
    return lock == nullptr ? Status::OK() : check_unnamed_files();
  }

  Status check_unnamed_files() {
    std::string folder = kDataFolder;
    std::set<std::string> known;
    if (!request_.sequence.empty()) {
      const auto tree = catalog_->find_sequence(request_.sequence);
      if (!tree.ok()) return Status::OK();
      folder = tree->sequence.data_path;
      known.insert(manifest_path(tree->sequence));
    }
    ARROW_ASSIGN_OR_RAISE(const auto objects, store_->list(folder));
    ARROW_ASSIGN_OR_RAISE(auto paths, catalog_->chunk_paths());
    known.insert(std::make_move_iterator(paths.begin()), std::make_move_iterator(paths.end()));
    ARROW_RETURN_NOT_OK(add_manifests(&known));
    ARROW_ASSIGN_OR_RAISE(const auto dead, dead_paths());
    for (const store::ObjectInfo& object : objects) {
      if (known.contains(object.path) || is_dead(object.path, dead)) continue;
      Subject(findings_, object.path, request_.sequence, "")
          .add("the catalog names no such file", nullptr, object.bytes);
    }
    return Status::OK();
  }

  // What is still to be removed, sorted.
  Result<std::vector<std::string>> dead_paths() {
    ARROW_ASSIGN_OR_RAISE(auto dead, catalog_->tombstones());
    ARROW_ASSIGN_OR_RAISE(const auto stones, list_tombstones(*store_));
    for (const auto& [stone, readable] : stones) {
      dead.insert(dead.end(), stone.paths.begin(), stone.paths.end());
      if (!readable.ok()) Subject(findings_, stone.path, "", "").add(readable.message());
    }
    std::sort(dead.begin(), dead.end());
    return dead;
  }

  Status add_manifests(std::set<std::string>* known) {
    if (!request_.sequence.empty()) return Status::OK();
    std::string cursor;
    do {
      ARROW_ASSIGN_OR_RAISE(auto page, catalog_->list_sequences("", cursor, kPage));
      for (const auto& sequence : page.sequences) {
        const auto tree = catalog_->find_sequence(sequence.name);
        if (tree.ok()) known->insert(manifest_path(tree->sequence));
      }
      cursor = page.cursor;
    } while (!cursor.empty());
    return Status::OK();
  }

  const std::string root_;
  const VerifyRequest& request_;
  Findings findings_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<store::Store> store_;
  VerifySummary summary_;
  int64_t bytes_ = 0;  // Of Arrow data, of all that is to be read.
  double bytes_done_ = 0;
};

}  // namespace

Result<VerifySummary> verify_directory(const std::string& root, const VerifyRequest& request) {
  return Verifier(root, request).run();
}

}  // namespace mosaico::engine
