#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "query/filter.hpp"

namespace mosaico::catalog {

using core::Result;
using core::Status;

// Sees topics and their chunks. It must not use the catalog.
class TopicVisitor {
 public:
  virtual ~TopicVisitor() = default;
  // The schema, as Topic has it, of the topics that are visited from now on.
  virtual Status visit_schema(const std::string& schema) = 0;
  // `rows` are those in chunks.
  virtual Status visit_topic(TopicId topic, int64_t rows) = 0;
  // A chunk of the topic visited last.
  virtual Status visit_chunk(Chunk chunk) = 0;
};

// The metadata database. Every call is one transaction: it happens whole or not at all, and a call
// that returned OK is durable, but where it says otherwise. Thread-safe. The rules of a sequence's
// life live here, since only a transaction can hold them against concurrent callers.
//
// Errors, besides those named: Io (the database failed; nothing happened), Corrupt.
class Catalog {
 public:
  virtual ~Catalog() = default;

  // --- Sequences ---

  // AlreadyExists when the name is taken.
  virtual Result<Sequence> create_sequence(const std::string& name,
                                           const nlohmann::json& user_metadata,
                                           int64_t created_at_ns) = 0;
  // NotFound.
  virtual Result<SequenceTree> find_sequence(const std::string& name) = 0;
  // Sequences whose name starts with `prefix` and is greater than `cursor`, at most `limit`.
  virtual Result<SequencePage> list_sequences(const std::string& prefix, const std::string& cursor,
                                              int64_t limit) = 0;
  // Removes the sequence and everything below, and leaves tombstones. NotFound. Locked when it is
  // finalized and healthy and `allow_finalized` is false.
  virtual Result<Deleted> delete_sequence(const std::string& name, bool allow_finalized) = 0;
  // The same for a sequence without any finalized session, by the author of one of its sessions.
  // NotFound (also for a UUID of another sequence), Locked (a session is finalized).
  virtual Result<Deleted> abort_sequence(const std::string& name,
                                         const std::string& session_uuid) = 0;

  // --- Sessions ---

  // NotFound.
  virtual Result<Session> create_session(const std::string& sequence, const std::string& ulid,
                                         const std::string& uuid, int64_t created_at_ns) = 0;
  // Locks the session and its topics. NotFound; Locked when it has no topic, a topic of it is not
  // Finalized, or it is finalized already. Returns the name of the sequence.
  virtual Result<std::string> finalize_session(const std::string& uuid,
                                               int64_t completed_at_ns) = 0;
  // NotFound; Locked when finalized in a healthy sequence and `allow_finalized` is false.
  virtual Result<Deleted> delete_session(const std::string& sequence, const std::string& ulid,
                                         bool allow_finalized) = 0;
  // Gives the open session `ulid` and all its topics new UUIDs. NotFound; Locked when it is
  // finalized or one of its topics is Uploading. `make_uuid` is called once an object; it must not
  // use the catalog.
  virtual Result<SequenceTree> claim_session(const std::string& sequence, const std::string& ulid,
                                             const std::function<std::string()>& make_uuid) = 0;

  // --- Topics ---

  // `topic` comes with name, uuid, tag, format, metadata and creation time. NotFound (no such
  // session, or not of this sequence), Locked (session finalized), AlreadyExists (name taken).
  virtual Result<Topic> create_topic(const std::string& sequence, const std::string& session_uuid,
                                     const Topic& topic) = 0;
  // NotFound.
  virtual Result<Topic> find_topic(const std::string& sequence, const std::string& name) = 0;
  // With the name of its sequence. NotFound.
  virtual Result<std::pair<std::string, Topic>> find_topic(TopicId topic) = 0;
  // NotFound; Locked as delete_session().
  virtual Result<Deleted> delete_topic(const std::string& sequence, const std::string& name,
                                       bool allow_finalized) = 0;
  // Empty → Uploading with this schema; with `resume` also Interrupted → Uploading, the schema
  // being equal. NotFound (no such topic, or another UUID); Locked (wrong state, session
  // finalized); Invalid (another schema on resume).
  virtual Result<Topic> begin_upload(const std::string& sequence, const std::string& name,
                                     const std::string& topic_uuid, const std::string& schema,
                                     bool resume) = 0;
  // Uploading → Finalized or Interrupted. NotFound when it was deleted meanwhile; Locked when it
  // is not Uploading.
  virtual Status end_upload(TopicId topic, TopicState state) = 0;
  // Every topic in this state, with the name of its sequence.
  virtual Result<std::vector<std::pair<std::string, Topic>>> topics_in_state(TopicState state) = 0;

  // --- Chunks ---

  // Adds a chunk and its figures to its topic's sums. NotFound when the topic was deleted; Invalid
  // unless chunk.first_row equals the rows published so far; AlreadyExists when its path is taken.
  // `chunk.id` is set in the result.
  virtual Result<Chunk> publish_chunk(const Chunk& chunk) = 0;
  // The chunks of a topic that hold a time in [start, end), in push order, without their column
  // statistics. The greatest int64 as `end_ns` is no end: a row at that very time is found as well.
  virtual Result<std::vector<Chunk>> find_chunks(TopicId topic, int64_t start_ns,
                                                 int64_t end_ns) = 0;
  // Shows `visitor` those of `topics`, no id twice, that are there: in the order given,
  // each followed by its chunks in push order, with statistics in the order of the
  // paths. All as they are at one moment, until it fails.
  virtual Status visit_topics(const std::vector<TopicId>& topics, const ChunkFilter& filter,
                              TopicVisitor& visitor) = 0;
  // With its column statistics. NotFound.
  virtual Result<Chunk> find_chunk(ChunkId chunk) = 0;
  // Puts one chunk in the place of adjacent ones of its topic, whose rows it holds, and leaves
  // tombstones for their files, which are returned; that of merged.path goes. NotFound when the
  // topic or one of them is gone; Invalid unless its rows, bytes and times are theirs together;
  // AlreadyExists when its path is taken. The sums of the topic change in nothing but the number
  // of chunks.
  virtual Result<std::vector<std::string>> replace_chunks(const std::vector<ChunkId>& replaced,
                                                          const Chunk& merged) = 0;
  // Topics with at least two chunks that are smaller than both limits, with the names of their
  // sequences and without their schemas: those with ids above `after`, in ascending order, at most
  // `limit`.
  virtual Result<std::vector<std::pair<std::string, Topic>>> topics_with_small_chunks(
      const ChunkLimits& limits, TopicId after, int64_t limit) = 0;
  // The paths of all chunks: what reopening compares the files with.
  virtual Result<std::vector<std::string>> chunk_paths() = 0;

  // --- Notifications ---

  // `topic` empty: on the sequence itself. NotFound.
  virtual Status add_notification(const Notification& notification) = 0;
  virtual Result<std::vector<Notification>> list_notifications(const std::string& sequence,
                                                               const std::string& topic) = 0;
  virtual Status purge_notifications(const std::string& sequence, const std::string& topic) = 0;

  // --- Manifests ---

  // The names of the sequences whose manifest was not written since their last change.
  virtual Result<std::vector<std::string>> stale_manifests() = 0;
  // The manifest of a sequence was written and tells what `tree` did. OK when the sequence is gone.
  // Durable from the next change on: who forgets it writes the manifest once more.
  virtual Status manifest_written(const SequenceTree& tree) = 0;

  // --- Queries ---

  // The topics that fulfil the sequence and topic conditions, ordered by sequence, then creation.
  virtual Result<std::vector<FoundTopic>> find_topics(const query::MetadataFilter& filter) = 0;

  // --- API keys ---

  // AlreadyExists when the fingerprint is taken.
  virtual Status create_api_key(const ApiKey& key) = 0;
  // NotFound.
  virtual Result<ApiKey> find_api_key(const std::string& fingerprint) = 0;
  // In the order in which they were created.
  virtual Result<std::vector<ApiKey>> list_api_keys() = 0;
  // Removes the key; find_api_key() of every process misses it from then on. NotFound.
  virtual Status revoke_api_key(const std::string& fingerprint) = 0;

  // --- Restoring: a new catalog made of what files tell ---

  // A sequence with its id. AlreadyExists (its name, or its id).
  virtual Status restore_sequence(const Sequence& sequence) = 0;
  // A session of `session.sequence` under a new id, which is returned; finalized when it has the
  // time of that. `notifications_before` counts notifications, which must be there already.
  // NotFound (no such sequence), AlreadyExists (its ULID in the sequence, or its UUID).
  virtual Result<SessionId> restore_session(const Session& session) = 0;
  // A topic of `topic.session` with its id, state and schema, and without rows: publish_chunk()
  // adds them. NotFound (no such session, or not of topic.sequence), AlreadyExists (its name in the
  // sequence, or its id).
  virtual Status restore_topic(const Topic& topic) = 0;
  // Ids up to these are not given any more.
  virtual Status restore_ids(SequenceId last_sequence, TopicId last_topic) = 0;

  // --- Tombstones ---

  // Notes that a file or a folder of the store has to go. OK when it is noted already.
  virtual Status add_tombstone(const std::string& path) = 0;

  virtual Result<std::vector<std::string>> tombstones() = 0;
  // All at once; what is none is left out.
  virtual Status forget_tombstones(const std::vector<std::string>& paths) = 0;
};

}  // namespace mosaico::catalog
