#include "client/read/merged_stream.hpp"

#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "client/snapshots.hpp"
#include "ontology/arrow_schema.hpp"

namespace mosaico::client {

namespace {

constexpr int64_t kBatchBytesMin = int64_t{16} << 10;
constexpr int64_t kBatchBytesMax = int64_t{4} << 20;
constexpr size_t kLoadsMax = 16;

// Each topic may have one batch in hand and one in flight.
int64_t batch_bytes_for(int64_t budget_bytes, size_t topics) {
  const auto batches = static_cast<int64_t>(2 * std::max<size_t>(topics, 1));
  return std::clamp(budget_bytes / batches, kBatchBytesMin, kBatchBytesMax);
}

Status check_names(const std::set<std::string>& wanted,
                   const std::vector<protocol::Discovery::Endpoint>& endpoints) {
  std::set<std::string> unknown = wanted;
  std::string existing;
  for (const auto& endpoint : endpoints) {
    const std::string name = core::topic_name_for_user(endpoint.topic.locator.topic);
    unknown.erase(name);
    existing += (existing.empty() ? "" : ", ") + name;
  }
  if (unknown.empty()) return Status::OK();
  return core::error(ErrorKind::NotFound, "no such topic: ", core::quoted(*unknown.begin()),
                     "; there are: ", existing.empty() ? "none" : existing);
}

StreamTopic stream_topic(protocol::Discovery::Endpoint endpoint) {
  const protocol::TopicDescription& topic = endpoint.topic;
  const auto& stored = topic.window.has_value() ? topic.window->interval : topic.interval;
  return StreamTopic{
      .name = core::topic_name_for_user(topic.locator.topic),
      .ticket = std::move(endpoint.ticket),
      .ontology_tag = topic.ontology_tag,
      .format = serialization_format_of(topic.serialization_format),
      .last_stored_ns = stored.has_value() ? std::optional(stored->end_ns) : std::nullopt};
}

bool may_hold_rows(const protocol::TopicDescription& topic) {
  if (topic.window_empty.has_value()) return !*topic.window_empty;
  return (topic.window.has_value() ? topic.window->rows : topic.rows) > 0;
}

// The topics of the request that may have rows in its window (or, for a follow, get some), with
// tickets for batches of `batch_bytes`.
Result<std::vector<StreamTopic>> find_topics(Transport& transport, const StreamRequest& request,
                                             int64_t batch_bytes) {
  const StreamOptions& options = request.options;
  ARROW_ASSIGN_OR_RAISE(
      auto discovery,
      transport.discover(protocol::ReadDescriptor{
          .locator = request.locator,
          .window = {.start_ns = options.start_timestamp_ns, .end_ns = options.end_timestamp_ns},
          .follow = options.follow,
          .batch_bytes = batch_bytes,
          .share_nulls = true,
          .uncounted = !options.follow}));
  std::set<std::string> wanted;
  for (const std::string& name : options.topics) wanted.insert(core::topic_name_for_user(name));
  ARROW_RETURN_NOT_OK(check_names(wanted, discovery.endpoints));

  std::vector<StreamTopic> topics;
  for (auto& endpoint : discovery.endpoints) {
    if (!may_hold_rows(endpoint.topic) && !options.follow) continue;
    StreamTopic found = stream_topic(std::move(endpoint));
    if (wanted.empty() || wanted.contains(found.name)) topics.push_back(std::move(found));
  }
  return topics;
}

Status check_options(const StreamOptions& options) {
  const auto& start_ns = options.start_timestamp_ns;
  const auto& end_ns = options.end_timestamp_ns;
  if (start_ns.has_value() && end_ns.has_value() && *start_ns >= *end_ns) {
    return core::error(ErrorKind::Invalid,
                       "the start of a stream must lie before its end: ", *start_ns, " and ",
                       *end_ns);
  }
  return Status::OK();
}

// Another server would take a live stream for one of what is stored.
Status check_follows(Transport& transport) {
  ARROW_ASSIGN_OR_RAISE(const auto info, transport.info());
  if (info.has_additions()) return Status::OK();
  return core::error(ErrorKind::Unsupported, "this server has no live streams");
}

std::shared_ptr<arrow::DataType> plain_type(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return arrow::utf8();
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return arrow::binary();
    default:
      return type;
  }
}

// `timestamp_ns` first, and top-level texts and bytes plain, as the topic's OntologyType has them.
Result<std::shared_ptr<arrow::RecordBatch>> plain_columns(const arrow::RecordBatch& batch) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (int i = 0; i < batch.num_columns(); ++i) {
    std::shared_ptr<arrow::Field> field = batch.schema()->field(i);
    std::shared_ptr<arrow::Array> array = batch.column(i);
    if (const auto plain = plain_type(field->type()); plain != field->type()) {
      field = field->WithType(plain);
      ARROW_ASSIGN_OR_RAISE(array, arrow::compute::Cast(*array, plain));
    }
    const bool is_time = field->name() == ontology::kTimestampColumn;
    fields.insert(is_time ? fields.begin() : fields.end(), std::move(field));
    arrays.insert(is_time ? arrays.begin() : arrays.end(), std::move(array));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(),
                                  std::move(arrays));
}

// Patience is a matter of real time, not of the engine's clock.
TopicLoads::TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

Result<std::shared_ptr<MergedStream>> MergedStream::open(std::shared_ptr<Session> session,
                                                         const StreamRequest& request) {
  const StreamOptions& options = request.options;
  ARROW_RETURN_NOT_OK(check_options(options));
  if (options.follow) ARROW_RETURN_NOT_OK(check_follows(session->transport()));
  const auto budget_bytes = static_cast<int64_t>(
      options.memory_budget_bytes.value_or(session->config().reader_budget_bytes));

  int64_t batch_bytes = batch_bytes_for(budget_bytes, request.topics_expected);
  ARROW_ASSIGN_OR_RAISE(auto topics, find_topics(session->transport(), request, batch_bytes));
  const int64_t fitting_bytes = batch_bytes_for(budget_bytes, topics.size());
  if (fitting_bytes < batch_bytes || fitting_bytes >= 2 * batch_bytes) {
    batch_bytes = fitting_bytes;
    ARROW_ASSIGN_OR_RAISE(topics, find_topics(session->transport(), request, batch_bytes));
  }

  LoadOptions load_options{
      .loads_max = kLoadsMax, .budget_bytes = budget_bytes, .batch_bytes = batch_bytes};
  if (options.follow) {
    if (!session->take_waiting_threads(topics.size())) {
      return core::error(ErrorKind::LimitExceeded, "a live stream of ", topics.size(),
                         " topics; all live streams together may have half of "
                         "ClientConfig::max_threads, ",
                         session->config().max_threads / 2);
    }
    load_options.loads_max = topics.size();
    load_options.ascending = false;
    load_options.wait_for_upload = true;
  }
  return std::shared_ptr<MergedStream>(
      new MergedStream(std::move(session), request, std::move(topics), load_options));
}

MergedStream::MergedStream(std::shared_ptr<Session> session, const StreamRequest& request,
                           std::vector<StreamTopic> topics, const LoadOptions& options)
    : session_(std::move(session)),
      name_(core::topic_name_for_user(request.locator.topic)),
      type_(request.type),
      topics_(std::move(topics)),
      follow_(request.options.follow),
      patience_(request.patience),
      loads_(std::make_shared<TopicLoads>(*session_, topics_, options)),
      waiting_since_(topics_.size()) {
  cursors_.reserve(topics_.size());
  for (size_t i = 0; i < topics_.size(); ++i) {
    cursors_.emplace_back(*loads_, i);
    loads_->request(i, /*ahead=*/false);
  }
}

OntologyType MergedStream::ontology_type() const {
  return current_ != nullptr && current_->batch() != nullptr ? current_->batch()->type : type_;
}

Result<bool> MergedStream::enter() {
  // Compared first: a store that others have to see waits for all those before it.
  const auto thread = std::this_thread::get_id();
  if (stepping_thread_.load(std::memory_order_relaxed) != thread) stepping_thread_ = thread;
  if (closed_) {
    drop_all();
    return false;
  }
  ARROW_RETURN_NOT_OK(status_);
  return true;
}

Result<const TopicCursor*> MergedStream::step() {
  ARROW_ASSIGN_OR_RAISE(const bool goes_on, enter());
  if (!goes_on) return nullptr;
  if (peeked_) {
    end_peek();
  } else {
    ARROW_RETURN_NOT_OK(select(LastBatch::Release));
  }
  return current_;
}

Result<std::optional<int64_t>> MergedStream::next_timestamp() {
  ARROW_ASSIGN_OR_RAISE(const bool goes_on, enter());
  if (!goes_on) return std::nullopt;
  if (!peeked_) {
    last_ = current_;
    ARROW_RETURN_NOT_OK(select(LastBatch::Keep));
    peeked_ = true;
  }
  if (current_ == nullptr) return std::nullopt;
  return current_->timestamp_ns();
}

Result<std::optional<Columns>> MergedStream::take_columns() {
  ARROW_ASSIGN_OR_RAISE(const TopicCursor* cursor, step());
  if (cursor == nullptr) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const auto columns,
                        plain_columns(*cursor->hand().columns->Slice(cursor->row())));
  current_->pass_batch();
  current_->release();
  ArrowArray array = {};
  ArrowSchema schema = {};
  ARROW_RETURN_NOT_OK(arrow::ExportRecordBatch(*columns, &array, &schema));
  return Columns(array, schema);
}

void MergedStream::end_peek() {
  peeked_ = false;
  if (last_ != nullptr) last_->release();
  last_ = nullptr;
}

bool MergedStream::select_in_hand() {
  if (follow_ || current_ == nullptr || !current_->has_next_row()) return false;
  current_->pass();
  tree_.replace_winner(current_->key());
  take_winner();
  return true;
}

Status MergedStream::select(LastBatch last_batch) {
  if (select_in_hand()) return Status::OK();
  const auto try_select = [&]() -> Status {
    if (follow_) return select_following(last_batch);
    if (!started_) return start();
    if (current_ == nullptr) return Status::OK();
    current_->pass();
    if (last_batch == LastBatch::Release) current_->release();
    ARROW_RETURN_NOT_OK(current_->take());
    tree_.replace_winner(current_->key());
    return Status::OK();
  };
  status_ = try_select();
  if (!status_.ok()) {
    loads_->close();
    return status_;
  }
  if (closed_) {
    drop_all();
  } else {
    take_winner();
  }
  return Status::OK();
}

Status MergedStream::start() {
  started_ = true;
  for (TopicCursor& cursor : cursors_) ARROW_RETURN_NOT_OK(cursor.take());
  rebuild_tree();
  return Status::OK();
}

void MergedStream::rebuild_tree() {
  std::vector<MergeKey> keys;
  keys.reserve(cursors_.size());
  for (const TopicCursor& cursor : cursors_) keys.push_back(cursor.key());
  tree_ = LoserTree(keys);
}

void MergedStream::take_winner() {
  run_ = nullptr;
  if (tree_.empty() || tree_.winner().absent) {
    current_ = nullptr;
    return;
  }
  const MergeKey& winner = tree_.winner();
  const TopicCursor* before = std::exchange(current_, &cursors_[winner.topic]);
  // Where topics take turns, a run would end before it pays to find how long it is.
  if (current_ != before) return;
  run_ = current_;
  const MergeKey rival = tree_.runner_up();
  // Equal times are the winner's as long as its topic comes first. There is a time before that of
  // a rival that lost although its topic comes first.
  bound_ns_ = rival.absent                 ? std::numeric_limits<int64_t>::max()
              : winner.topic < rival.topic ? rival.timestamp_ns
                                           : rival.timestamp_ns - 1;
}

Status MergedStream::select_following(LastBatch last_batch) {
  if (current_ != nullptr) {
    current_->pass();
    if (last_batch == LastBatch::Release) current_->release();
  }
  while (!closed_) {
    const uint64_t arrivals = loads_->arrivals();
    ARROW_RETURN_NOT_OK(take_arrivals());
    rebuild_tree();
    const bool has_row = !tree_.empty() && !tree_.winner().absent;
    const auto deadline = patience_end();
    if (!deadline.has_value() || (has_row && now() >= *deadline)) break;
    loads_->wait_for_arrival(arrivals, has_row ? deadline : std::nullopt);
  }
  return Status::OK();
}

Status MergedStream::take_arrivals() {
  for (TopicCursor& cursor : cursors_) {
    if (cursor.has_row() || cursor.ended()) continue;
    auto& waiting_since = waiting_since_[cursor.topic()];
    loads_->request(cursor.topic(), /*ahead=*/false);
    if (loads_->look(cursor.topic()) == TopicLoads::State::Pending) {
      if (!waiting_since.has_value()) waiting_since = now();
      continue;
    }
    waiting_since.reset();
    ARROW_RETURN_NOT_OK(cursor.take());
  }
  return Status::OK();
}

std::optional<TopicLoads::TimePoint> MergedStream::patience_end() const {
  std::optional<TopicLoads::TimePoint> end;
  for (const TopicCursor& cursor : cursors_) {
    const auto& waiting_since = waiting_since_[cursor.topic()];
    if (!waiting_since.has_value()) continue;
    const auto& last_stored_ns = topics_[cursor.topic()].last_stored_ns;
    const bool is_live = !last_stored_ns.has_value() || cursor.last_taken_ns() >= last_stored_ns;
    end = std::max(end,
                   std::optional(*waiting_since + (is_live ? patience_.live : patience_.stored)));
  }
  return end;
}

void MergedStream::close() {
  if (closed_.exchange(true)) return;
  loads_->close();
  if (follow_) session_->give_back_waiting_threads(topics_.size());
  // A thread that is in a step frees what it holds by itself.
  if (stepping_thread_.load() == std::this_thread::get_id()) drop_all();
}

void MergedStream::drop_all() {
  current_ = nullptr;
  run_ = nullptr;
  last_ = nullptr;
  peeked_ = false;
  for (TopicCursor& cursor : cursors_) cursor.drop();
}

}  // namespace mosaico::client
