#include <arrow/record_batch.h>
#include <exception>
#include <utility>

#include "client/lane.hpp"
#include "client/recording.hpp"
#include "core/log.hpp"
#include "core/utf8.hpp"
#include "mosaico/writer.hpp"

namespace mosaico {

namespace detail {

void LaneFront::refuse_type(OntologyType pushed) const {
  throw InvalidError("a topic of type " + type_.tag() + " (" + type_.fingerprint() +
                     ") takes no messages of type " + pushed.tag() + " (" + pushed.fingerprint() +
                     ")");
}

bool is_utf8(std::string_view text) { return core::is_utf8(text); }

void LaneFront::refuse_text(const std::string& path) const {
  throw InvalidError("a text is not UTF-8: " + path + " of type " + type_.tag() +
                     "; put bytes into a member of type Bytes");
}

void LaneFront::refuse_header() const {
  throw InvalidError("type " + type_.tag() + " has no header to put the message header into");
}

}  // namespace detail

// --- TopicWriter ---

TopicWriter::TopicWriter(std::shared_ptr<client::Lane> lane)
    : lane_(std::move(lane)), front_(lane_.get()) {}

const std::string& TopicWriter::name() const { return lane_->name(); }

void TopicWriter::push(const Message& message) { push_message(message, true); }

PushResult TopicWriter::try_push(const Message& message) { return push_message(message, false); }

PushResult TopicWriter::push_message(const Message& message, bool wait) {
  if (message.class_ != nullptr) {
    return message.class_->push(*front_, message.timestamp_ns_, message.object_.get(),
                                message.header_, wait);
  }
  return front_->push_row(*message.batch_, message.row_, wait);
}

void TopicWriter::push(const nlohmann::json& row, std::int64_t timestamp_ns) {
  lane_->push_json(row, timestamp_ns, true);
}

PushResult TopicWriter::try_push(const nlohmann::json& row, std::int64_t timestamp_ns) {
  return lane_->push_json(row, timestamp_ns, false);
}

void TopicWriter::push_columns(Columns columns) {
  const auto batch = core::value_or_throw(lane_->column_import().import(columns));
  core::throw_if_error(lane_->push_columns(batch));
}

void TopicWriter::flush() { core::throw_if_error(lane_->flush()); }

void TopicWriter::finalize() { core::throw_if_error(lane_->finalize()); }

bool TopicWriter::finalized() const { return lane_->ended() && lane_->error().ok(); }

TopicWriterStats TopicWriter::stats() const { return lane_->stats(); }

// --- SequenceWriter ---

SequenceWriter::SequenceWriter(std::shared_ptr<client::Recording> recording)
    : recording_(std::move(recording)), exceptions_at_start_(std::uncaught_exceptions()) {}

SequenceWriter& SequenceWriter::operator=(SequenceWriter&& other) noexcept {
  if (this != &other) {
    end_by_destructor();
    recording_ = std::move(other.recording_);
    exceptions_at_start_ = other.exceptions_at_start_;
  }
  return *this;
}

SequenceWriter::~SequenceWriter() { end_by_destructor(); }

void SequenceWriter::end_by_destructor() noexcept {
  if (recording_ == nullptr || recording_->status() != SequenceStatus::Pending) return;
  const bool exception_passes = std::uncaught_exceptions() > exceptions_at_start_;
  try {
    const core::Status status = exception_passes
                                    ? recording_->fail("the recording was left by an exception")
                                    : recording_->close();
    if (status.ok()) return;
    const Error error(core::kind_of(status), status.message());
    if (recording_->config().on_destructor_error) {
      recording_->config().on_destructor_error(error);
    } else {
      core::log().error("ending sequence {}: {}", recording_->name(), error.what());
    }
  } catch (const std::exception& error) {
    core::log().error("ending sequence {}: {}", recording_->name(), error.what());
  }
}

client::Recording& SequenceWriter::recording() const {
  if (recording_ == nullptr) throw InvalidError("this SequenceWriter was moved from");
  return *recording_;
}

const std::string& SequenceWriter::name() const { return recording().name(); }

TopicWriter SequenceWriter::create(const std::string& topic, const nlohmann::json& user_metadata,
                                   OntologyType type, const detail::LaneClass* lane_class) {
  return TopicWriter(
      core::value_or_throw(recording().create_topic(topic, user_metadata, type, lane_class)));
}

TopicWriter SequenceWriter::topic_create(const std::string& topic,
                                         const nlohmann::json& user_metadata,
                                         const Schema& schema) {
  if (schema.ontology_tag.empty())
    throw InvalidError("the schema of a topic needs an ontology_tag");
  if (schema.fields.empty()) throw InvalidError("the schema of a topic needs a field");
  return create(topic, user_metadata, detail::intern_ontology(schema), nullptr);
}

std::optional<TopicWriter> SequenceWriter::get_topic(const std::string& topic) const {
  auto lane = recording().find_topic(topic);
  if (lane == nullptr) return std::nullopt;
  return TopicWriter(std::move(lane));
}

bool SequenceWriter::topic_exists(const std::string& topic) const {
  return recording().find_topic(topic) != nullptr;
}

std::vector<std::string> SequenceWriter::list_topics() const { return recording().topics(); }

SequenceStatus SequenceWriter::sequence_status() const {
  return recording_ == nullptr ? SequenceStatus::Null : recording_->status();
}

void SequenceWriter::close() { core::throw_if_error(recording().close()); }

void SequenceWriter::abort() { core::throw_if_error(recording().abort("aborted by its writer")); }

void SequenceWriter::fail(const std::string& error) {
  core::throw_if_error(recording().fail(error));
}

}  // namespace mosaico
