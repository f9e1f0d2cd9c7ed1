#include "catalog_conformance.hpp"

namespace mosaico::catalog {

using core::value_or_throw;

std::string uuid_of(const std::string& ulid) { return "uuid-" + ulid; }

Topic new_topic(const std::string& name, const std::string& tag) {
  Topic topic;
  topic.name = name;
  topic.uuid = "uuid-of-" + name;
  topic.ontology_tag = tag;
  topic.serialization_format = "default";
  topic.created_at_ns = 30;
  return topic;
}

Chunk new_chunk(TopicId topic, int64_t first_row, int64_t time_min, int64_t time_max) {
  Chunk chunk;
  chunk.topic = topic;
  chunk.path = "chunks/" + std::to_string(static_cast<int64_t>(topic)) + "/" +
               std::to_string(first_row) + ".parquet";
  chunk.first_row = first_row;
  chunk.rows = 10;
  chunk.bytes = 1000;
  chunk.file_bytes = 700;
  chunk.checksum = 0xfedcba98U;
  chunk.timestamp_ns_min = time_min;
  chunk.timestamp_ns_max = time_max;
  return chunk;
}

Sequence CatalogConformance::make_sequence(const std::string& name) {
  return value_or_throw(catalog_->create_sequence(name, nlohmann::json::object(), 10));
}

Session CatalogConformance::make_session(const std::string& sequence, const std::string& ulid) {
  return value_or_throw(catalog_->create_session(sequence, ulid, uuid_of(ulid), 20));
}

Topic CatalogConformance::make_topic(const std::string& sequence, const std::string& ulid,
                                     const std::string& name) {
  return value_or_throw(catalog_->create_topic(sequence, uuid_of(ulid), new_topic(name)));
}

Topic CatalogConformance::start_upload(const std::string& sequence, const std::string& name) {
  const Topic topic = value_or_throw(catalog_->find_topic(sequence, name));
  return value_or_throw(catalog_->begin_upload(sequence, name, topic.uuid, "schema", false));
}

void CatalogConformance::finish_upload(const std::string& sequence, const std::string& name) {
  const Topic topic = start_upload(sequence, name);
  core::throw_if_error(catalog_->end_upload(topic.id, TopicState::Finalized));
}

void CatalogConformance::finalize(const std::string& ulid) {
  core::throw_if_error(catalog_->finalize_session(uuid_of(ulid), 40).status());
}

void CatalogConformance::notify(const std::string& sequence, const std::string& topic) {
  core::throw_if_error(catalog_->add_notification(
      {.sequence = sequence, .topic = topic, .type = "error", .message = "m", .created_at_ns = 1}));
}

Chunk CatalogConformance::publish(TopicId topic, int64_t first_row, int64_t time_min,
                                  int64_t time_max) {
  return value_or_throw(catalog_->publish_chunk(new_chunk(topic, first_row, time_min, time_max)));
}

void CatalogConformance::make_finalized_sequence(const std::string& name) {
  make_sequence(name);
  make_session(name, name + "-s1");
  make_topic(name, name + "-s1", "imu");
  finish_upload(name, "imu");
  finalize(name + "-s1");
}

SequenceState CatalogConformance::state(const std::string& sequence) {
  return value_or_throw(catalog_->find_sequence(sequence)).state;
}

std::vector<std::string> CatalogConformance::topic_names(const std::string& sequence) {
  std::vector<std::string> names;
  for (const Topic& topic : value_or_throw(catalog_->find_sequence(sequence)).topics) {
    names.push_back(topic.name);
  }
  return names;
}

}  // namespace mosaico::catalog
