#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mosaico/columns.hpp"
#include "mosaico/config.hpp"
#include "mosaico/detail/lane_front.hpp"
#include "mosaico/message.hpp"
#include "mosaico/schema.hpp"

namespace mosaico {

namespace client {
class Lane;
class Recording;
}  // namespace client

/// Figures of a topic writer. Rows and bytes count from its creation, but for `resumed_rows`.
struct TopicWriterStats {
  std::int64_t pushed_rows = 0;        ///< Taken by push(), dropped ones included.
  std::int64_t acknowledged_rows = 0;  ///< Survive what WriterConfig::durability says.
  std::int64_t dropped_rows = 0;       ///< By policy only; never otherwise.
  std::int64_t sent_bytes = 0;         ///< Arrow bytes handed to the transport.
  std::int64_t queued_batches = 0;     ///< Sealed and not yet sent.
  /// What the topic already had (MosaicoClient::sequence_resume): go on with this row, from 0.
  std::int64_t resumed_rows = 0;
};

/// Writes one topic: a lane with its own buffer, its own bounded queue and its own stream, so that
/// no other topic can hold it up. A light handle to shared state: copies write the same topic.
/// One thread a topic pushes; flush(), finalize() and stats() belong to any.
///
/// All members but stats() and the names throw the lane's error once it has failed, and push()
/// throws LockedError after the end of the topic or its sequence.
class TopicWriter {
 public:
  // A move is a copy too, so that no writer is ever without its topic.
  TopicWriter(const TopicWriter&) = default;
  TopicWriter& operator=(const TopicWriter&) = default;

  /// With leading slash, e.g. "/sensors/imu".
  const std::string& name() const;
  OntologyType ontology_type() const { return front_->type(); }

  /// Takes a row; waits or drops when the queue is full, as WhenFull says. Members set in `header`
  /// replace those of `data.header`. InvalidError: `data` is not of the topic's type, a text of it
  /// is not UTF-8 (the error names it), or the class has no header and one was given; the row is
  /// not taken and the topic goes on. LimitExceededError: larger than `max_record_bytes`; the row
  /// is not taken and the topic goes on. After it returns, `data` may be reused.
  template <Described T>
  void push(const T& data, std::int64_t timestamp_ns, const Header& header = kNoHeader) {
    front_->push(timestamp_ns, data, header, true);
  }
  template <Described T, typename Clock, typename Duration>
  void push(const T& data, std::chrono::time_point<Clock, Duration> time,
            const Header& header = kNoHeader) {
    push(data, to_ns(time), header);
  }
  /// A message built for pushing or read from a stream.
  void push(const Message& message);
  /// A row of a topic whose schema is known only at run time: an object with a member a column
  /// (nested objects for structs, arrays for lists, binary values for blobs); absent means null.
  /// InvalidError names the path of what does not fit.
  void push(const nlohmann::json& row, std::int64_t timestamp_ns);

  /// The same, and never waits.
  template <Described T>
  PushResult try_push(const T& data, std::int64_t timestamp_ns, const Header& header = kNoHeader) {
    return front_->push(timestamp_ns, data, header, false);
  }
  template <Described T, typename Clock, typename Duration>
  PushResult try_push(const T& data, std::chrono::time_point<Clock, Duration> time,
                      const Header& header = kNoHeader) {
    return try_push(data, to_ns(time), header);
  }
  PushResult try_push(const Message& message);
  PushResult try_push(const nlohmann::json& row, std::int64_t timestamp_ns);

  /// Whole columns, zero-copy: a struct array whose first column is `timestamp_ns` and whose
  /// others are those of the topic. Waits when the queue is full; DropNewest and DropOldest do
  /// not apply. InvalidError: another schema, a null in `timestamp_ns`.
  void push_columns(Columns columns);

  /// Sends what was pushed and waits until all of it is acknowledged.
  void flush();
  /// flush(), then ends the topic: nothing can be pushed any more. A second call does nothing.
  void finalize();
  bool finalized() const;
  TopicWriterStats stats() const;

  explicit TopicWriter(std::shared_ptr<client::Lane> lane);

 private:
  PushResult push_message(const Message& message, bool wait);

  template <typename Clock, typename Duration>
  static std::int64_t to_ns(std::chrono::time_point<Clock, Duration> time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }

  std::shared_ptr<client::Lane> lane_;
  detail::LaneFront* front_;
};

enum class SequenceStatus { Null, Pending, Finalized, Error };

/// Records a sequence. Move-only. It ends in one of four ways:
///   close()           flushes, finalizes, throws what went wrong (after applying the policy);
///   its destructor    the same, or the policy where an exception is passing; errors go to
///                     WriterConfig::on_destructor_error or the log;
///   fail(error)       applies WriterConfig::on_error by hand;
///   abort()           leaves nothing behind, whatever the policy.
/// Thread-safe; topics may be created while others are written. One that was moved from has the
/// status Null, and its other members throw InvalidError.
class SequenceWriter {
 public:
  SequenceWriter(SequenceWriter&&) noexcept = default;
  SequenceWriter& operator=(SequenceWriter&& other) noexcept;
  ~SequenceWriter();

  const std::string& name() const;

  /// Opens a topic. The name is taken with or without leading slash. AlreadyExistsError,
  /// InvalidError (name, metadata), LockedError (the sequence ended).
  ///
  /// In a resumed sequence, a topic that is there goes on after its last durable row. Its type must
  /// be the same (InvalidError) and its metadata stay as they were; LockedError when it had ended.
  template <Described T>
  TopicWriter topic_create(const std::string& topic,
                           const nlohmann::json& user_metadata = nlohmann::json::object()) {
    return create(topic, user_metadata, mosaico::ontology_type<T>(), &detail::kLaneClassOf<T>);
  }
  /// A topic whose columns are known only at run time; rows are pushed as JSON or columns. The
  /// schema's tag and at least one field must be set.
  TopicWriter topic_create(const std::string& topic, const nlohmann::json& user_metadata,
                           const Schema& schema);

  /// The writer of a topic of this sequence writer; empty when there is none of that name.
  std::optional<TopicWriter> get_topic(const std::string& topic) const;
  bool topic_exists(const std::string& topic) const;
  /// Names with leading slash, in order of creation.
  std::vector<std::string> list_topics() const;
  SequenceStatus sequence_status() const;

  void close();
  void abort();
  void fail(const std::string& error);
  void fail(const std::exception& error) { fail(std::string(error.what())); }

  explicit SequenceWriter(std::shared_ptr<client::Recording> recording);

 private:
  TopicWriter create(const std::string& topic, const nlohmann::json& user_metadata,
                     OntologyType type, const detail::LaneClass* lane_class);
  void end_by_destructor() noexcept;
  client::Recording& recording() const;

  std::shared_ptr<client::Recording> recording_;
  int exceptions_at_start_;
};

}  // namespace mosaico
