#include "mosaico/client.hpp"

#include <arrow/compute/exec.h>
#include <arrow/device.h>

#include <cstdlib>
#include <utility>

#include "client/column_check.hpp"
#include "client/embedded_transport.hpp"
#include "client/flight/flight_transport.hpp"
#include "client/recording.hpp"
#include "client/session.hpp"
#include "client/snapshots.hpp"
#include "core/log.hpp"
#include "core/names.hpp"

namespace mosaico {

using client::sequence_locator;
using client::topic_locator;

namespace {

SequenceState state_of(const std::string& word) {
  if (word == "finalized") return SequenceState::Finalized;
  if (word == "unlocked") return SequenceState::Unlocked;
  return SequenceState::Pending;
}

std::vector<Notification> notifications_at(client::Session& session, const core::Locator& locator) {
  std::vector<Notification> notifications;
  for (auto& entry :
       core::value_or_throw(session.transport().notification_list(locator)).notifications) {
    notifications.push_back(
        {.sequence = entry.locator.sequence,
         .topic = entry.locator.is_topic() ? core::topic_name_for_user(entry.locator.topic) : "",
         .type = std::move(entry.type),
         .message = std::move(entry.message),
         .created_datetime = std::move(entry.created_datetime)});
  }
  return notifications;
}

void fill_from_environment(const char* variable, std::string* value) {
  const char* const text = std::getenv(variable);
  if (value->empty() && text != nullptr) *value = text;
}

template <typename Handler, typename Snapshot>
std::optional<Handler> handler_of(core::Result<std::shared_ptr<Snapshot>> snapshot) {
  auto taken = core::value_or_throw(std::move(snapshot));
  if (taken == nullptr) return std::nullopt;
  return Handler(std::move(taken));
}

void check(const ClientConfig& config) {
  if (config.max_connections == 0 || config.max_connections > 1024) {
    throw InvalidError("ClientConfig::max_connections must be from 1 to 1024");
  }
  if (config.max_threads == 0) throw InvalidError("ClientConfig::max_threads must not be 0");
}

// Arrow makes these at their first use. Made before a client, they outlive one that is static.
void make_static_objects() {
  arrow::default_cpu_memory_manager();
  arrow::compute::default_exec_context();
}

}  // namespace

MosaicoClient::MosaicoClient(std::shared_ptr<client::Session> session)
    : session_(std::make_shared<client::ClientSession>(std::move(session))) {
  make_static_objects();
}

std::shared_ptr<client::Session> MosaicoClient::session() const {
  if (session_ == nullptr) throw UnavailableError("the client was moved from");
  return session_->get();
}

MosaicoClient MosaicoClient::connect(const std::string& host, int port,
                                     const ClientConfig& config) {
  check(config);
  auto transport = core::value_or_throw(client::connect_flight_transport(host, port, config));
  return MosaicoClient(std::make_shared<client::Session>(std::move(transport), config));
}

MosaicoClient MosaicoClient::from_env(const std::string& host, int port, ClientConfig config) {
  fill_from_environment("MOSAICO_API_KEY", &config.api_key);
  fill_from_environment("MOSAICO_TLS_CERT_FILE", &config.tls_root_certs);
  return connect(host, port, config);
}

MosaicoClient MosaicoClient::open(const std::string& directory, const ClientConfig& config) {
  check(config);
  auto transport = core::value_or_throw(client::open_embedded_transport(directory, config));
  return MosaicoClient(std::make_shared<client::Session>(std::move(transport), config));
}

SequenceWriter MosaicoClient::sequence_create(const std::string& name,
                                              const nlohmann::json& user_metadata,
                                              const WriterConfig& config) {
  return SequenceWriter(
      core::value_or_throw(client::Recording::start(session(), name, user_metadata, config)));
}

SequenceWriter MosaicoClient::sequence_resume(const std::string& name, const WriterConfig& config) {
  return SequenceWriter(core::value_or_throw(client::Recording::resume(session(), name, config)));
}

void MosaicoClient::fail_quietly(SequenceWriter& sequence, const char* error) noexcept {
  try {
    if (sequence.sequence_status() == SequenceStatus::Pending) sequence.fail(std::string(error));
  } catch (const std::exception& failure) {
    // The caller sees the exception that passes; this one is only the reason why the policy failed.
    core::log().error("applying the error policy to sequence {}: {}", sequence.name(),
                      failure.what());
  }
}

std::optional<SequenceHandler> MosaicoClient::sequence_handler(const std::string& name) {
  return handler_of<SequenceHandler>(client::take_sequence_snapshot(session(), name));
}

std::optional<TopicHandler> MosaicoClient::topic_handler(const std::string& sequence,
                                                         const std::string& topic) {
  return handler_of<TopicHandler>(client::take_topic_snapshot(session(), sequence, topic));
}

SequenceList MosaicoClient::list_sequences(const ListOptions& options) {
  auto answer = core::value_or_throw(session()->transport().sequence_list(
      {.prefix = options.prefix, .limit = options.limit, .cursor = options.cursor}));
  SequenceList list{.sequences = {}, .cursor = std::move(answer.cursor)};
  for (auto& entry : answer.sequences) {
    list.sequences.push_back({.name = std::move(entry.name),
                              .state = state_of(entry.state),
                              .created_at_ns = entry.created_at_ns,
                              .topics = entry.topics,
                              .rows = entry.rows,
                              .bytes = entry.bytes,
                              .timestamp_ns_min = entry.timestamp_ns_min,
                              .timestamp_ns_max = entry.timestamp_ns_max});
  }
  return list;
}

QueryResult MosaicoClient::query(const Query& query) {
  const nlohmann::json body = query.to_json();
  const auto session = this->session();
  auto answer = core::value_or_throw(session->transport().query(body));
  if (answer.items.empty()) core::throw_if_error(client::check_columns(session->transport(), body));
  QueryResult result;
  result.items.reserve(answer.items.size());
  for (auto& item : answer.items) {
    QueryResult::Item found{.sequence = std::move(item.sequence), .topics = {}};
    found.topics.reserve(item.topics.size());
    for (auto& topic : item.topics) {
      found.topics.push_back({.name = core::topic_name_for_user(topic.locator.topic),
                              .ontology_tag = std::move(topic.ontology_tag)});
    }
    result.items.push_back(std::move(found));
  }
  return result;
}

void MosaicoClient::sequence_delete(const std::string& name) {
  core::throw_if_error(session()->transport().sequence_delete(sequence_locator(name)));
}

std::vector<Notification> MosaicoClient::sequence_notifications(const std::string& sequence) {
  return notifications_at(*session(), sequence_locator(sequence));
}

std::vector<Notification> MosaicoClient::topic_notifications(const std::string& sequence,
                                                             const std::string& topic) {
  return notifications_at(*session(), topic_locator(sequence, topic));
}

void MosaicoClient::clear_sequence_notifications(const std::string& sequence) {
  core::throw_if_error(session()->transport().notification_purge(sequence_locator(sequence)));
}

void MosaicoClient::clear_topic_notifications(const std::string& sequence,
                                              const std::string& topic) {
  core::throw_if_error(session()->transport().notification_purge(topic_locator(sequence, topic)));
}

ServerInfo MosaicoClient::info() {
  const auto answer = core::value_or_throw(session()->transport().info());
  return {.version = answer.version,
          .server = answer.server,
          .uptime_s = answer.uptime_s,
          .max_message_bytes = answer.limits.max_decode_bytes};
}

void MosaicoClient::close() {
  if (session_ != nullptr) session_->close();
}

}  // namespace mosaico
