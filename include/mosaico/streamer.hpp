#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mosaico/columns.hpp"
#include "mosaico/message.hpp"

namespace mosaico {

namespace client {
class MergedStream;
}

/// The topics of a stream, with or without leading slash; none means all.
using TopicFilter = std::vector<std::string>;

/// What to stream: start inclusive, end exclusive; absent bounds are open.
struct StreamOptions {
  TopicFilter topics = {};  ///< Sequence streams only.
  std::optional<std::int64_t> start_timestamp_ns = {};
  std::optional<std::int64_t> end_timestamp_ns = {};
  bool follow = false;                                  ///< Go on live until the topics end.
  std::optional<std::size_t> memory_budget_bytes = {};  ///< ClientConfig's when absent.
};

/// A row of a merged stream, valid until the next step.
struct StreamEntry {
  std::string_view topic;  ///< With leading slash.
  MessageView message;
};

namespace detail {

/// Steps a stream for range-for. Single pass.
template <typename Stream, typename Entry>
class StreamIterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;

  StreamIterator() = default;
  explicit StreamIterator(Stream* stream) : stream_(stream) { ++*this; }

  const Entry& operator*() const { return *entry_; }
  const Entry* operator->() const { return &*entry_; }
  StreamIterator& operator++() {
    entry_ = stream_->next_view();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return !entry_.has_value(); }

 private:
  Stream* stream_ = nullptr;
  std::optional<Entry> entry_;
};

}  // namespace detail

/// The messages of several topics in ascending `timestamp_ns`; ties keep push order within a topic,
/// then the order of the topics' creation. Holds at most one decoded batch and one in flight a
/// topic, inside its budget. A light handle: copies step the same stream, and it outlives its
/// handler. One thread.
///
/// Members throw UnavailableError, CorruptError, CancelledError (closed, or a topic was deleted).
class SequenceDataStreamer {
 public:
  /// The next message with its topic; empty at the end.
  std::optional<std::pair<std::string, Message>> next();
  /// The same without owning: valid until the next step.
  std::optional<StreamEntry> next_view();
  /// The time of the message that next() would give, which it does not consume.
  std::optional<std::int64_t> next_timestamp();
  /// Names of the merged topics, with leading slash; some may have no row in the window.
  std::vector<std::string> topics() const;
  /// Breaks off and frees everything. The stream is at its end afterwards.
  void close();

  auto begin() { return detail::StreamIterator<SequenceDataStreamer, StreamEntry>(this); }
  std::default_sentinel_t end() const { return std::default_sentinel; }

  explicit SequenceDataStreamer(std::shared_ptr<client::MergedStream> stream);

 private:
  std::shared_ptr<client::MergedStream> stream_;
};

/// The messages of one topic; otherwise as SequenceDataStreamer.
class TopicDataStreamer {
 public:
  std::optional<Message> next();
  std::optional<MessageView> next_view();
  std::optional<std::int64_t> next_timestamp();
  /// The rest of the batch in hand, or the next one, as whole columns; empty at the end.
  std::optional<Columns> next_batch();
  const std::string& name() const;
  OntologyType ontology_type() const;
  void close();

  auto begin() { return detail::StreamIterator<TopicDataStreamer, MessageView>(this); }
  std::default_sentinel_t end() const { return std::default_sentinel; }

  explicit TopicDataStreamer(std::shared_ptr<client::MergedStream> stream);

 private:
  std::shared_ptr<client::MergedStream> stream_;
};

}  // namespace mosaico
