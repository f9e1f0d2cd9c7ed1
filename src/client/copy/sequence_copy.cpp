#include "client/copy/sequence_copy.hpp"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <set>
#include <utility>

#include "client/copy/column_digest.hpp"
#include "client/recording.hpp"
#include "core/names.hpp"
#include "protocol/discovery.hpp"

namespace mosaico::client {

namespace {

using protocol::Discovery;
using protocol::ReadDescriptor;
using protocol::TopicDescription;

// One copy from its first question to its last.
class SequenceCopy {
 public:
  SequenceCopy(Session& from, std::shared_ptr<Session> to, const std::string& name,
               const CopyOptions& options)
      : from_(from.transport()),
        to_session_(std::move(to)),
        to_(to_session_->transport()),
        source_(sequence_locator(name)),
        target_(sequence_locator(options.name.empty() ? name : options.name)),
        options_(options) {}

  Result<CopyReport> run() {
    ARROW_ASSIGN_OR_RAISE(const Discovery source,
                          from_.discover(ReadDescriptor{.locator = source_}));
    ARROW_RETURN_NOT_OK(check_source(source));
    for (const auto& endpoint : source.endpoints) rows_total_ += endpoint.topic.rows;
    auto found = to_.discover(ReadDescriptor{.locator = target_});
    if (!found.ok() && !core::is_kind(found.status(), ErrorKind::NotFound)) return found.status();
    if (found.ok()) ARROW_RETURN_NOT_OK(check_target(source, *found));
    report_.name = target_.sequence;
    report_.was_there = found.ok() && is_finalized(*found);
    ARROW_RETURN_NOT_OK(report_.was_there ? digest_all(source) : copy_all(source, found.ok()));
    ARROW_RETURN_NOT_OK(verify());
    return std::move(report_);
  }

 private:
  static bool is_finalized(const Discovery& found) {
    const auto& sessions = found.sequence.sessions;
    return std::any_of(sessions.begin(), sessions.end(),
                       [](const auto& session) { return session.completed_at_ns.has_value(); });
  }

  // Only what no longer changes can be compared in the end.
  Status check_source(const Discovery& source) const {
    ARROW_ASSIGN_OR_RAISE(const auto notifications, from_.notification_list(source_));
    if (!notifications.notifications.empty()) return Status::OK();  // Ended by its error.
    const auto& sessions = source.sequence.sessions;
    if (!sessions.empty() && std::all_of(sessions.begin(), sessions.end(), [](const auto& session) {
          return session.completed_at_ns.has_value();
        })) {
      return Status::OK();
    }
    return core::error(ErrorKind::Locked, "sequence ", source_.sequence,
                       " is still being recorded; copy it when it is finalized (`mosaico finalize` "
                       "ends what a dead recorder left)");
  }

  // What is there must be the beginning of this copy, not somebody's recording of the same name.
  Status check_target(const Discovery& source, const Discovery& target) const {
    const auto other = [this](const std::string& what) {
      return core::error(ErrorKind::AlreadyExists, "the destination has another sequence named ",
                         target_.sequence, ": ", what, " differ; copy under another name");
    };
    if (target.sequence.user_metadata != source.sequence.user_metadata)
      return other("its metadata");
    for (const auto& endpoint : target.endpoints) {
      const TopicDescription& topic = endpoint.topic;
      const auto same = std::find_if(source.endpoints.begin(), source.endpoints.end(),
                                     [&](const auto& candidate) {
                                       return candidate.topic.locator.topic == topic.locator.topic;
                                     });
      if (same == source.endpoints.end()) return other("its topics");
      if (same->topic.ontology_tag != topic.ontology_tag ||
          same->topic.serialization_format != topic.serialization_format ||
          same->topic.user_metadata != topic.user_metadata || topic.rows > same->topic.rows) {
        return other("type, metadata or rows of its topic " + topic.locator.topic);
      }
    }
    return Status::OK();
  }

  Status copy_all(const Discovery& source, bool resume) {
    WriterConfig config;
    config.memory_budget_bytes = options_.memory_budget_bytes;
    config.reconnect_time = options_.reconnect_time;
    ARROW_ASSIGN_OR_RAISE(const auto recording,
                          resume ? Recording::resume(to_session_, target_.sequence, config)
                                 : Recording::start(to_session_, target_.sequence,
                                                    source.sequence.user_metadata, config));
    for (const auto& endpoint : source.endpoints) {
      ARROW_RETURN_NOT_OK(core::with_context(copy_topic(*recording, endpoint),
                                             "copying " + endpoint.topic.locator.to_string()));
    }
    ARROW_RETURN_NOT_OK(copy_notifications(source_, target_));
    for (const auto& endpoint : source.endpoints) {
      ARROW_RETURN_NOT_OK(
          copy_notifications(endpoint.topic.locator, at_target(endpoint.topic.locator)));
    }
    return recording->finish();
  }

  Status copy_topic(Recording& recording, const Discovery::Endpoint& endpoint) {
    const TopicDescription& topic = endpoint.topic;
    ARROW_ASSIGN_OR_RAISE(const auto schema, from_.topic_schema(topic.locator));
    if (schema->num_fields() == 0) return Status::OK();  // Nobody ever wrote to it.
    auto lane = recording.create_topic(topic.locator.topic, topic.user_metadata,
                                       {.ontology_tag = topic.ontology_tag,
                                        .serialization_format = topic.serialization_format,
                                        .schema = schema});
    // Of a copy that broke off, this one had ended: all its rows are there.
    const bool had_ended = core::is_kind(lane.status(), ErrorKind::Locked);
    if (!had_ended) ARROW_RETURN_NOT_OK(lane.status());
    const int64_t skip = had_ended ? topic.rows : (*lane)->stats().resumed_rows;
    CopiedTopic copied{.name = core::topic_name_for_user(topic.locator.topic),
                       .rows = topic.rows,
                       .rows_before = skip,
                       .digest = {}};
    ARROW_ASSIGN_OR_RAISE(
        copied.digest,
        digest_of(from_, endpoint, [&](const arrow::RecordBatch& batch, int64_t first_row) {
          const int64_t known = std::max<int64_t>(0, skip - first_row);
          if (known >= batch.num_rows()) return Status::OK();
          // Of the stream, without its metadata.
          auto rows = arrow::RecordBatch::Make(schema, batch.num_rows(), batch.columns());
          return (*lane)->push_columns(rows->Slice(known));
        }));
    if (!had_ended) ARROW_RETURN_NOT_OK((*lane)->finalize());
    report_.topics.push_back(std::move(copied));
    return Status::OK();
  }

  Status digest_all(const Discovery& source) {
    for (const auto& endpoint : source.endpoints) {
      const TopicDescription& topic = endpoint.topic;
      ARROW_ASSIGN_OR_RAISE(const auto schema, from_.topic_schema(topic.locator));
      if (schema->num_fields() == 0) continue;
      ARROW_ASSIGN_OR_RAISE(auto digest, digest_of(from_, endpoint, {}));
      report_.topics.push_back({.name = core::topic_name_for_user(topic.locator.topic),
                                .rows = topic.rows,
                                .rows_before = topic.rows,
                                .digest = std::move(digest)});
    }
    return Status::OK();
  }

  // Those that are not there yet.
  Status copy_notifications(const core::Locator& source, const core::Locator& target) {
    ARROW_ASSIGN_OR_RAISE(const auto wanted, from_.notification_list(source));
    if (wanted.notifications.empty()) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto there, to_.notification_list(target));
    std::multiset<std::string> known;
    for (const auto& each : there.notifications) known.insert(each.message);
    for (const auto& each : wanted.notifications) {
      if (const auto found = known.find(each.message); found != known.end()) {
        known.erase(found);
        continue;
      }
      ARROW_RETURN_NOT_OK(
          to_.notification_create({.locator = target, .type = each.type, .message = each.message}));
    }
    return Status::OK();
  }

  Status verify() {
    ARROW_ASSIGN_OR_RAISE(const Discovery target, to_.discover(ReadDescriptor{.locator = target_}));
    phase_ = CopyOptions::Phase::Verifying;
    rows_done_ = 0;
    for (const CopiedTopic& copied : report_.topics) {
      const auto found =
          std::find_if(target.endpoints.begin(), target.endpoints.end(), [&](const auto& endpoint) {
            return core::topic_name_for_user(endpoint.topic.locator.topic) == copied.name;
          });
      if (found == target.endpoints.end()) return differs(copied, "is not there");
      if (found->topic.rows != copied.rows) {
        return differs(copied, "has " + std::to_string(found->topic.rows) + " rows in place of " +
                                   std::to_string(copied.rows));
      }
      ARROW_ASSIGN_OR_RAISE(const auto digest, digest_of(to_, *found, {}));
      if (digest != copied.digest) {
        return differs(copied, "has checksum " + digest + " in place of " + copied.digest);
      }
    }
    return Status::OK();
  }

  Status differs(const CopiedTopic& topic, const std::string& how) const {
    return core::error(ErrorKind::Corrupt, "the copy ", target_.sequence, " differs: topic ",
                       topic.name, " ", how, "; delete the copy and push again");
  }

  using OnBatch = std::function<Status(const arrow::RecordBatch& batch, int64_t first_row)>;
  Result<std::string> digest_of(Transport& transport, const Discovery::Endpoint& endpoint,
                                const OnBatch& on_batch) {
    ARROW_ASSIGN_OR_RAISE(const auto stream, transport.download(endpoint.ticket));
    ColumnDigest digest;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, stream->next());
      if (batch == nullptr) break;
      if (on_batch) ARROW_RETURN_NOT_OK(on_batch(*batch, digest.rows()));
      ARROW_RETURN_NOT_OK(digest.update(*batch));
      rows_done_ += batch->num_rows();
      if (options_.on_progress) options_.on_progress(phase_, rows_done_, rows_total_);
    }
    if (digest.rows() != endpoint.topic.rows) {
      return core::error(ErrorKind::Corrupt, "topic ", endpoint.topic.locator.to_string(), " gave ",
                         digest.rows(), " rows, and should have ", endpoint.topic.rows);
    }
    return digest.text();
  }

  core::Locator at_target(const core::Locator& topic) const {
    return topic_locator(target_.sequence, topic.topic);
  }

  Transport& from_;
  const std::shared_ptr<Session> to_session_;
  Transport& to_;
  const core::Locator source_;
  const core::Locator target_;
  const CopyOptions& options_;
  CopyReport report_;
  CopyOptions::Phase phase_ = CopyOptions::Phase::Copying;
  int64_t rows_total_ = 0;
  int64_t rows_done_ = 0;
};

}  // namespace

Result<CopyReport> copy_sequence(const std::shared_ptr<Session>& from,
                                 const std::shared_ptr<Session>& to, const std::string& name,
                                 const CopyOptions& options) {
  return SequenceCopy(*from, to, name, options).run();
}

}  // namespace mosaico::client
