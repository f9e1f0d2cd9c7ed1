#include "engine/read/scan_impl.hpp"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "engine/read/chunk_reader.hpp"
#include "engine/read/chunk_source.hpp"
#include "engine/read/tail_source.hpp"

namespace mosaico::engine {
namespace {

// What a chunk's source gives at a time when memory is short: some rows, or one large one.
int64_t part_bytes_of(const catalog::Chunk& chunk, const EngineOptions& options) {
  const int64_t row = chunk.rows > 0 ? chunk.bytes / chunk.rows : 0;
  return std::max<int64_t>(1, std::min(chunk.bytes, std::max(options.scan_part_bytes, row)));
}

// The most that the sources of chunks which overlap in time take together: a part each, and one
// more in the reader's hand.
int64_t least_bytes_of(const std::vector<catalog::Chunk>& chunks, const EngineOptions& options) {
  std::vector<std::pair<int64_t, int64_t>> begins;
  std::vector<std::pair<int64_t, int64_t>> ends;
  for (const auto& chunk : chunks) {
    begins.emplace_back(chunk.timestamp_ns_min, 2 * part_bytes_of(chunk, options));
    ends.emplace_back(chunk.timestamp_ns_max, 2 * part_bytes_of(chunk, options));
  }
  std::sort(begins.begin(), begins.end());
  std::sort(ends.begin(), ends.end());
  int64_t open = 0;
  int64_t most = 0;
  size_t ended = 0;
  for (const auto& [time, bytes] : begins) {
    while (ended < ends.size() && ends[ended].first < time) open -= ends[ended++].second;
    open += bytes;
    most = std::max(most, open);
  }
  return most;
}

BatchLimits limits_for(const EngineOptions& options, const protocol::Ticket& ticket) {
  const protocol::MessageLimits& limits = options.limits;
  BatchLimits result;
  result.max_bytes = limits.max_encode_bytes;
  result.target_bytes = std::max<int64_t>(
      1, std::min(ticket.batch_bytes.value_or(limits.target_encode_bytes), result.max_bytes));
  result.join_bytes = std::min(result.join_bytes, result.target_bytes);
  result.share_nulls = ticket.share_nulls;
  result.first_rows = std::max<int64_t>(1, options.first_batch_rows);
  return result;
}

Status deleted_error(const protocol::Ticket& ticket) {
  return core::error(ErrorKind::Cancelled,
                     "the topic was deleted while it was read: ", ticket.topic.to_string());
}

}  // namespace

ScanImpl::ScanImpl(std::shared_ptr<EngineContext> context, const protocol::Ticket& ticket,
                   std::shared_ptr<LiveTopic> live)
    : context_(std::move(context)), ticket_(ticket), live_(std::move(live)) {}

Result<ScanImpl::Opened> ScanImpl::open(std::shared_ptr<EngineContext> context,
                                        const protocol::Ticket& ticket) {
  const catalog::TopicId id{ticket.topic_id};
  // Held from before the topic is looked at, so that its end cannot be missed.
  std::shared_ptr<LiveTopic> live = ticket.follow ? context->live.find_or_make(id) : nullptr;
  LiveTopic::Followed followed = live ? live->follow() : nullptr;
  const auto snapshot = live ? live->snapshot() : snapshot_of(*context, id);
  ARROW_ASSIGN_OR_RAISE(auto plan, plan_scan(*context, ticket, snapshot, 0));
  if (plan.topic.state == catalog::TopicState::Finalized) live.reset();
  if (live != nullptr && plan.topic.schema.empty()) {
    return core::error(ErrorKind::Locked,
                       "a topic without an upload cannot be followed: ", ticket.topic.to_string());
  }
  const bool follows = live != nullptr;
  auto scan = std::unique_ptr<ScanImpl>(new ScanImpl(std::move(context), ticket, std::move(live)));
  if (follows) scan->followed_ = std::move(followed);
  scan->topic_ = plan.topic;
  scan->schema_ = plan.schema;
  ARROW_RETURN_NOT_OK(scan->start(plan));
  return Opened{std::move(scan), std::move(plan), follows};
}

Status ScanImpl::start(const ScanPlan& plan) {
  ARROW_RETURN_NOT_OK(check_known(plan));
  // Rows in memory are ingest's to count until a chunk holds them; what slow readers hold beyond
  // that must not grow with their number.
  const int64_t held_bytes = *context_->reader_held_bytes;
  if (!plan.tail.empty() && held_bytes > context_->options.scan_memory_bytes) {
    return core::error(ErrorKind::LimitExceeded, "scan_memory_bytes: slow readers still hold ",
                       held_bytes,
                       " bytes of rows that chunks hold by now: ", ticket_.topic.to_string());
  }
  const int64_t least = least_bytes_of(plan.chunks, context_->options);
  least_memory_.release();
  auto memory = context_->scan_memory.try_reserve(least);
  if (!memory) {
    return core::error(ErrorKind::LimitExceeded, "scan_memory_bytes: ", least,
                       " bytes for this scan are not free now: ", ticket_.topic.to_string());
  }
  least_memory_ = std::move(*memory);

  std::vector<MergeInput> inputs;
  if (plan.span) {
    for (const auto& chunk : plan.chunks) inputs.push_back(chunk_input(plan, chunk));
    for (auto& chain : chain_tail(plan.tail, *plan.span)) {
      const int64_t min = chain.blocks.front().timestamp_ns_min;
      const int64_t first_row = chain.first_row;
      auto held = std::make_shared<TailChain>(std::move(chain));
      inputs.push_back({std::max(min, plan.span->first), first_row,
                        [held, span = *plan.span]() -> Result<std::unique_ptr<SortedSource>> {
                          return std::make_unique<TailSource>(std::move(*held), span);
                        },
                        nullptr});
    }
  }
  merge_ = std::make_unique<RowMerge>(schema_, std::move(inputs),
                                      limits_for(context_->options, ticket_));
  if (live_ != nullptr) ARROW_RETURN_NOT_OK(remember_tail(plan));
  next_row_ = plan.end_row;
  if (followed_ != nullptr) *followed_ = next_row_;
  place_ = plan.place;
  return Status::OK();
}

Status ScanImpl::check_known(const ScanPlan& plan) const {
  if (plan.first_row == 0 || plan.chunks.empty()) return Status::OK();
  if (plan.chunks.front().first_row >= given_base_) return Status::OK();
  // Another process put chunks together; within this one nobody does while they are followed.
  return core::error(ErrorKind::Unavailable, "chunks were put together while they were followed, ",
                     "read the topic again: ", ticket_.topic.to_string());
}

MergeInput ScanImpl::chunk_input(const ScanPlan& plan, const catalog::Chunk& chunk) const {
  MergeInput input;
  input.timestamp_ns_min = std::max(chunk.timestamp_ns_min, plan.span->first);
  input.first_row = chunk.first_row;
  auto coming = std::make_shared<ComingChunk>(context_, chunk, schema_, *plan.span,
                                              part_bytes_of(chunk, context_->options));
  input.open = [coming, given = given_of(plan, chunk)]() -> Result<std::unique_ptr<SortedSource>> {
    ARROW_ASSIGN_OR_RAISE(auto source, coming->open());
    if (given.empty()) return source;
    return std::make_unique<UngivenSource>(std::move(source), given);
  };
  input.prepare = [coming] { coming->prepare(); };
  return input;
}

std::vector<int64_t> ScanImpl::given_of(const ScanPlan& plan, const catalog::Chunk& chunk) const {
  std::vector<int64_t> times;
  for (int64_t row = chunk.first_row; row < plan.first_row; ++row) {
    const int64_t time = given_[static_cast<size_t>(row - given_base_)];
    if (plan.span->contains(time)) times.push_back(time);
  }
  return times;
}

Status ScanImpl::remember_tail(const ScanPlan& plan) {
  // What chunks hold now cannot come again; the rest may, in a chunk with rows that are new.
  const int64_t published = std::max(given_base_, plan.topic.rows);
  const auto forgotten =
      std::min<int64_t>(published - given_base_, static_cast<int64_t>(given_.size()));
  given_.erase(given_.begin(), given_.begin() + forgotten);
  given_base_ = published;
  for (const TailBatch& tail : plan.tail) {
    ARROW_ASSIGN_OR_RAISE(const auto times, timestamps_of(*tail.batch));
    given_.insert(given_.end(), times->raw_values(), times->raw_values() + times->length());
  }
  return Status::OK();
}

Status ScanImpl::check_running() const {
  if (cancelled_) return core::error(ErrorKind::Cancelled, "the scan was cancelled");
  if (context_->closing.stop_requested()) {
    return core::error(ErrorKind::Unavailable, "the engine is closing");
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> ScanImpl::next() {
  for (;;) {
    ARROW_RETURN_NOT_OK(check_running());
    if (merge_ == nullptr) return nullptr;
    auto batch = merge_->next();
    if (!batch.ok()) return explained(batch.status());
    if (*batch != nullptr) return batch;
    merge_.reset();
    place_.reset();
    least_memory_.release();
    if (live_ == nullptr || last_rows_) return nullptr;
    ARROW_ASSIGN_OR_RAISE(const bool more, follow());
    if (!more) return nullptr;
  }
}

bool ScanImpl::at_end() {
  if (live_ != nullptr && !last_rows_) return false;
  return merge_ == nullptr || merge_->at_end();
}

Result<bool> ScanImpl::follow() {
  for (;;) {
    ARROW_RETURN_NOT_OK(check_running());
    const auto snapshot = live_->snapshot();
    if (snapshot.ended && !snapshot.why.ok()) {
      return core::is_kind(snapshot.why, ErrorKind::NotFound) ? deleted_error(ticket_)
                                                              : snapshot.why;
    }
    auto plan = plan_new_rows(snapshot);
    if (!plan.ok()) return explained(plan.status());
    if (snapshot.ended || plan->topic.state == catalog::TopicState::Finalized) last_rows_ = true;
    if (plan->end_row > next_row_) {
      ARROW_RETURN_NOT_OK(start(*plan));
      return true;
    }
    if (last_rows_) return false;
    live_->wait_for_change(snapshot.version, [this] { return !check_running().ok(); });
  }
}

Result<ScanPlan> ScanImpl::plan_new_rows(const LiveTopic::Snapshot& snapshot) {
  const bool in_tail = !snapshot.batches.empty() && snapshot.batches.front().first_row <= next_row_;
  if (snapshot.ended || !in_tail) return plan_scan(*context_, ticket_, snapshot, next_row_);
  // All that is new is here: no need to ask the catalog fifty times a second.
  catalog::Topic topic = topic_;
  topic.rows = snapshot.batches.front().first_row;
  return plan_topic(*context_, topic, ticket_.window, snapshot, next_row_);
}

Status ScanImpl::explained(const Status& status) const {
  if (!core::is_kind(status, ErrorKind::NotFound)) return status;
  const auto topic = context_->catalog->find_topic(ticket_.topic.sequence, ticket_.topic.topic);
  const bool there = topic.ok() && topic->id == catalog::TopicId{ticket_.topic_id};
  if (there && context_->options.read_only) {
    return core::error(ErrorKind::Unavailable, "its chunks were put together while it was read, ",
                       "read it again: ", ticket_.topic.to_string());
  }
  if (there) return core::error(ErrorKind::Corrupt, "stored rows are missing: ", status.message());
  if (!topic.ok() && !core::is_kind(topic.status(), ErrorKind::NotFound)) return topic.status();
  return deleted_error(ticket_);
}

void ScanImpl::cancel() {
  cancelled_ = true;
  if (live_ != nullptr) live_->wake();
}

}  // namespace mosaico::engine
