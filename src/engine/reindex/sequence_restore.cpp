#include "engine/reindex/sequence_restore.hpp"

#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/ids.hpp"
#include "core/names.hpp"
#include "engine/ingest/chunk_writer.hpp"
#include "engine/manifest.hpp"

namespace mosaico::engine {

namespace {

using catalog::Topic;
using catalog::TopicId;
using catalog::TopicState;

bool is_unusable(const Status& status) {
  return core::is_kind(status, ErrorKind::Corrupt) || core::is_kind(status, ErrorKind::NotFound);
}

// All that is known of a topic before its chunks are read.
struct TopicFiles {
  std::optional<StoredManifest::StoredTopic> told;  // By the manifest.
  std::string folder;
  std::vector<std::string> chunks;
};

class SequenceRestore {
 public:
  SequenceRestore(RestoreContext& context, const SequenceFiles& files)
      : context_(context), catalog_(context.catalog()), files_(files) {}

  Result<bool> run() {
    ARROW_RETURN_NOT_OK(read_manifest());
    ARROW_ASSIGN_OR_RAISE(const bool known, find_sequence());
    if (!known) {
      context_.note(files_.folder, "nothing here tells whose files these are; they stay");
      return false;
    }
    const Status restored = catalog_.restore_sequence(sequence_);
    if (core::is_kind(restored, ErrorKind::AlreadyExists)) {
      context_.note(files_.folder, "left out, a later one has its name: " + restored.message());
      return false;
    }
    ARROW_RETURN_NOT_OK(restored);
    ARROW_RETURN_NOT_OK(restore_notifications(/*of_topics=*/false));
    for (const catalog::Session& session : manifest_.sessions) {
      ARROW_RETURN_NOT_OK(restore_session(session));
    }
    for (auto& [id, topic] : list_topics()) ARROW_RETURN_NOT_OK(restore_topic(id, topic));
    ARROW_RETURN_NOT_OK(restore_notifications(/*of_topics=*/true));
    return true;
  }

 private:
  Status read_manifest() {
    sequence_.data_path = files_.folder;
    const std::string path = manifest_path(sequence_);
    const auto text = store::get(context_.store(), path);
    if (core::is_kind(text.status(), ErrorKind::NotFound)) {
      context_.note(files_.folder, "it has no manifest; its chunks and journals tell what it was");
      return Status::OK();
    }
    ARROW_RETURN_NOT_OK(text.status());
    auto manifest = parse_manifest(*text);
    if (manifest.ok() && manifest->sequence.id != files_.id) {
      manifest = core::error(ErrorKind::Corrupt, "the manifest is of another sequence");
    }
    if (!manifest.ok()) {
      context_.note(
          path, manifest.status().message() + "; chunks and journals tell what the sequence was");
      return context_.set_aside_file(path);
    }
    manifest_ = std::move(manifest).ValueUnsafe();
    has_manifest_ = true;
    return Status::OK();
  }

  // Who it is: out of the manifest, a journal, or the first chunk that says so.
  Result<bool> find_sequence() {
    if (has_manifest_) {
      sequence_ = manifest_.sequence;
    } else if (!files_.journals.empty()) {
      sequence_ = files_.journals.begin()->second.sequence;
    } else {
      for (const store::ObjectInfo& file : files_.files) {
        if (!file.path.ends_with(kChunkExtension)) continue;
        const auto chunk = read_footer(file.path);
        if (!chunk.ok() && !is_unusable(chunk.status())) return chunk.status();
        if (!chunk.ok() || chunk->origin.sequence.id != files_.id) continue;
        sequence_ = chunk->origin.sequence;
        break;
      }
    }
    sequence_.data_path = files_.folder;
    return !sequence_.name.empty();
  }

  Result<ChunkFile> read_footer(const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(const auto parquet, open_parquet(context_.store(), path));
    return chunk_file_of(*parquet->metadata());
  }

  Status restore_notifications(bool of_topics) {
    for (const catalog::Notification& notification : manifest_.notifications) {
      if (notification.topic.empty() == of_topics) continue;
      const Status added = catalog_.add_notification(notification);
      // Its topic may be dead.
      if (!core::is_kind(added, ErrorKind::NotFound)) ARROW_RETURN_NOT_OK(added);
    }
    return Status::OK();
  }

  Status restore_session(catalog::Session session) {
    session.sequence = files_.id;
    session.uuid = core::make_uuid();
    ARROW_ASSIGN_OR_RAISE(session.id, catalog_.restore_session(session));
    sessions_.emplace(session.ulid, session);
    return Status::OK();
  }

  std::map<TopicId, TopicFiles> list_topics() {
    std::map<TopicId, TopicFiles> topics;
    for (StoredManifest::StoredTopic& told : manifest_.topics) {
      const std::string folder = topic_folder(sequence_, told.topic);
      if (context_.is_dead(folder)) continue;
      TopicFiles& topic = topics[told.topic.id];
      topic.folder = folder;
      topic.told = std::move(told);
    }
    for (const auto& [id, origin] : files_.journals) {
      topics[id].folder = topic_folder(sequence_, origin.topic);
    }
    const size_t below = files_.folder.size() + 1;
    for (const store::ObjectInfo& file : files_.files) {
      const size_t slash = file.path.find('/', below);
      if (slash == std::string::npos || !file.path.ends_with(kChunkExtension)) continue;
      const auto id = id_of_folder(file.path.substr(below, slash - below));
      if (!id) {
        context_.note(file.path, "it lies in no folder of a topic, and stays");
        continue;
      }
      TopicFiles& topic = topics[TopicId{*id}];
      topic.folder = file.path.substr(0, slash);
      topic.chunks.push_back(file.path);
    }
    return topics;
  }

  // The chunk files of a topic that can be used; `origin` gets what they say of it.
  Result<std::vector<catalog::Chunk>> read_chunks(TopicId id, const TopicFiles& files,
                                                  std::optional<ChunkOrigin>* origin) {
    std::vector<catalog::Chunk> chunks;
    for (const std::string& path : files.chunks) {
      auto chunk = read_chunk_file(context_.store(), path,
                                   [this](int64_t bytes) { return context_.read_bytes(bytes); });
      if (chunk.ok() && (chunk->origin.sequence.id != files_.id || chunk->origin.topic.id != id)) {
        chunk = core::error(ErrorKind::Corrupt, "it holds rows of another topic");
      }
      if (is_unusable(chunk.status())) {
        context_.note(path, "set aside: " + chunk.status().message());
        ARROW_RETURN_NOT_OK(context_.set_aside_file(path));
        continue;
      }
      ARROW_RETURN_NOT_OK(chunk.status());
      if (!*origin) *origin = chunk->origin;
      chunks.push_back(std::move(chunk->chunk));
    }
    return chunks;
  }

  Status restore_topic(TopicId id, TopicFiles& files) {
    std::optional<ChunkOrigin> origin;
    ARROW_ASSIGN_OR_RAISE(auto chunks, read_chunks(id, files, &origin));
    const size_t usable = chunks.size();
    if (const auto journal = files_.journals.find(id);
        !origin && journal != files_.journals.end()) {
      origin = journal->second;
    }
    if (!files.told && !origin) {
      context_.note(files.folder, "no file in it tells of which topic it is");
      return Status::OK();
    }
    const ChunkChoice choice = choose_chunks(std::move(chunks));
    const bool whole = choice.missing_rows == 0 && usable == files.chunks.size();
    ARROW_ASSIGN_OR_RAISE(const auto topic, describe_topic(files, origin, whole));
    if (!topic) return Status::OK();
    const Status restored = catalog_.restore_topic(*topic);
    if (core::is_kind(restored, ErrorKind::AlreadyExists)) {
      context_.note(files.folder, "left out: " + restored.message());
      return Status::OK();
    }
    ARROW_RETURN_NOT_OK(restored);
    return restore_chunks(*topic, files, choice, whole);
  }

  // A topic as it goes into the catalog; nothing, with a note, where it has no place there.
  Result<std::optional<Topic>> describe_topic(const TopicFiles& files,
                                              const std::optional<ChunkOrigin>& origin,
                                              bool whole) {
    Topic topic = files.told ? files.told->topic : origin->topic;
    const std::string ulid = files.told ? files.told->session : origin->session.ulid;
    if (!sessions_.contains(ulid)) {
      if (!origin) {
        context_.note(files.folder, "left out: nothing tells of its session " + ulid);
        return std::nullopt;
      }
      catalog::Session session = origin->session;
      ARROW_RETURN_NOT_OK(restore_session(std::move(session)));
    }
    const catalog::Session& session = sessions_.at(ulid);
    if (!files.told && session.completed_at_ns) {
      context_.note(files.folder, "left out: its session is finalized, without such a topic");
      return std::nullopt;
    }
    if (topic.schema.empty() && origin) topic.schema = origin->topic.schema;
    const bool was_begun = origin.has_value() && topic.state == TopicState::Empty;
    if (was_begun) topic.state = TopicState::Uploading;
    // Recovery removes what it cannot use of an upload that a crash broke; here that may be all
    // there is.
    if (!whole && topic.state == TopicState::Uploading) topic.state = TopicState::Interrupted;
    topic.uuid = core::make_uuid();
    topic.sequence = files_.id;
    topic.session = session.id;
    return topic;
  }

  Status restore_chunks(const Topic& topic, const TopicFiles& files, const ChunkChoice& choice,
                        bool whole) {
    int64_t rows = 0;
    for (catalog::Chunk chunk : choice.chunks) {
      chunk.topic = topic.id;
      rows += chunk.rows;
      ARROW_RETURN_NOT_OK(catalog_.publish_chunk(chunk));
    }
    for (const std::string& path : choice.doubled) {
      ARROW_RETURN_NOT_OK(catalog_.add_tombstone(path));
    }
    for (const std::string& path : choice.in_doubt) {
      context_.note(path, "set aside: it holds rows of other files beside its own");
      ARROW_RETURN_NOT_OK(context_.set_aside_file(path));
    }
    if (choice.missing_rows > 0) {
      context_.note(files.folder, std::to_string(choice.missing_rows) + " rows are missing, from " +
                                      std::to_string(choice.missing_from) + " on");
    }
    const bool is_final = files.told && files.told->topic.state == TopicState::Finalized;
    if (is_final && files.told->topic.rows != rows) {
      context_.note(files.folder, "the manifest tells of " +
                                      std::to_string(files.told->topic.rows) + " rows, and " +
                                      std::to_string(rows) + " are there");
    }
    if (!whole && context_.has_journal(topic.id)) {
      context_.note(files.folder,
                    "rows are missing before those of its journal, of which a copy "
                    "is set aside");
      ARROW_RETURN_NOT_OK(context_.set_aside_journal(topic.id));
    }
    context_.restored_topic(topic.id, std::ssize(choice.chunks), rows);
    return Status::OK();
  }

  RestoreContext& context_;
  catalog::Catalog& catalog_;
  const SequenceFiles& files_;
  bool has_manifest_ = false;
  StoredManifest manifest_;
  catalog::Sequence sequence_;
  std::map<std::string, catalog::Session> sessions_;  // By ULID.
};

}  // namespace

Result<bool> restore_sequence(RestoreContext& context, const SequenceFiles& files) {
  return SequenceRestore(context, files).run();
}

std::optional<int64_t> id_of_folder(const std::string& name) {
  const size_t at = name.rfind('@');
  if (at == std::string::npos) return std::nullopt;
  int64_t id = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, failure] = std::from_chars(name.data() + at + 1, end, id);
  if (failure != std::errc() || stop != end || id < 1) return std::nullopt;
  return id;
}

}  // namespace mosaico::engine
