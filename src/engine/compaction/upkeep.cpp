#include "engine/compaction/upkeep.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "core/crash_point.hpp"
#include "core/log.hpp"
#include "engine/compaction/choose_run.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

namespace {

using catalog::TopicId;
using std::chrono::milliseconds;

constexpr int64_t kTopicsAPage = 64;
// A chunk's rows lie in memory, and once more while they are sorted; the rest is what is written.
constexpr int64_t kMemoryPerByte = 3;
// A topic that may still grow is not written again for a few small chunks.
constexpr size_t kChunksOfAnOpenTopic = 4;

// Stands for the look at all topics among those that are tried again.
constexpr TopicId kAllTopics{0};

// Linux counts niceness by thread.
void give_way_to_others() {
  constexpr int kNice = 10;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice) != 0) {
    core::log().debug("putting chunks together has the priority of everything else");
  }
}

RunRules rules_of(const EngineOptions& options) {
  RunRules rules;
  rules.target.bytes = std::max<int64_t>(
      1, std::min(options.chunk_bytes, options.compaction_memory_bytes / kMemoryPerByte));
  rules.target.rows = options.chunk_rows;
  return rules;
}

milliseconds age_check_interval(milliseconds chunk_age) {
  constexpr milliseconds kLongest{10'000};
  return std::clamp(chunk_age / 8, milliseconds(1), kLongest);
}

}  // namespace

Upkeep::Upkeep(std::shared_ptr<EngineContext> context, std::shared_ptr<Ingest> ingest, Tasks tasks)
    : context_(std::move(context)),
      ingest_(std::move(ingest)),
      tasks_(tasks),
      retries_(std::max(milliseconds(1), context_->options.compaction_retry)) {}

Upkeep::~Upkeep() { close(); }

void Upkeep::start() {
  if (!tasks_.compacts && tasks_.chunk_age.count() == 0) return;
  if (tasks_.compacts) {
    // Those who call may outlive this.
    const auto listener = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    };
    context_->compaction.add_all();
    context_->compaction.on_add(listener);
    context_->places.on_leave([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->reader_left();
    });
  }
  wake();
  const std::lock_guard lock(close_mutex_);
  thread_ = std::thread([this] { run(); });
}

void Upkeep::close() {
  const std::lock_guard lock(close_mutex_);
  if (tasks_.compacts) {
    context_->compaction.on_add(nullptr);
    context_->places.on_leave(nullptr);
  }
  stop_.request_stop();
  wake();
  if (thread_.joinable()) thread_.join();
}

void Upkeep::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  idle_ = false;
  changed_.notify_all();
}

void Upkeep::reader_left() {
  {
    const std::lock_guard lock(mutex_);
    if (leftovers_.empty()) return;
  }
  wake();
}

void Upkeep::let_go(const std::vector<TopicId>& topics) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return !current_ || std::find(topics.begin(), topics.end(), *current_) == topics.end();
  });
}

void Upkeep::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return idle_; });
}

void Upkeep::run() {
  give_way_to_others();
  while (!stop_.stop_requested()) {
    if (tasks_.chunk_age.count() > 0) {
      ingest_->seal_older_than(std::chrono::steady_clock::now() - tasks_.chunk_age);
    }
    if (tasks_.compacts) {
      remove_leftovers();
      if (const auto topic = next_topic()) {
        compact(*topic);
        continue;
      }
    }
    rest();
  }
  const std::lock_guard lock(mutex_);
  idle_ = true;
  changed_.notify_all();
}

void Upkeep::rest() {
  std::optional<RetryTimes::Time> look;
  if (tasks_.chunk_age.count() > 0) {
    look = std::chrono::steady_clock::now() + age_check_interval(tasks_.chunk_age);
  }
  auto until = retries_.next();
  if (!until || (look && *look < *until)) until = look;
  std::unique_lock lock(mutex_);
  if (std::exchange(woken_, false)) return;
  idle_ = true;
  changed_.notify_all();
  if (leftovers_.size() >= kLeftoversMax) until = look;  // Only readers can help.
  const auto due = [this] { return woken_ || stop_.stop_requested(); };
  if (until) {
    changed_.wait_until(lock, *until, due);
  } else {
    changed_.wait(lock, due);
  }
}

std::optional<TopicId> Upkeep::next_topic() {
  {
    const std::lock_guard lock(mutex_);
    if (leftovers_.size() >= kLeftoversMax) return std::nullopt;
  }
  if (const auto topic = retries_.take_due(std::chrono::steady_clock::now())) {
    if (*topic != kAllTopics) return topic;
    context_->compaction.add_all();
  }
  while (const auto topic = context_->compaction.take()) {
    if (!retries_.waits(*topic)) return topic;
  }
  if (context_->compaction.take_all()) {
    looks_at_all_ = true;
    last_of_all_ = TopicId{0};
  }
  while (const auto topic = next_of_all()) {
    if (!retries_.waits(*topic)) return topic;
  }
  return std::nullopt;
}

std::optional<TopicId> Upkeep::next_of_all() {
  if (page_.empty() && looks_at_all_) {
    const auto topics = context_->catalog->topics_with_small_chunks(
        small_chunk(rules_of(context_->options)), last_of_all_, kTopicsAPage);
    if (topics.ok()) {
      retries_.succeeded(kAllTopics);
    } else {
      core::log().warn("looking for small chunks: {}", topics.status().message());
      retries_.failed(kAllTopics, std::chrono::steady_clock::now());
    }
    looks_at_all_ = topics.ok() && !topics->empty();
    if (!looks_at_all_) return std::nullopt;
    for (const auto& [sequence, topic] : *topics) page_.push_back(topic.id);
    last_of_all_ = page_.back();
  }
  if (page_.empty()) return std::nullopt;
  const TopicId topic = page_.front();
  page_.pop_front();
  return topic;
}

void Upkeep::compact(TopicId topic) {
  {
    const std::lock_guard lock(mutex_);
    current_ = topic;
  }
  Result<bool> merged = false;
  try {
    merged = merge_next_run(topic);
  } catch (const std::exception& failure) {
    merged = core::error(ErrorKind::Internal, failure.what());
  }
  const Status& status = merged.status();
  if (status.ok() || core::is_kind(status, ErrorKind::NotFound)) {
    retries_.succeeded(topic);
    if (merged.ok() && *merged) context_->compaction.add(topic);  // There may be another run.
  } else if (!core::is_kind(status, ErrorKind::Cancelled)) {
    core::log().warn("small chunks of topic {} stay for now: {}", static_cast<int64_t>(topic),
                     status.message());
    retries_.failed(topic, std::chrono::steady_clock::now(),
                    /*hopeless=*/core::is_kind(status, ErrorKind::Corrupt));
  }
  const std::lock_guard lock(mutex_);
  current_.reset();
  changed_.notify_all();
}

Result<bool> Upkeep::merge_next_run(TopicId id) {
  ARROW_RETURN_NOT_OK(settle_attempt());
  ARROW_ASSIGN_OR_RAISE(const auto topic, context_->catalog->find_topic(id));
  ARROW_ASSIGN_OR_RAISE(auto chunks, chunks_of(*context_, id));
  RunRules rules = rules_of(context_->options);
  if (topic.second.state != catalog::TopicState::Finalized) {
    rules.chunks_min = kChunksOfAnOpenTopic;
  }
  // After the chunks: a follower that comes later has them all behind it.
  if (const auto live = context_->live.find(id)) rules.end_row_max = live->followed_rows();
  const auto run = choose_run(chunks, rules);
  if (!run) return false;
  chunks = {chunks.begin() + static_cast<ptrdiff_t>(run->begin),
            chunks.begin() + static_cast<ptrdiff_t>(run->end)};
  ARROW_RETURN_NOT_OK(merge_run(topic.first, topic.second, chunks));
  core::log().info("{}/{}: {} small chunks are one", topic.first, topic.second.name, chunks.size());
  return true;
}

Status Upkeep::merge_run(const std::string& sequence, const catalog::Topic& topic,
                         const std::vector<catalog::Chunk>& chunks) {
  int64_t bytes = 0;
  for (const catalog::Chunk& chunk : chunks) bytes += chunk.bytes;
  ARROW_RETURN_NOT_OK(ingest_->space().check(bytes));
  ARROW_ASSIGN_OR_RAISE(const auto schema, deserialize_schema(topic.schema));
  ARROW_ASSIGN_OR_RAISE(const ChunkOrigin origin, ingest_->origin_of(sequence, topic, schema));
  ARROW_ASSIGN_OR_RAISE(const auto memory, context_->compaction_memory.reserve(
                                               kMemoryPerByte * bytes, stop_.get_token()));
  MergeAttempt attempt;
  const Status merged = merge_chunks(*context_, origin, chunks, stop_.get_token(), &attempt);
  if (merged.ok()) {
    keep_for_readers(std::move(attempt.replaced));
    return Status::OK();
  }
  if (!attempt.path.empty()) unsettled_ = std::move(attempt);
  const Status settled = settle_attempt();
  return settled.ok() ? merged : core::with_context(merged, settled.message());
}

Status Upkeep::settle_attempt() {
  if (!unsettled_) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const bool happened, settle(*context_, *unsettled_));
  if (happened) keep_for_readers(std::move(unsettled_->replaced));
  unsettled_.reset();
  return Status::OK();
}

void Upkeep::keep_for_readers(std::vector<std::string> paths) {
  // From now on no reader learns of these files.
  const uint64_t mark = context_->places.mark();
  const std::lock_guard lock(mutex_);
  leftovers_.push_back({.mark = mark, .paths = std::move(paths)});
}

void Upkeep::remove_leftovers() {
  std::vector<std::string> paths;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(leftovers_, [&](Leftover& leftover) {
      if (!context_->places.have_left(leftover.mark)) return false;
      paths.insert(paths.end(), leftover.paths.begin(), leftover.paths.end());
      return true;
    });
  }
  std::vector<std::string> gone;
  for (const std::string& path : paths) {
    // What cannot be removed now goes when the engine is opened the next time.
    core::crash_point("compaction.remove.before");
    const Status removed = context_->store->remove(path);
    core::crash_point("compaction.remove.after");
    if (removed.ok()) {
      gone.push_back(path);
    } else {
      core::log().warn("removing {}: {}", path, removed.message());
    }
  }
  if (gone.empty()) return;
  const Status forgotten = context_->catalog->forget_tombstones(gone);
  core::crash_point("compaction.forget.after");
  if (!forgotten.ok()) core::log().warn("{}", forgotten.message());
}

}  // namespace mosaico::engine
