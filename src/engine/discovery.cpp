#include <arrow/api.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/engine_impl.hpp"
#include "engine/read/scan_impl.hpp"
#include "engine/read/scan_plan.hpp"

namespace mosaico::engine {
namespace {

// A sequence and what is live of its topics: no row is missed or counted twice.
struct View {
  catalog::SequenceTree tree;
  std::map<catalog::TopicId, LiveTopic::Snapshot> live;
};

Result<View> look_at(EngineContext& context, const core::Locator& locator) {
  View view;
  ARROW_ASSIGN_OR_RAISE(view.tree, context.catalog->find_sequence(locator.sequence));
  bool growing = false;
  for (const auto& topic : view.tree.topics) {
    if (locator.is_topic() && topic.name != locator.topic) continue;
    auto snapshot = snapshot_of(context, topic.id);
    growing = growing || topic.state != catalog::TopicState::Finalized || !snapshot.batches.empty();
    view.live.emplace(topic.id, std::move(snapshot));
  }
  // A snapshot must be older than the figures it is joined with.
  if (growing) {
    ARROW_ASSIGN_OR_RAISE(view.tree, context.catalog->find_sequence(locator.sequence));
  }
  return view;
}

std::optional<int64_t> completed_at(const catalog::SequenceTree& tree,
                                    const catalog::Topic& topic) {
  const catalog::Session* session = tree.session(topic.session);
  return session == nullptr ? std::nullopt : session->completed_at_ns;
}

// Whole-topic figures: those of its chunks and of the rows that are in no chunk yet.
void add_totals(const ScanPlan& plan, protocol::TopicDescription& description) {
  const catalog::Topic& topic = plan.topic;
  description.rows = topic.rows;
  description.bytes = topic.bytes;
  description.chunks = topic.chunks;
  if (topic.timestamp_ns_min && topic.timestamp_ns_max) {
    description.interval = protocol::Interval{*topic.timestamp_ns_min, *topic.timestamp_ns_max};
  }
  for (const TailBatch& tail : plan.tail) {
    description.rows += tail.batch->num_rows();
    description.bytes += tail.bytes;
    auto& interval = description.interval;
    if (!interval) interval = protocol::Interval{tail.timestamp_ns_min, tail.timestamp_ns_max};
    interval->start_ns = std::min(interval->start_ns, tail.timestamp_ns_min);
    interval->end_ns = std::max(interval->end_ns, tail.timestamp_ns_max);
  }
  // To a reader the rows that are in no chunk yet are the next chunk.
  if (!plan.tail.empty()) ++description.chunks;
}

Result<protocol::Discovery::Endpoint> endpoint_of(EngineContext& context, const View& view,
                                                  const catalog::Topic& topic,
                                                  const protocol::ReadDescriptor& descriptor) {
  const auto snapshot = view.live.find(topic.id);
  ARROW_ASSIGN_OR_RAISE(
      const auto plan,
      plan_topic(context, topic, descriptor.window,
                 snapshot == view.live.end() ? LiveTopic::Snapshot{} : snapshot->second, 0));
  protocol::Discovery::Endpoint endpoint;
  protocol::TopicDescription& description = endpoint.topic;
  description.locator = {.sequence = view.tree.sequence.name, .topic = topic.name, .session = {}};
  description.created_at_ns = topic.created_at_ns;
  description.completed_at_ns = completed_at(view.tree, topic);
  description.ended = topic.state == catalog::TopicState::Finalized;
  description.ontology_tag = topic.ontology_tag;
  description.serialization_format = topic.serialization_format;
  description.user_metadata = topic.user_metadata;
  add_totals(plan, description);
  protocol::Ticket ticket;
  if (descriptor.uncounted) {
    description.window_empty = !may_hold_rows(plan);
  } else if (descriptor.window.bounded()) {
    ARROW_ASSIGN_OR_RAISE(const auto figures, figures_of(context, plan));
    description.window = protocol::TopicDescription::WindowFigures{figures.rows, figures.interval};
    if (description.ended) {
      ticket.counted = protocol::Ticket::Counted{figures.rows, figures.interval};
    }
  }
  ticket.topic = description.locator;
  ticket.topic_id = static_cast<int64_t>(topic.id);
  ticket.window = descriptor.window;
  ticket.follow = descriptor.follow;
  ticket.batch_bytes = descriptor.batch_bytes;
  ticket.share_nulls = descriptor.share_nulls;
  ticket.uncounted = descriptor.uncounted;
  endpoint.ticket = ticket.to_text();
  return endpoint;
}

protocol::SequenceDescription describe_sequence(const catalog::SequenceTree& tree) {
  protocol::SequenceDescription description;
  description.locator = {.sequence = tree.sequence.name, .topic = {}, .session = {}};
  description.created_at_ns = tree.sequence.created_at_ns;
  description.user_metadata = tree.sequence.user_metadata;
  for (const auto& session : tree.sessions) {
    auto& entry = description.sessions.emplace_back();
    entry.locator = {.sequence = tree.sequence.name, .topic = {}, .session = session.ulid};
    entry.created_at_ns = session.created_at_ns;
    entry.completed_at_ns = session.completed_at_ns;
    for (const auto& topic : tree.topics) {
      if (topic.session != session.id) continue;
      entry.topics.push_back({.sequence = tree.sequence.name, .topic = topic.name, .session = {}});
    }
  }
  return description;
}

}  // namespace

Result<protocol::Discovery> EngineImpl::discover(const protocol::ReadDescriptor& descriptor) {
  ARROW_RETURN_NOT_OK(check_open(false));
  const core::Locator& locator = descriptor.locator;
  if (locator.is_session()) {
    return core::error(ErrorKind::Invalid,
                       "a session has no data of its own; ask its sequence: ", locator.to_string());
  }
  ARROW_RETURN_NOT_OK(time_span_of(descriptor.window).status());
  ARROW_ASSIGN_OR_RAISE(const auto view, look_at(*context_, locator));
  protocol::Discovery discovery;
  discovery.is_sequence = locator.is_sequence();
  if (discovery.is_sequence) discovery.sequence = describe_sequence(view.tree);
  for (const auto& topic : view.tree.topics) {
    if (locator.is_topic() && topic.name != locator.topic) continue;
    ARROW_ASSIGN_OR_RAISE(auto endpoint, endpoint_of(*context_, view, topic, descriptor));
    discovery.endpoints.push_back(std::move(endpoint));
  }
  if (locator.is_topic() && discovery.endpoints.empty()) {
    return core::error(ErrorKind::NotFound, "no such topic: ", locator.to_string());
  }
  return discovery;
}

Result<std::shared_ptr<arrow::Schema>> EngineImpl::topic_schema(const core::Locator& topic) {
  ARROW_RETURN_NOT_OK(check_open(false));
  if (!topic.is_topic()) {
    return core::error(ErrorKind::Invalid, "only a topic has a schema: ", topic.to_string());
  }
  ARROW_ASSIGN_OR_RAISE(const auto found,
                        context_->catalog->find_topic(topic.sequence, topic.topic));
  if (found.schema.empty()) return arrow::schema({});
  ARROW_ASSIGN_OR_RAISE(auto schemas, context_->reading.schemas.read(found.schema));
  return std::move(schemas.exact);
}

Result<Engine::OpenScan> EngineImpl::scan(const protocol::Ticket& ticket) {
  ARROW_RETURN_NOT_OK(check_open(false));
  ARROW_ASSIGN_OR_RAISE(auto opened, ScanImpl::open(context_, ticket));
  const catalog::Topic& topic = opened.plan.topic;
  OpenScan result;
  result.user_metadata = topic.user_metadata;
  result.properties.ontology_tag = topic.ontology_tag;
  result.properties.serialization_format = topic.serialization_format;
  if (ticket.counted && !opened.follows) {
    result.properties.message_count = ticket.counted->rows;
    result.properties.interval = ticket.counted->interval;
  } else if (!opened.follows && !ticket.uncounted) {
    ARROW_ASSIGN_OR_RAISE(const auto figures, figures_of(*context_, opened.plan));
    result.properties.message_count = figures.rows;
    result.properties.interval = figures.interval;
  }
  result.scan = std::move(opened.scan);
  return result;
}

}  // namespace mosaico::engine
