#include "mosaico/streamer.hpp"

#include <utility>

#include "client/read/merged_stream.hpp"
#include "core/error.hpp"

namespace mosaico {

namespace {

const client::TopicCursor* step(client::MergedStream& stream) {
  if (const client::TopicCursor* cursor = stream.step_in_hand(); cursor != nullptr) [[likely]] {
    return cursor;
  }
  return core::value_or_throw(stream.step());
}

MessageView view_at(const client::TopicCursor& cursor) { return {cursor.batch(), cursor.row()}; }

}  // namespace

SequenceDataStreamer::SequenceDataStreamer(std::shared_ptr<client::MergedStream> stream)
    : stream_(std::move(stream)) {}

std::optional<std::pair<std::string, Message>> SequenceDataStreamer::next() {
  const client::TopicCursor* cursor = step(*stream_);
  if (cursor == nullptr) return std::nullopt;
  return std::pair(stream_->topic_name(*cursor), Message(view_at(*cursor)));
}

std::optional<StreamEntry> SequenceDataStreamer::next_view() {
  const client::TopicCursor* cursor = step(*stream_);
  if (cursor == nullptr) return std::nullopt;
  return StreamEntry{.topic = stream_->topic_name(*cursor), .message = view_at(*cursor)};
}

std::optional<std::int64_t> SequenceDataStreamer::next_timestamp() {
  return core::value_or_throw(stream_->next_timestamp());
}

std::vector<std::string> SequenceDataStreamer::topics() const {
  std::vector<std::string> names;
  for (const client::StreamTopic& topic : stream_->topics()) names.push_back(topic.name);
  return names;
}

void SequenceDataStreamer::close() { stream_->close(); }

TopicDataStreamer::TopicDataStreamer(std::shared_ptr<client::MergedStream> stream)
    : stream_(std::move(stream)) {}

std::optional<Message> TopicDataStreamer::next() {
  const client::TopicCursor* cursor = step(*stream_);
  if (cursor == nullptr) return std::nullopt;
  return Message(view_at(*cursor));
}

std::optional<MessageView> TopicDataStreamer::next_view() {
  const client::TopicCursor* cursor = step(*stream_);
  if (cursor == nullptr) return std::nullopt;
  return view_at(*cursor);
}

std::optional<std::int64_t> TopicDataStreamer::next_timestamp() {
  return core::value_or_throw(stream_->next_timestamp());
}

std::optional<Columns> TopicDataStreamer::next_batch() {
  return core::value_or_throw(stream_->take_columns());
}

const std::string& TopicDataStreamer::name() const { return stream_->name(); }

OntologyType TopicDataStreamer::ontology_type() const { return stream_->ontology_type(); }

void TopicDataStreamer::close() { stream_->close(); }

}  // namespace mosaico
