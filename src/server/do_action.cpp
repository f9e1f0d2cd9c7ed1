#include <arrow/buffer.h>
#include <arrow/flight/types.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "protocol/actions.hpp"
#include "protocol/temporal_filter.hpp"
#include "query/filter.hpp"
#include "server/access/key_check.hpp"
#include "server/access/rights.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
namespace action = protocol::action;
using core::error;
using core::Locator;
using engine::Engine;
using nlohmann::json;

namespace {

// The answer of a void action.
Result<json> done(const Status& status) {
  if (!status.ok()) return status;
  return json(nullptr);
}

template <typename Answer>
Result<json> answer(const Result<Answer>& result) {
  if (!result.ok()) return result.status();
  return result->to_json();
}

Status check_form(const Locator& locator, bool (Locator::*form)() const, std::string_view what) {
  if ((locator.*form)()) return Status::OK();
  return error(ErrorKind::Invalid, "locator ", core::quoted(locator.to_string()),
               " is not that of a ", what);
}

Result<Locator> locator_of(const json& body, bool (Locator::*form)() const, std::string_view what) {
  ARROW_ASSIGN_OR_RAISE(protocol::LocatorRequest request,
                        protocol::LocatorRequest::from_json(body));
  ARROW_RETURN_NOT_OK(check_form(request.locator, form, what));
  return std::move(request.locator);
}

Result<Locator> sequence_of(const json& body) {
  return locator_of(body, &Locator::is_sequence, "sequence");
}
Result<Locator> session_of(const json& body) {
  return locator_of(body, &Locator::is_session, "session");
}
Result<Locator> topic_of(const json& body) { return locator_of(body, &Locator::is_topic, "topic"); }

Result<json> info(Engine& engine, const json&) { return engine.info().to_json(); }

Result<json> version(Engine& engine, const json&) { return engine.info().to_version_json(); }

Result<json> sequence_create(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::SequenceCreate::from_json(body));
  return done(engine.sequence_create(request));
}

Result<json> sequence_delete(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator sequence, sequence_of(body));
  return done(engine.sequence_delete(sequence));
}

Result<json> sequence_abort(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::SequenceAbort::from_json(body));
  return done(engine.sequence_abort(request));
}

Result<json> sequence_list(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::SequenceListRequest::from_json(body));
  return answer(engine.sequence_list(request));
}

Result<json> session_create(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator sequence, sequence_of(body));
  return answer(engine.session_create(sequence));
}

Result<json> session_finalize(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::SessionFinalize::from_json(body));
  return done(engine.session_finalize(request));
}

Result<json> session_delete(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator session, session_of(body));
  return done(engine.session_delete(session));
}

Result<json> session_claim(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator session, session_of(body));
  return answer(engine.session_claim(session));
}

Result<json> topic_create(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::TopicCreate::from_json(body));
  return answer(engine.topic_create(request));
}

Result<json> topic_delete(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator topic, topic_of(body));
  return done(engine.topic_delete(topic));
}

Result<json> sequence_notification_create(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::NotificationCreate::from_json(body));
  ARROW_RETURN_NOT_OK(check_form(request.locator, &Locator::is_sequence, "sequence"));
  return done(engine.notification_create(request));
}

Result<json> topic_notification_create(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::NotificationCreate::from_json(body));
  ARROW_RETURN_NOT_OK(check_form(request.locator, &Locator::is_topic, "topic"));
  return done(engine.notification_create(request));
}

Result<json> sequence_notification_list(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator sequence, sequence_of(body));
  return answer(engine.notification_list(sequence));
}

Result<json> topic_notification_list(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator topic, topic_of(body));
  return answer(engine.notification_list(topic));
}

Result<json> sequence_notification_purge(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator sequence, sequence_of(body));
  return done(engine.notification_purge(sequence));
}

Result<json> topic_notification_purge(Engine& engine, const json& body) {
  ARROW_ASSIGN_OR_RAISE(const Locator topic, topic_of(body));
  return done(engine.notification_purge(topic));
}

using Results = std::unique_ptr<flight::ResultStream>;

Results one_result(std::string envelope) {
  std::vector<flight::Result> list(1);
  list[0].body = arrow::Buffer::FromString(std::move(envelope));
  return std::make_unique<flight::SimpleResultStream>(std::move(list));
}

// A Result for each cluster, a whole envelope and a newline, made when it is sent.
class ClusterResults final : public flight::ResultStream {
 public:
  ClusterResults(std::string_view name, std::vector<protocol::Interval> clusters)
      : name_(name), clusters_(std::move(clusters)) {}

  Result<std::unique_ptr<flight::Result>> Next() override {
    if (next_ == clusters_.size()) return nullptr;
    const protocol::TimeCluster cluster{.interval = clusters_[next_],
                                        .id = static_cast<int64_t>(next_)};
    ++next_;
    auto result = std::make_unique<flight::Result>();
    result->body =
        arrow::Buffer::FromString(protocol::wrap_answer(name_, cluster.to_json()) + "\n");
    return result;
  }

 private:
  const std::string_view name_;
  const std::vector<protocol::Interval> clusters_;
  size_t next_ = 0;
};

Result<Results> query_topics(Engine& engine, const json& body, const std::stop_token& left) {
  ARROW_ASSIGN_OR_RAISE(const query::Query query, query::parse_query(body));
  ARROW_ASSIGN_OR_RAISE(const auto found, engine.query(query, left));
  return one_result(found.to_envelope());
}

Result<Results> clusterize(Engine& engine, const json& body, const std::stop_token& left) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::TopicFilter::from_json(body));
  ARROW_ASSIGN_OR_RAISE(auto clusters, engine.clusterize(request, left));
  return std::make_unique<ClusterResults>(action::kTopicFilterClusterize, std::move(clusters));
}

Result<Results> intersect(Engine& engine, const json& body, const std::stop_token& left) {
  ARROW_ASSIGN_OR_RAISE(const auto request, protocol::TopicIntersection::from_json(body));
  ARROW_ASSIGN_OR_RAISE(auto clusters, engine.intersect(request, left));
  return std::make_unique<ClusterResults>(action::kTopicFilterIntersect, std::move(clusters));
}

// An action that is done at once, or a search, which may take long and ends once its client has
// left.
struct Entry {
  std::string_view name;
  Result<json> (*run)(Engine& engine, const json& body);
  Result<Results> (*search)(Engine& engine, const json& body,
                            const std::stop_token& left) = nullptr;
};

constexpr std::array kActions = {
    Entry{action::kInfo, info},
    Entry{action::kVersion, version},
    Entry{action::kSequenceCreate, sequence_create},
    Entry{action::kSequenceDelete, sequence_delete},
    Entry{action::kSequenceAbort, sequence_abort},
    Entry{action::kSequenceList, sequence_list},
    Entry{action::kSessionCreate, session_create},
    Entry{action::kSessionFinalize, session_finalize},
    Entry{action::kSessionDelete, session_delete},
    Entry{action::kSessionClaim, session_claim},
    Entry{action::kTopicCreate, topic_create},
    Entry{action::kTopicDelete, topic_delete},
    Entry{action::kSequenceNotificationCreate, sequence_notification_create},
    Entry{action::kSequenceNotificationList, sequence_notification_list},
    Entry{action::kSequenceNotificationPurge, sequence_notification_purge},
    Entry{action::kTopicNotificationCreate, topic_notification_create},
    Entry{action::kTopicNotificationList, topic_notification_list},
    Entry{action::kTopicNotificationPurge, topic_notification_purge},
    Entry{action::kTopicFilterClusterize, nullptr, clusterize},
    Entry{action::kTopicFilterIntersect, nullptr, intersect},
    Entry{action::kQuery, nullptr, query_topics},
};

static_assert(kActions.size() == kActionRights.size() &&
                  std::all_of(kActions.begin(), kActions.end(),
                              [](const Entry& entry) {
                                return right_of_action(entry.name).has_value();
                              }),
              "each action has its right in server/access/rights.hpp");

Result<const Entry*> find_action(const std::string& name) {
  std::string known;
  for (const Entry& entry : kActions) {
    if (entry.name == name) return &entry;
    if (!known.empty()) known += ", ";
    known += entry.name;
  }
  return error(ErrorKind::Unsupported, "there is no action ", core::quoted(name), "; known are ",
               known);
}

// A query that is too deep or too long is a bad query like any other: Invalid.
Result<json> parse_body(const Entry& entry, std::string_view text, int64_t bytes_max) {
  auto body = protocol::parse_request(text, bytes_max);
  if (entry.search != nullptr && core::is_kind(body.status(), ErrorKind::LimitExceeded)) {
    return error(ErrorKind::Invalid, entry.name, ": ", body.status().message());
  }
  return body;
}

// `begin_search` gives what tells a search that its client has left.
Result<Results> run_action(Engine& engine, const flight::Action& request, int64_t json_bytes_max,
                           const std::function<std::stop_token()>& begin_search) {
  ARROW_ASSIGN_OR_RAISE(const Entry* entry, find_action(request.type));
  const std::string_view text =
      request.body == nullptr ? std::string_view() : std::string_view(*request.body);
  ARROW_ASSIGN_OR_RAISE(const json body, parse_body(*entry, text, json_bytes_max));
  if (entry->search != nullptr) return entry->search(engine, body, begin_search());
  ARROW_ASSIGN_OR_RAISE(const json response, entry->run(engine, body));
  return one_result(protocol::wrap_answer(entry->name, response));
}

}  // namespace

Status FlightService::DoAction(const flight::ServerCallContext& context,
                               const flight::Action& action,
                               std::unique_ptr<flight::ResultStream>* results) {
  return handle("DoAction " + core::quoted(action.type), [&]() -> Status {
    if (keys_ != nullptr) ARROW_RETURN_NOT_OK(check_action(context, action.type));
    std::stop_source left;
    std::optional<WatchedCall> watched;
    const auto begin_search = [&] {
      watched.emplace(call_watch_, context, CallWatch::AtStop::GoesOn,
                      [left]() mutable { left.request_stop(); });
      return left.get_token();
    };
    return run_action(*engine_, action, options_.json_bytes_max, begin_search).Value(results);
  });
}

}  // namespace mosaico::server
