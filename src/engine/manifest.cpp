#include "engine/manifest.hpp"

#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "core/crash_point.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "engine/chunk_origin.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr std::chrono::seconds kDelay{1};

std::string_view name_of(catalog::TopicState state) {
  switch (state) {
    case catalog::TopicState::Empty:
      return "empty";
    case catalog::TopicState::Uploading:
      return "uploading";
    case catalog::TopicState::Interrupted:
      return "interrupted";
    case catalog::TopicState::Finalized:
      break;
  }
  return "finalized";
}

json describe(const catalog::Session& session) {
  json result = {{"ulid", session.ulid}, {"created_at_ns", session.created_at_ns}};
  if (session.completed_at_ns) {
    result["completed_at_ns"] = *session.completed_at_ns;
    result["notifications_before"] = session.notifications_before.value_or(0);
  }
  return result;
}

json describe(const catalog::Topic& topic, const std::string& session_ulid) {
  return {{"name", topic.name},
          {"id", static_cast<int64_t>(topic.id)},
          {"session", session_ulid},
          {"ontology_tag", topic.ontology_tag},
          {"serialization_format", topic.serialization_format},
          {"user_metadata", topic.user_metadata},
          {"created_at_ns", topic.created_at_ns},
          {"state", name_of(topic.state)},
          {"rows", topic.rows},
          {"schema", schema_to_text(topic.schema)}};
}

Status add_notifications(catalog::Catalog& catalog, const std::string& sequence,
                         const std::string& topic, json* list) {
  ARROW_ASSIGN_OR_RAISE(const auto notifications, catalog.list_notifications(sequence, topic));
  for (const catalog::Notification& notification : notifications) {
    list->push_back({{"topic", notification.topic},
                     {"type", notification.type},
                     {"message", notification.message},
                     {"created_at_ns", notification.created_at_ns}});
  }
  return Status::OK();
}

json describe(const catalog::SequenceTree& tree) {
  json result = {{"format", kFormat},
                 {"name", tree.sequence.name},
                 {"id", static_cast<int64_t>(tree.sequence.id)},
                 {"created_at_ns", tree.sequence.created_at_ns},
                 {"user_metadata", tree.sequence.user_metadata},
                 {"sessions", json::array()},
                 {"topics", json::array()}};
  std::map<catalog::SessionId, std::string> ulids;
  for (const catalog::Session& session : tree.sessions) {
    ulids[session.id] = session.ulid;
    result["sessions"].push_back(describe(session));
  }
  for (const catalog::Topic& topic : tree.topics) {
    result["topics"].push_back(describe(topic, ulids[topic.session]));
  }
  return result;
}

}  // namespace

std::string manifest_path(const catalog::Sequence& sequence) {
  return sequence.data_path + "/manifest.json";
}

Result<json> manifest_of(catalog::Catalog& catalog, const catalog::SequenceTree& tree) {
  const std::string& sequence = tree.sequence.name;
  json manifest = describe(tree);
  json& notifications = manifest["notifications"] = json::array();
  ARROW_RETURN_NOT_OK(add_notifications(catalog, sequence, "", &notifications));
  for (const catalog::Topic& topic : tree.topics) {
    ARROW_RETURN_NOT_OK(add_notifications(catalog, sequence, topic.name, &notifications));
  }
  return manifest;
}

ManifestWriter::ManifestWriter(std::shared_ptr<EngineContext> context)
    : context_(std::move(context)), thread_([this] { run(); }) {}

ManifestWriter::~ManifestWriter() { close(); }

void ManifestWriter::request(const std::string& sequence) {
  const std::lock_guard lock(mutex_);
  requested_.insert(sequence);
  if (requested_.size() == 1) changed_.notify_all();
}

bool ManifestWriter::write(const std::string& sequence) {
  bool written = false;
  exclusively([&] { written = write_or_log(sequence); });
  return written;
}

void ManifestWriter::exclusively(const std::function<void()>& job) {
  std::packaged_task<void()> task(job);
  std::future<void> done = task.get_future();
  std::unique_lock lock(mutex_);
  if (closed_) {
    // Nothing else writes any more.
    lock.unlock();
    task();
  } else {
    urgent_.push_back(std::move(task));
    changed_.notify_all();
    lock.unlock();
  }
  done.get();
}

void ManifestWriter::close() {
  const std::lock_guard close_lock(close_mutex_);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void ManifestWriter::run() {
  std::unique_lock lock(mutex_);
  const auto pressed = [&] { return closed_ || !urgent_.empty(); };
  while (true) {
    changed_.wait(lock, [&] { return pressed() || !requested_.empty(); });
    if (!requested_.empty()) changed_.wait_for(lock, kDelay, pressed);
    const bool all = urgent_.empty();
    auto urgent = std::exchange(urgent_, {});
    auto requested = all ? std::exchange(requested_, {}) : std::set<std::string>();
    const bool last = closed_ && urgent.empty();
    lock.unlock();
    for (auto& task : urgent) task();
    for (const std::string& sequence : requested) write_or_log(sequence);
    lock.lock();
    if (last && requested_.empty() && urgent_.empty()) return;
  }
}

bool ManifestWriter::write_or_log(const std::string& sequence) {
  const Status written = write_now(sequence);
  if (!written.ok()) core::log().warn("manifest of {}: {}", sequence, written.message());
  return written.ok();
}

Status ManifestWriter::write_now(const std::string& sequence) {
  {
    const std::lock_guard lock(mutex_);
    requested_.erase(sequence);
  }
  const auto tree = context_->catalog->find_sequence(sequence);
  if (core::is_kind(tree.status(), ErrorKind::NotFound)) return Status::OK();
  ARROW_RETURN_NOT_OK(tree.status());
  const auto manifest = manifest_of(*context_->catalog, *tree);
  if (core::is_kind(manifest.status(), ErrorKind::NotFound)) return Status::OK();
  ARROW_RETURN_NOT_OK(manifest.status());
  core::crash_point("manifest.put.before");
  ARROW_RETURN_NOT_OK(
      store::put(*context_->store, manifest_path(tree->sequence), core::dump(*manifest)));
  core::crash_point("manifest.put.after");
  return context_->catalog->manifest_written(*tree);
}

}  // namespace mosaico::engine
