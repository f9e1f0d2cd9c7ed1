#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/sqlite/connections.hpp"

namespace mosaico::catalog::sqlite {

// The catalog in a SQLite file. Thread-safe. Its members are in the files named after their nouns.
class SqliteCatalog : public Catalog {
 public:
  SqliteCatalog(std::unique_ptr<GroupWriter> writer, std::string path, int busy_timeout_ms)
      : connections_(std::move(writer), std::move(path), busy_timeout_ms) {}

  Result<Sequence> create_sequence(const std::string& name, const nlohmann::json& user_metadata,
                                   int64_t created_at_ns) override;
  Result<SequenceTree> find_sequence(const std::string& name) override;
  Result<SequencePage> list_sequences(const std::string& prefix, const std::string& cursor,
                                      int64_t limit) override;
  Result<Deleted> delete_sequence(const std::string& name, bool allow_finalized) override;
  Result<Deleted> abort_sequence(const std::string& name, const std::string& session_uuid) override;

  Result<Session> create_session(const std::string& sequence, const std::string& ulid,
                                 const std::string& uuid, int64_t created_at_ns) override;
  Result<std::string> finalize_session(const std::string& uuid, int64_t completed_at_ns) override;
  Result<Deleted> delete_session(const std::string& sequence, const std::string& ulid,
                                 bool allow_finalized) override;
  Result<SequenceTree> claim_session(const std::string& sequence, const std::string& ulid,
                                     const std::function<std::string()>& make_uuid) override;

  Result<Topic> create_topic(const std::string& sequence, const std::string& session_uuid,
                             const Topic& topic) override;
  Result<Topic> find_topic(const std::string& sequence, const std::string& name) override;
  Result<std::pair<std::string, Topic>> find_topic(TopicId topic) override;
  Result<Deleted> delete_topic(const std::string& sequence, const std::string& name,
                               bool allow_finalized) override;
  Result<Topic> begin_upload(const std::string& sequence, const std::string& name,
                             const std::string& topic_uuid, const std::string& schema,
                             bool resume) override;
  Status end_upload(TopicId topic, TopicState state) override;
  Result<std::vector<std::pair<std::string, Topic>>> topics_in_state(TopicState state) override;

  Result<Chunk> publish_chunk(const Chunk& chunk) override;
  Result<std::vector<Chunk>> find_chunks(TopicId topic, int64_t start_ns, int64_t end_ns) override;
  Status visit_topics(const std::vector<TopicId>& topics, const ChunkFilter& filter,
                      TopicVisitor& visitor) override;
  Result<Chunk> find_chunk(ChunkId chunk) override;
  Result<std::vector<std::string>> replace_chunks(const std::vector<ChunkId>& replaced,
                                                  const Chunk& merged) override;
  Result<std::vector<std::pair<std::string, Topic>>> topics_with_small_chunks(
      const ChunkLimits& limits, TopicId after, int64_t limit) override;
  Result<std::vector<std::string>> chunk_paths() override;

  Status add_notification(const Notification& notification) override;
  Result<std::vector<Notification>> list_notifications(const std::string& sequence,
                                                       const std::string& topic) override;
  Status purge_notifications(const std::string& sequence, const std::string& topic) override;

  Result<std::vector<std::string>> stale_manifests() override;
  Status manifest_written(const SequenceTree& tree) override;

  Result<std::vector<FoundTopic>> find_topics(const query::MetadataFilter& filter) override;

  Status create_api_key(const ApiKey& key) override;
  Result<ApiKey> find_api_key(const std::string& fingerprint) override;
  Result<std::vector<ApiKey>> list_api_keys() override;
  Status revoke_api_key(const std::string& fingerprint) override;

  Status restore_sequence(const Sequence& sequence) override;
  Result<SessionId> restore_session(const Session& session) override;
  Status restore_topic(const Topic& topic) override;
  Status restore_ids(SequenceId last_sequence, TopicId last_topic) override;

  Status add_tombstone(const std::string& path) override;
  Result<std::vector<std::string>> tombstones() override;
  Status forget_tombstones(const std::vector<std::string>& paths) override;

 private:
  Connections connections_;
};

}  // namespace mosaico::catalog::sqlite
