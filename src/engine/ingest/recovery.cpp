#include "engine/ingest/recovery.hpp"

#include <arrow/record_batch.h>
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "engine/ingest/batch_check.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

namespace {

using catalog::TopicId;
using catalog::TopicState;

using SequenceTopic = std::pair<std::string, catalog::Topic>;

std::string name_of(const ChunkOrigin& origin) {
  return origin.sequence.name + "/" + origin.topic.name;
}

JournalIdentity identity_of(const ChunkOrigin& origin, const std::string& schema_bytes) {
  return {.topic = origin.topic.id, .schema = origin.schema, .schema_bytes = schema_bytes};
}

// Reads the journal files of a topic one after another and hands out the rows that follow each
// other without a gap from the last published one on.
class JournalRows {
 public:
  JournalRows(EngineContext& context, const ChunkOrigin& origin, const std::string& schema_bytes)
      : origin_(origin),
        identity_(identity_of(origin, schema_bytes)),
        directory_(context.journal_directory, context.files),
        next_row_(origin.topic.rows) {}

  Status open() {
    ARROW_ASSIGN_OR_RAISE(paths_, list_journal(directory_, origin_.topic.id));
    return Status::OK();
  }

  // The rows of the next file; none at the end. A gap is the end: what lies behind it was never
  // acknowledged, because the count of durable rows stops before one.
  Result<std::vector<TailBatch>> next() {
    while (position_ < paths_.size()) {
      const std::string& path = paths_[position_++];
      auto contents = read_journal(path, identity_, next_row_, directory_.files);
      // The writing process may have removed it, when this one only reads.
      if (core::is_kind(contents.status(), ErrorKind::NotFound)) continue;
      ARROW_RETURN_NOT_OK(contents.status());
      if (contents->cut_bytes > 0) {
        core::log().info("{}: {} bytes at its end are torn, and left out", path,
                         contents->cut_bytes);
      }
      if (contents->batches.empty()) continue;
      if (contents->batches.front().first_row != next_row_) {
        core::log().warn("{}: its rows do not follow row {}, and are left out", path, next_row_);
        break;
      }
      const TailBatch& last = contents->batches.back();
      next_row_ = last.first_row + last.batch->num_rows();
      return std::move(contents->batches);
    }
    position_ = paths_.size();
    return std::vector<TailBatch>();
  }

  int64_t next_row() const { return next_row_; }

 private:
  const ChunkOrigin& origin_;
  const JournalIdentity identity_;
  const JournalDirectory directory_;
  std::vector<std::string> paths_;
  size_t position_ = 0;
  int64_t next_row_;
};

int64_t bytes_of(const std::vector<TailBatch>& batches) {
  int64_t bytes = 0;
  for (const TailBatch& batch : batches) bytes += batch.bytes;
  return bytes;
}

// The topics that recovery has to look at.
Result<std::vector<SequenceTopic>> unsettled_topics(EngineContext& context,
                                                    const std::set<TopicId>& with_journal) {
  ARROW_ASSIGN_OR_RAISE(std::vector<SequenceTopic> topics,
                        context.catalog->topics_in_state(TopicState::Uploading));
  if (context.options.shared_catalog) {
    std::erase_if(topics,
                  [&](const auto& entry) { return !with_journal.contains(entry.second.id); });
  }
  if (with_journal.empty()) return topics;
  ARROW_ASSIGN_OR_RAISE(auto interrupted,
                        context.catalog->topics_in_state(TopicState::Interrupted));
  for (auto& entry : interrupted) {
    if (with_journal.contains(entry.second.id)) topics.push_back(std::move(entry));
  }
  return topics;
}

// Returns an error only when the catalog fails: no single topic keeps an engine from opening.
Status recover_topic(Ingest& ingest, const std::string& sequence, const catalog::Topic& topic) {
  EngineContext& context = ingest.context();
  const auto schema = deserialize_schema(topic.schema);
  if (!schema.ok()) {
    core::log().error("{}/{} is not recovered: {}", sequence, topic.name,
                      schema.status().message());
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const ChunkOrigin origin, ingest.origin_of(sequence, topic, *schema));
  if (!context.options.read_only) {
    const auto rows = publish_journal(context, origin, topic.schema);
    if (topic.state == TopicState::Uploading) {
      ARROW_RETURN_NOT_OK(context.catalog->end_upload(topic.id, TopicState::Interrupted));
    }
    if (rows.ok()) {
      core::log().info("recovered {}: {} rows, {} of them from its journal", name_of(origin), *rows,
                       *rows - topic.rows);
      return Status::OK();
    }
    core::log().error("{}: its last rows stay in the journal: {}", name_of(origin),
                      rows.status().message());
  }
  auto stranded = load_journal(context, origin, topic.schema);
  if (stranded.ok()) {
    ingest.strand(topic.id, std::move(stranded).ValueUnsafe());
  } else {
    core::log().error("{}: its journal cannot be read: {}", name_of(origin),
                      stranded.status().message());
  }
  return Status::OK();
}

// Chunk files of a topic that were written and never published.
Status remove_strays(EngineContext& context, TopicId topic, const std::string& folder) {
  ARROW_ASSIGN_OR_RAISE(const auto chunks, chunks_of(context, topic));
  std::set<std::string> known;
  for (const catalog::Chunk& chunk : chunks) known.insert(chunk.path);
  ARROW_ASSIGN_OR_RAISE(const auto objects, context.store->list(folder));
  for (const store::ObjectInfo& object : objects) {
    if (known.contains(object.path)) continue;
    const Status removed = context.store->remove(object.path);
    if (removed.ok()) {
      core::log().info("{} belongs to no topic, and is removed", object.path);
    } else {
      core::log().warn("{} belongs to no topic: {}", object.path, removed.message());
    }
  }
  return Status::OK();
}

Status remove_ownerless_journals(EngineContext& context, std::set<TopicId> topics,
                                 const std::vector<SequenceTopic>& owners) {
  for (const auto& [sequence, topic] : owners) topics.erase(topic.id);
  for (const TopicId topic : topics) {
    ARROW_RETURN_NOT_OK(remove_journal({context.journal_directory, context.files}, topic));
  }
  return Status::OK();
}

}  // namespace

Result<int64_t> publish_journal(EngineContext& context, const ChunkOrigin& origin,
                                const std::string& schema_bytes) {
  JournalRows rows(context, origin, schema_bytes);
  ARROW_RETURN_NOT_OK(rows.open());
  std::vector<TailBatch> chunk;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batches, rows.next());
    const bool end = batches.empty();
    chunk.insert(chunk.end(), std::make_move_iterator(batches.begin()),
                 std::make_move_iterator(batches.end()));
    if (!chunk.empty() && (end || bytes_of(chunk) >= context.options.chunk_bytes)) {
      ARROW_RETURN_NOT_OK(publish_rows(context, origin, chunk));
      chunk.clear();
    }
    if (end) break;
  }
  ARROW_RETURN_NOT_OK(remove_journal({context.journal_directory, context.files}, origin.topic.id));
  return rows.next_row();
}

Result<Ingest::Stranded> load_journal(EngineContext& context, const ChunkOrigin& origin,
                                      const std::string& schema_bytes) {
  Ingest::Stranded stranded;
  stranded.live = context.live.find_or_make(origin.topic.id);
  JournalRows rows(context, origin, schema_bytes);
  ARROW_RETURN_NOT_OK(rows.open());
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto batches, rows.next());
    if (batches.empty()) return stranded;
    for (const TailBatch& batch : batches) {
      auto memory = context.ingest_memory.try_reserve(memory_bytes(*batch.batch, batch.bytes));
      if (!memory) {
        core::log().warn("{}: rows from {} on are in the journal and not readable: ingest memory",
                         name_of(origin), batch.first_row);
        return stranded;
      }
      stranded.memory.merge(*std::move(memory));
      stranded.live->add(batch);
    }
  }
}

Status recover(Ingest& ingest) {
  EngineContext& context = ingest.context();
  ARROW_ASSIGN_OR_RAISE(const auto journals, topics_with_journal(context.journal_directory));
  const std::set<TopicId> with_journal(journals.begin(), journals.end());
  ARROW_ASSIGN_OR_RAISE(const auto topics, unsettled_topics(context, with_journal));
  for (const auto& [sequence, topic] : topics) {
    const Status recovered = recover_topic(ingest, sequence, topic);
    if (!recovered.ok()) {
      return core::with_context(recovered, "recovering " + sequence + "/" + topic.name);
    }
    if (context.options.read_only) continue;
    ARROW_ASSIGN_OR_RAISE(const auto origin, ingest.origin_of(sequence, topic, nullptr));
    ARROW_RETURN_NOT_OK(remove_strays(context, topic.id, topic_folder(origin.sequence, topic)));
  }
  if (context.options.read_only) return Status::OK();
  return remove_ownerless_journals(context, with_journal, topics);
}

}  // namespace mosaico::engine
