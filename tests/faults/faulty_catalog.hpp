#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "faults/fault_plan.hpp"

namespace mosaico::engine {

// A catalog whose calls fail where its plan says. A call that fails did not happen.
class FaultyCatalog final : public catalog::Catalog {
 public:
  template <typename T>
  using Result = core::Result<T>;
  using Status = core::Status;

  FaultyCatalog(std::unique_ptr<catalog::Catalog> catalog, std::shared_ptr<FaultPlan> plan)
      : catalog_(std::move(catalog)), plan_(std::move(plan)) {}

  Result<catalog::Sequence> create_sequence(const std::string& name,
                                            const nlohmann::json& user_metadata,
                                            int64_t created_at_ns) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->create_sequence(name, user_metadata, created_at_ns);
  }
  Result<catalog::SequenceTree> find_sequence(const std::string& name) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_sequence(name);
  }
  Result<catalog::SequencePage> list_sequences(const std::string& prefix, const std::string& cursor,
                                               int64_t limit) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->list_sequences(prefix, cursor, limit);
  }
  Result<catalog::Deleted> delete_sequence(const std::string& name, bool allow_finalized) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->delete_sequence(name, allow_finalized);
  }
  Result<catalog::Deleted> abort_sequence(const std::string& name,
                                          const std::string& session_uuid) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->abort_sequence(name, session_uuid);
  }
  Result<catalog::Session> create_session(const std::string& sequence, const std::string& ulid,
                                          const std::string& uuid, int64_t created_at_ns) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->create_session(sequence, ulid, uuid, created_at_ns);
  }
  Result<std::string> finalize_session(const std::string& uuid, int64_t completed_at_ns) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->finalize_session(uuid, completed_at_ns);
  }
  Result<catalog::Deleted> delete_session(const std::string& sequence, const std::string& ulid,
                                          bool allow_finalized) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->delete_session(sequence, ulid, allow_finalized);
  }
  Result<catalog::SequenceTree> claim_session(
      const std::string& sequence, const std::string& ulid,
      const std::function<std::string()>& make_uuid) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->claim_session(sequence, ulid, make_uuid);
  }
  Result<catalog::Topic> create_topic(const std::string& sequence, const std::string& session_uuid,
                                      const catalog::Topic& topic) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->create_topic(sequence, session_uuid, topic);
  }
  Result<catalog::Topic> find_topic(const std::string& sequence, const std::string& name) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_topic(sequence, name);
  }
  Result<std::pair<std::string, catalog::Topic>> find_topic(catalog::TopicId topic) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_topic(topic);
  }
  Result<catalog::Deleted> delete_topic(const std::string& sequence, const std::string& name,
                                        bool allow_finalized) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->delete_topic(sequence, name, allow_finalized);
  }
  Result<catalog::Topic> begin_upload(const std::string& sequence, const std::string& name,
                                      const std::string& topic_uuid, const std::string& schema,
                                      bool resume) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->begin_upload(sequence, name, topic_uuid, schema, resume);
  }
  Status end_upload(catalog::TopicId topic, catalog::TopicState state) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->end_upload(topic, state);
  }
  Result<std::vector<std::pair<std::string, catalog::Topic>>> topics_in_state(
      catalog::TopicState state) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->topics_in_state(state);
  }
  Result<catalog::Chunk> publish_chunk(const catalog::Chunk& chunk) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->publish_chunk(chunk);
  }
  Result<std::vector<catalog::Chunk>> find_chunks(catalog::TopicId topic, int64_t start_ns,
                                                  int64_t end_ns) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_chunks(topic, start_ns, end_ns);
  }
  Result<std::vector<std::string>> chunk_paths() override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->chunk_paths();
  }
  Status add_notification(const catalog::Notification& notification) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->add_notification(notification);
  }
  Result<std::vector<catalog::Notification>> list_notifications(const std::string& sequence,
                                                                const std::string& topic) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->list_notifications(sequence, topic);
  }
  Status purge_notifications(const std::string& sequence, const std::string& topic) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->purge_notifications(sequence, topic);
  }
  Result<std::vector<catalog::FoundTopic>> find_topics(
      const query::MetadataFilter& filter) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_topics(filter);
  }
  Status visit_topics(const std::vector<catalog::TopicId>& topics,
                      const catalog::ChunkFilter& filter, catalog::TopicVisitor& visitor) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->visit_topics(topics, filter, visitor);
  }
  Result<catalog::Chunk> find_chunk(catalog::ChunkId chunk) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_chunk(chunk);
  }
  Result<std::vector<std::string>> replace_chunks(const std::vector<catalog::ChunkId>& replaced,
                                                  const catalog::Chunk& merged) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->replace_chunks(replaced, merged);
  }
  Result<std::vector<std::pair<std::string, catalog::Topic>>> topics_with_small_chunks(
      const catalog::ChunkLimits& limits, catalog::TopicId after, int64_t limit) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->topics_with_small_chunks(limits, after, limit);
  }
  Result<std::vector<std::string>> stale_manifests() override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->stale_manifests();
  }
  Status manifest_written(const catalog::SequenceTree& tree) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->manifest_written(tree);
  }
  Status create_api_key(const catalog::ApiKey& key) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->create_api_key(key);
  }
  Result<catalog::ApiKey> find_api_key(const std::string& fingerprint) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->find_api_key(fingerprint);
  }
  Result<std::vector<catalog::ApiKey>> list_api_keys() override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->list_api_keys();
  }
  Status revoke_api_key(const std::string& fingerprint) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->revoke_api_key(fingerprint);
  }
  Status restore_sequence(const catalog::Sequence& sequence) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->restore_sequence(sequence);
  }
  Result<catalog::SessionId> restore_session(const catalog::Session& session) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->restore_session(session);
  }
  Status restore_topic(const catalog::Topic& topic) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->restore_topic(topic);
  }
  Status restore_ids(catalog::SequenceId last_sequence, catalog::TopicId last_topic) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->restore_ids(last_sequence, last_topic);
  }
  Status add_tombstone(const std::string& path) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->add_tombstone(path);
  }
  Result<std::vector<std::string>> tombstones() override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->tombstones();
  }
  Status forget_tombstones(const std::vector<std::string>& paths) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return catalog_->forget_tombstones(paths);
  }

 private:
  const std::unique_ptr<catalog::Catalog> catalog_;
  const std::shared_ptr<FaultPlan> plan_;
};

}  // namespace mosaico::engine
